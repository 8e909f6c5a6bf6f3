import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  address,
  concatBytes,
  decode,
  encode,
  equalBytes,
  publicKey,
} from "../../../crypto/index.ts";
import {
  type Call,
  callCodec,
  decodeCall,
  encodeCall,
  MAX_CALL_BYTES,
  MAX_EVIDENCE_MESSAGE_BYTES,
  MAX_LEASE_HEIGHTS,
  MAX_MEMO_BYTES,
  MAX_PAYMENTS,
  MAX_RECORD_BYTES,
  MAX_RECORD_KEY_BYTES,
} from "../../../node/transaction/index.ts";

const transfer: Call = {
  type: "transfer",
  to: address(new Uint8Array(20).fill(9)),
  amount: 258n,
  memo: Uint8Array.of(5),
};

describe("a transfer call", () => {
  const bytes = encodeCall(transfer);

  test("is the tag 1, the recipient, the amount and the memo", () => {
    const amount = [0, 0, 0, 0, 0, 0, 1, 2];
    expect([...bytes]).toEqual([1, ...transfer.to, ...amount, 0, 0, 0, 1, 5]);
  });

  test("comes back from its bytes as it was", () => {
    expect(decodeCall(bytes)).toEqual({ ok: true, value: transfer });
  });

  test("has a memo of at most 64 bytes", () => {
    const longest = encodeCall({ ...transfer, memo: new Uint8Array(MAX_MEMO_BYTES) });
    expect(decodeCall(longest).ok).toBe(true);
    const tooLong = concatBytes(bytes.slice(0, 32), Uint8Array.of(65), new Uint8Array(65));
    expect(decodeCall(tooLong)).toEqual({ ok: false, refusal: "too-long" });
  });

  test("is refused with a tag that nothing has", () => {
    const unknown = concatBytes(Uint8Array.of(0), bytes.slice(1));
    expect(decodeCall(unknown)).toEqual({ ok: false, refusal: "unknown-tag" });
  });

  test("is refused with trailing bytes", () => {
    const longer = concatBytes(bytes, Uint8Array.of(0));
    expect(decodeCall(longer)).toEqual({ ok: false, refusal: "trailing-bytes" });
  });

  test("is decoded by hand exactly as its layout says, whatever the bytes", () => {
    const mutation = fc.record({
      offset: fc.nat(bytes.length - 1),
      value: fc.nat(255),
      length: fc.integer({ min: 0, max: bytes.length + 2 }),
    });
    fc.assert(
      fc.property(mutation, ({ offset, value, length }) => {
        const mutated = new Uint8Array(length);
        mutated.set(bytes.subarray(0, length));
        if (offset < length) mutated[offset] = value;
        expect(decodeCall(mutated)).toEqual(decode(callCodec, mutated));
      }),
      { numRuns: 2_000 },
    );
  });

  test("shares no memory with a Buffer it was decoded from", () => {
    const buffer = Buffer.from(bytes);
    const decoded = decodeCall(buffer);
    buffer.fill(0);
    expect(decoded).toEqual({ ok: true, value: transfer });
  });
});

const to = address(new Uint8Array(20).fill(9));
const key = Uint8Array.of(7, 8);
const none = new Uint8Array(0);
const keyBytes = [0, 0, 0, 2, 7, 8];

describe("the layout of", () => {
  const layouts: readonly (readonly [Call, readonly number[]])[] = [
    [
      { type: "pay-many", payments: [{ to, amount: 258n }], memo: Uint8Array.of(5) },
      [2, 0, 0, 0, 1, ...to, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, 5],
    ],
    [
      { type: "rotate-key", publicKey: publicKey(new Uint8Array(32).fill(4)) },
      [3, ...new Uint8Array(32).fill(4)],
    ],
    [
      { type: "put-record", key, value: Uint8Array.of(6), expectedVersion: 258 },
      [4, ...keyBytes, 0, 0, 0, 1, 6, 1, 0, 0, 0, 0, 0, 0, 1, 2],
    ],
    [{ type: "put-record", key, value: none }, [4, ...keyBytes, 0, 0, 0, 0, 0]],
    [{ type: "delete-record", key }, [5, ...keyBytes]],
    [{ type: "give-record", key, to }, [6, ...keyBytes, ...to]],
    [{ type: "acquire-lease", key, heights: 258 }, [7, ...keyBytes, 0, 0, 1, 2]],
    [{ type: "release-lease", key }, [8, ...keyBytes]],
    [
      { type: "report-evidence", first: Uint8Array.of(1), second: Uint8Array.of(2, 3) },
      [9, 0, 0, 0, 1, 1, 0, 0, 0, 2, 2, 3],
    ],
  ];

  test.each(layouts)("$type is as documented", (call, bytes) => {
    expect([...encodeCall(call)]).toEqual(bytes);
    expect(decodeCall(Uint8Array.from(bytes))).toEqual({ ok: true, value: call });
  });
});

