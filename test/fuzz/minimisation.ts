// A failing input made small: ranges left out, then bytes made plain, as long as the complaint stays the same.

import { spliced } from "./mutation.ts";

const MAX_TRIES = 3_000;
const PLAIN_BYTES = [0, 0x61];

/** The smallest input found about which `judge` says what was said about `input`. */
export async function minimised(
  input: Uint8Array,
  sentence: string,
  judge: (input: Uint8Array) => Promise<string | undefined>,
): Promise<Uint8Array> {
  let tries = 0;
  const kind = kindOf(sentence);
  const isAlike = async (smaller: Uint8Array) => {
    tries += 1;
    const said = await judge(smaller);
    return said !== undefined && kindOf(said) === kind;
  };
  let smallest = input;
  for (let size = Math.max(1, input.length >> 1); size >= 1; size >>= 1) {
    let end = smallest.length;
    while (end > 0 && tries < MAX_TRIES) {
      const start = Math.max(0, end - size);
      const smaller = spliced(smallest, { start, end }, new Uint8Array(0));
      if (await isAlike(smaller)) smallest = smaller;
      end = start;
    }
  }
  for (let at = 0; at < smallest.length; at++) {
    for (const plain of PLAIN_BYTES) {
      if (smallest[at] === plain) break;
      if (tries >= MAX_TRIES) return smallest;
      const plainer = smallest.slice();
      plainer[at] = plain;
      if (await isAlike(plainer)) {
        smallest = plainer;
        break;
      }
    }
  }
  return smallest;
}

/** Two complaints are of one kind if they differ in their numbers at most. */
function kindOf(sentence: string): string {
  return sentence.replaceAll(/[0-9]+/g, "#");
}
