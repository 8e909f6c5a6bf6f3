import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address, concatBytes, decode } from "../../../crypto/index.ts";
import {
  type Call,
  callCodec,
  decodeCall,
  encodeCall,
  MAX_MEMO_BYTES,
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
    const unknown = concatBytes(Uint8Array.of(2), bytes.slice(1));
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
