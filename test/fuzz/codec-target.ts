// The oracle for strict codecs: a refusal is one of the stated ones, an accepted input is the one encoding of its value,
// what was decoded does not share memory with the input, and the same bytes always get the same verdict.

import {
  type Codec,
  type Decoded,
  type DecodeRefusal,
  decode,
  encode,
  equalBytes,
} from "../../crypto/index.ts";
import { must, type Target } from "./target.ts";

const REFUSALS: readonly DecodeRefusal[] = [
  "truncated",
  "trailing-bytes",
  "too-long",
  "out-of-range",
  "unknown-tag",
];

export type CodecTarget<T> = {
  readonly name: string;
  readonly codec: Codec<T>;
  /** Whose encodings the corpus begins with. */
  readonly values: readonly T[];
  /** Judges an accepted value further; a word on what it is. */
  readonly judge?: (value: T, input: Uint8Array) => string;
  readonly maxBytes?: number;
};

export function codecTarget<T>({ name, codec, values, judge, maxBytes }: CodecTarget<T>): Target {
  return {
    name,
    seeds: () => values.map((value) => encode(codec, value)),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    check: (input) => {
      const value = strictlyDecoded(input, {
        read: (bytes) => decode(codec, bytes),
        write: (read) => encode(codec, read),
      });
      if (typeof value === "string") return value;
      return judge === undefined ? "accepted" : `accepted ${judge(value.decoded, input)}`;
    },
  };
}

/** The value that `input` spells, after every check that any strict decoder must stand; or "refused" and why. */
export function strictlyDecoded<T>(
  input: Uint8Array,
  format: {
    readonly read: (bytes: Uint8Array) => Decoded<T>;
    readonly write: (value: T) => Uint8Array;
  },
): { readonly decoded: T } | string {
  const decoded = format.read(input);
  const lent = insideAnother(input);
  const again = format.read(lent);
  if (!decoded.ok) {
    must(REFUSALS.includes(decoded.refusal), "a refusal is one of the stated ones");
    must(!again.ok && again.refusal === decoded.refusal, "the same bytes get the same refusal");
    return `refused ${decoded.refusal}`;
  }
  must(again.ok, "the same bytes are accepted again");
  lent.fill(0xa5);
  must(
    equalBytes(format.write(again.value), input),
    "what was decoded shares no memory with input",
  );
  must(equalBytes(format.write(decoded.value), input), "an accepted input is the only encoding");
  return { decoded: decoded.value };
}

/** The same bytes as a Buffer somewhere within a larger one, as the network hands them over. */
function insideAnother(input: Uint8Array): Uint8Array {
  const whole = Buffer.alloc(input.length + 16, 0xff);
  whole.set(input, 7);
  return whole.subarray(7, 7 + input.length);
}