/** The largest of each kind that has something of variable length. */
const payments = Array.from({ length: MAX_PAYMENTS }, () => ({ to, amount: 1n }));
const longestKey = new Uint8Array(MAX_RECORD_KEY_BYTES);
const largest: readonly Call[] = [
  { type: "pay-many", payments, memo: new Uint8Array(MAX_MEMO_BYTES) },
  {
    type: "put-record",
    key: longestKey,
    value: new Uint8Array(MAX_RECORD_BYTES),
    expectedVersion: Number.MAX_SAFE_INTEGER,
  },
  { type: "acquire-lease", key: longestKey, heights: MAX_LEASE_HEIGHTS },
  {
    type: "report-evidence",
    first: new Uint8Array(MAX_EVIDENCE_MESSAGE_BYTES),
    second: new Uint8Array(MAX_EVIDENCE_MESSAGE_BYTES),
  },
];

test.each(largest)("the largest $type fits into a transaction", (call) => {
  const bytes = encodeCall(call);
  expect(bytes.length).toBeLessThanOrEqual(MAX_CALL_BYTES);
  expect(decodeCall(bytes)).toEqual({ ok: true, value: call });
});

describe("there is no encoding for", () => {
  const beyond: readonly (readonly [what: string, Call])[] = [
    ["payments to nobody", { type: "pay-many", payments: [], memo: none }],
    [
      "more payments than there may be",
      { type: "pay-many", payments: [...payments, { to, amount: 1n }], memo: none },
    ],
    ["a record without a key", { type: "put-record", key: none, value: none }],
    ["a key that is too long", { type: "delete-record", key: new Uint8Array(129) }],
    [
      "a value that is too long",
      { type: "put-record", key, value: new Uint8Array(MAX_RECORD_BYTES + 1) },
    ],
    ["a lease without a key", { type: "release-lease", key: none }],
    ["a lease of no height", { type: "acquire-lease", key, heights: 0 }],
    [
      "a lease of more heights than there may be",
      { type: "acquire-lease", key, heights: MAX_LEASE_HEIGHTS + 1 },
    ],
  ];
  test.each(beyond)("%s", (_, call) => {
    expect(() => encodeCall(call)).toThrow();
  });
});

describe("bytes are refused that spell", () => {
  const spelled: readonly (readonly [what: string, readonly number[], refusal: string])[] = [
    ["payments to nobody", [2, 0, 0, 0, 0, 0, 0, 0, 0], "out-of-range"],
    ["257 payments", [2, 0, 0, 1, 1], "too-long"],
    ["a key of no bytes", [5, 0, 0, 0, 0], "out-of-range"],
    ["a key of 129 bytes", [5, 0, 0, 0, 129], "too-long"],
    ["a value of 8,193 bytes", [4, ...keyBytes, 0, 0, 32, 1], "too-long"],
    [
      "an expected version beyond 2^53-1",
      [4, ...keyBytes, 0, 0, 0, 0, 1, 0, 32, 0, 0, 0, 0, 0, 0],
      "out-of-range",
    ],
    ["neither a version nor none", [4, ...keyBytes, 0, 0, 0, 0, 2], "unknown-tag"],
    ["a lease of no height", [7, ...keyBytes, 0, 0, 0, 0], "out-of-range"],
    ["a lease of 1,000,001 heights", [7, ...keyBytes, 0, 15, 66, 65], "out-of-range"],
    ["a message of 8,185 bytes", [9, 0, 0, 31, 249], "too-long"],
    ["a call that nobody has thought of", [10], "unknown-tag"],
    ["a call and something more", [5, ...keyBytes, 0], "trailing-bytes"],
    ["half a call", [6, ...keyBytes, 1, 2, 3], "truncated"],
  ];
  test.each(spelled)("%s", (_, bytes, refusal) => {
    expect(decodeCall(Uint8Array.from(bytes))).toEqual({ ok: false, refusal });
  });
});

const seed = Number(process.env.QUORATE_SEED ?? Math.floor(Date.now() / 86_400_000));

test(`a call that can be decoded has no other spelling (seed ${seed})`, () => {
  const originals = [...largest.slice(2), { type: "put-record", key, value: key } as const].map(
    encodeCall,
  );
  const mutation = fc.record({
    of: fc.nat(originals.length - 1),
    offset: fc.nat(200),
    value: fc.nat(255),
    cut: fc.nat(3),
  });
  fc.assert(
    fc.property(mutation, ({ of, offset, value, cut }) => {
      const original = originals[of] ?? none;
      const mutated = original.slice(0, original.length - cut);
      if (offset < mutated.length) mutated[offset] = value;
      const decoded = decodeCall(mutated);
      if (decoded.ok) expect(equalBytes(encode(callCodec, decoded.value), mutated)).toBe(true);
    }),
    { seed, numRuns: 2_000 },
  );
});
