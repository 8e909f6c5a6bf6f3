// The canonical codec: one encoding for each value, and nothing else decodes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ascii,
  type Codec,
  concatBytes,
  constant,
  decode,
  encode,
  fixedBytes,
  list,
  optional,
  struct,
  uint8,
  uint16,
  uint32,
  uint53,
  uint64,
  union,
  variableBytes,
} from "../../crypto/index.ts";

type Note = {
  readonly author: Uint8Array;
  readonly at: number;
  readonly tip: bigint;
  readonly flags: number;
  readonly port: number;
  readonly text: Uint8Array;
  readonly replies: readonly number[];
  readonly edited?: number;
};

type Entry =
  | { readonly type: "note"; readonly note: Note }
  | { readonly type: "erasure"; readonly at: number };

const MAX_TEXT = 12;
const MAX_REPLIES = 3;

const noteCodec = struct<Note>({
  author: fixedBytes(4),
  at: uint53,
  tip: uint64,
  flags: uint8,
  port: uint16,
  text: variableBytes(MAX_TEXT),
  replies: list(uint32, MAX_REPLIES),
  edited: optional(uint53),
});

const entryCodec = union<Entry>({
  note: [1, struct({ type: constant("note"), note: noteCodec })],
  erasure: [7, struct({ type: constant("erasure"), at: uint53 })],
});

const counters = fc.maxSafeNat();

const notes: fc.Arbitrary<Note> = fc.record(
  {
    author: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    at: counters,
    tip: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    flags: fc.nat(0xff),
    port: fc.nat(0xffff),
    text: fc.uint8Array({ maxLength: MAX_TEXT }),
    replies: fc.array(fc.nat(0xffff_ffff), { maxLength: MAX_REPLIES }),
    edited: counters,
  },
  {
    requiredKeys: ["author", "at", "tip", "flags", "port", "text", "replies"],
    noNullPrototype: true,
  },
);

const entries: fc.Arbitrary<Entry> = fc.oneof(
  notes.map((note): Entry => ({ type: "note", note })),
  counters.map((at): Entry => ({ type: "erasure", at })),
);

function refusalOf<T>(codec: Codec<T>, bytes: Uint8Array): string {
  const decoded = decode(codec, bytes);
  return decoded.ok ? "accepted" : decoded.refusal;
}

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

describe("the codec", () => {
  test("decodes what it encodes to the same value", () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(decode(entryCodec, encode(entryCodec, entry))).toEqual({ ok: true, value: entry });
      }),
    );
  });

  test("lays fields out in order, integers big-endian, lengths before contents", () => {
    const note: Note = {
      author: bytes(1, 2, 3, 4),
      at: 2 ** 32 + 5,
      tip: 6n,
      flags: 7,
      port: 0x0809,
      text: ascii("ab"),
      replies: [10],
    };
    expect(encode(entryCodec, { type: "note", note })).toEqual(
      bytes(
        ...[1, 1, 2, 3, 4, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6, 7, 8, 9],
        ...[0, 0, 0, 2, 97, 98, 0, 0, 0, 1, 0, 0, 0, 10, 0],
      ),
    );
  });

  test("refuses an encoding cut off at any offset", () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const whole = encode(entryCodec, entry);
        for (let length = 0; length < whole.length; length++) {
          expect(refusalOf(entryCodec, whole.slice(0, length))).toBe("truncated");
        }
      }),
      { numRuns: 30 },
    );
  });

  test("refuses trailing bytes", () => {
    fc.assert(
      fc.property(entries, fc.uint8Array({ minLength: 1, maxLength: 9 }), (entry, rest) => {
        const longer = concatBytes(encode(entryCodec, entry), rest);
        expect(refusalOf(entryCodec, longer)).toBe("trailing-bytes");
      }),
    );
  });

  test("refuses altered bytes or decodes them to a value whose encoding they are", () => {
    let accepted = 0;
    const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(entries, mutations, (entry, changes) => {
        const mutated = encode(entryCodec, entry);
        for (const [place, change] of changes) {
          const index = place % mutated.length;
          mutated[index] = (mutated[index] as number) ^ change;
        }
        const decoded = decode(entryCodec, mutated);
        if (!decoded.ok) return;
        accepted += 1;
        expect(encode(entryCodec, decoded.value)).toEqual(mutated);
      }),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  test("decodes random bytes only if they are the encoding of what they decode to", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        const decoded = decode(entryCodec, noise);
        if (decoded.ok) expect(encode(entryCodec, decoded.value)).toEqual(noise);
      }),
      { numRuns: 5_000 },
    );
  });

  test("gives byte strings that do not alias the input, even of a Buffer", () => {
    const input = Buffer.from([1, 2, 3, 4]);
    const decoded = decode(fixedBytes(4), input);
    input.fill(0);
    expect(decoded).toEqual({ ok: true, value: bytes(1, 2, 3, 4) });
  });

  test("reads from the middle of a larger buffer", () => {
    const larger = bytes(9, 9, 0, 0, 0, 1, 9);
    expect(decode(uint32, larger.subarray(2, 6))).toEqual({ ok: true, value: 1 });
  });
});

