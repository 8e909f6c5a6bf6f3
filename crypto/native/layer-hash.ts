// Layers of hash trees with @chainsafe/hashtree (SIMD, about 35 ns a pair); node:crypto where it does not load.

import { hash } from "node:crypto";
import { createRequire } from "node:module";
import { HASH_BYTES } from "../brands.ts";
import { assertLayer, type LayerHasher, PAIR_BYTES } from "../layer-hash.ts";

const require = createRequire(import.meta.url);
const hashInto = loadHashtree() ?? opensslHashLayer;

/** The same bytes as `portableHashLayer`. */
export const hashLayer: LayerHasher = (input, output) => {
  assertLayer(input, output);
  hashInto(input, output);
};

/** The fallback, exported for the test that holds it to the same bytes. */
export function opensslHashLayer(input: Uint8Array, output: Uint8Array): void {
  for (let offset = 0; offset < output.length; offset += HASH_BYTES) {
    const pair = input.subarray(2 * offset, 2 * offset + PAIR_BYTES);
    output.set(hash("sha256", pair, "buffer"), offset);
  }
}

function loadHashtree(): LayerHasher | undefined {
  try {
    const hashtree = require("@chainsafe/hashtree") as {
      readonly hashInto: LayerHasher;
    };
    return hashtree.hashInto;
  } catch {
    // No binary for this platform: slower, but the same bytes.
    return undefined;
  }
}