describe("bounds", () => {
  test("a byte string at its bound passes, above it is too long, whatever follows", () => {
    const codec = variableBytes(3);
    expect(decode(codec, bytes(0, 0, 0, 3, 1, 2, 3)).ok).toBe(true);
    expect(refusalOf(codec, bytes(0, 0, 0, 4, 1, 2, 3, 4))).toBe("too-long");
    expect(refusalOf(codec, bytes(255, 255, 255, 255))).toBe("too-long");
  });

  test("a list at its bound passes, above it is too long, whatever follows", () => {
    const codec = list(uint8, 2);
    expect(decode(codec, bytes(0, 0, 0, 2, 1, 2)).ok).toBe(true);
    expect(refusalOf(codec, bytes(0, 0, 0, 3, 1, 2, 3))).toBe("too-long");
    expect(refusalOf(codec, bytes(255, 255, 255, 255))).toBe("too-long");
  });

  test("a counter ends at 2^53-1", () => {
    const largest = bytes(0, 0x1f, 255, 255, 255, 255, 255, 255);
    expect(decode(uint53, largest)).toEqual({ ok: true, value: Number.MAX_SAFE_INTEGER });
    expect(encode(uint53, Number.MAX_SAFE_INTEGER)).toEqual(largest);
    expect(refusalOf(uint53, bytes(0, 0x20, 0, 0, 0, 0, 0, 0))).toBe("out-of-range");
    expect(refusalOf(uint53, new Uint8Array(8).fill(255))).toBe("out-of-range");
  });

  test("an amount ends at 2^64-1", () => {
    const largest = (1n << 64n) - 1n;
    expect(decode(uint64, new Uint8Array(8).fill(255))).toEqual({ ok: true, value: largest });
    expect(() => encode(uint64, largest + 1n)).toThrow("invariant broken");
    expect(() => encode(uint64, -1n)).toThrow("invariant broken");
  });

  test("an absent value is 0, a present one 1, nothing else is a tag", () => {
    expect(decode(optional(uint8), bytes(0))).toEqual({ ok: true, value: undefined });
    expect(decode(optional(uint8), bytes(1, 5))).toEqual({ ok: true, value: 5 });
    expect(refusalOf(optional(uint8), bytes(2, 5))).toBe("unknown-tag");
  });

  test("a union knows only the tags of its table", () => {
    expect(refusalOf(entryCodec, bytes(2, 0, 0, 0, 0, 0, 0, 0, 0))).toBe("unknown-tag");
  });
});

describe("our own bugs stop the process", () => {
  test.each([
    ["a byte above 255", () => encode(uint8, 256)],
    ["a negative byte", () => encode(uint8, -1)],
    ["two bytes above 65,535", () => encode(uint16, 2 ** 16)],
    ["four bytes above 2^32-1", () => encode(uint32, 2 ** 32)],
    ["a byte with a fraction", () => encode(uint8, 0.5)],
    ["a counter above 2^53-1", () => encode(uint53, 2 ** 53)],
    ["a negative counter", () => encode(uint53, -1)],
    ["a counter with a fraction", () => encode(uint53, 0.5)],
    ["a byte string of another length", () => encode(fixedBytes(4), bytes(1))],
    ["a byte string above its bound", () => encode(variableBytes(1), bytes(1, 2))],
    ["a list above its bound", () => encode(list(uint8, 1), [1, 2])],
    [
      "one tag for two variants",
      () =>
        union<Entry>({
          note: [1, struct({ type: constant("note"), note: noteCodec })],
          erasure: [1, struct({ type: constant("erasure"), at: uint53 })],
        }),
    ],
  ])("%s", (_, attempt) => {
    expect(attempt).toThrow("invariant broken");
  });
});
