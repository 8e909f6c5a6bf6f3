import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Address,
  addressOf,
  concatBytes,
  createNobleSigner,
  decode,
  domain,
  fixedBytes,
  type Hash,
  type Height,
  hash,
  hashCodec,
  heightCodec,
  type Nonce,
  nobleScheme,
  nonceCodec,
  type PublicKey,
  type Signature,
  secretKey,
  struct,
  uint8,
  uint64,
  variableBytes,
} from "../../../crypto/index.ts";
import { hashIn as nativeHashIn } from "../../../crypto/native/index.ts";
import {
  decodeSignedTransaction,
  decodeTransaction,
  MAX_CALL_BYTES,
  MAX_TRANSACTION_BYTES,
  MIN_TRANSACTION_BYTES,
  signatureCheck,
  signTransaction,
  transactionId,
  type UnsignedTransaction,
} from "../../../node/transaction/index.ts";

const signer = createNobleSigner(secretKey(new Uint8Array(32).fill(7)));

function unsigned(overrides: Partial<UnsignedTransaction> = {}): UnsignedTransaction {
  return {
    chainId: hash(new Uint8Array(32).fill(1)),
    sender: addressOf(signer.publicKey),
    publicKey: signer.publicKey,
    nonce: 5 as Nonce,
    fee: 3n,
    validUntilHeight: 100 as Height,
    call: Uint8Array.of(1, 2, 3),
    ...overrides,
  };
}

/** The layout once more, composed instead of by hand. */
const composedCodec = struct({
  version: uint8,
  chainId: hashCodec,
  sender: fixedBytes<Address>(20),
  publicKey: fixedBytes<PublicKey>(32),
  nonce: nonceCodec,
  fee: uint64,
  validUntilHeight: heightCodec,
  call: variableBytes(MAX_CALL_BYTES),
  signature: fixedBytes<Signature>(64),
});

function changed(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = value;
  return copy;
}

describe("a signed transaction", () => {
  const signed = signTransaction(unsigned(), signer);

  test("comes back from its bytes as it was", () => {
    const decoded = decodeSignedTransaction(signed.bytes);
    expect(decoded).toEqual({ ok: true, value: signed });
  });

  test("is signed over its domain and everything before the signature", () => {
    const { message } = signatureCheck(signed);
    const content = signed.bytes.slice(0, -64);
    const { prefix } = domain("quorate/transaction-signature/1");
    expect(message).toEqual(concatBytes(prefix, content));
    expect(nobleScheme.verify(signatureCheck(signed))).toBe(true);
  });

  test("does not verify for another chain", () => {
    const bytes = changed(signed.bytes, 1, 99);
    const decoded = decodeSignedTransaction(bytes);
    expect(decoded.ok && nobleScheme.verify(signatureCheck(decoded.value))).toBe(false);
  });

  test("has an id that covers the signature", () => {
    const other = changed(signed.bytes, signed.bytes.length - 1, 0xff);
    expect(transactionId(other)).not.toEqual(signed.id);
  });

  test("has the same id from the native hash function", () => {
    expect(transactionId(signed.bytes, nativeHashIn)).toEqual(signed.id);
  });

  test("shares no memory with the bytes it was decoded from, not even a Buffer's", () => {
    const buffer = Buffer.from(signed.bytes);
    const decoded = decodeSignedTransaction(buffer);
    buffer.fill(0);
    expect(decoded).toEqual({ ok: true, value: signed });
  });

  test("is not signed with a key that it does not name", () => {
    const other = createNobleSigner(secretKey(new Uint8Array(32).fill(8)));
    expect(() => signTransaction(unsigned(), other)).toThrow("names its signer's key");
  });

  test("fits the stated sizes", () => {
    expect(signTransaction(unsigned({ call: new Uint8Array(0) }), signer).bytes.length).toBe(
      MIN_TRANSACTION_BYTES,
    );
    const largest = signTransaction(unsigned({ call: new Uint8Array(MAX_CALL_BYTES) }), signer);
    expect(largest.bytes.length).toBe(MAX_TRANSACTION_BYTES);
    expect(decodeTransaction(largest.bytes).ok).toBe(true);
  });

  test.each([
    ["truncated", "without its last byte", signed.bytes.slice(0, -1)],
    ["truncated", "shorter than any transaction", signed.bytes.slice(0, 100)],
    ["truncated", "empty", new Uint8Array(0)],
    ["trailing-bytes", "with a byte more", concatBytes(signed.bytes, new Uint8Array(1))],
    ["unknown-tag", "of another version", changed(signed.bytes, 0, 2)],
    ["out-of-range", "with a nonce above 2^53-1", changed(signed.bytes, 86, 0x20)],
    ["out-of-range", "with a height above 2^53-1", changed(signed.bytes, 102, 0x20)],
    ["too-long", "with a call above the limit", changed(signed.bytes, 111, 0x40)],
  ])("is refused as %s: %s", (refusal, _, bytes) => {
    expect(decodeTransaction(bytes)).toEqual({ ok: false, refusal });
  });

  test("decodes exactly as the composed layout does, whatever the bytes", () => {
    const mutation = fc.record({
      offset: fc.nat(signed.bytes.length - 1),
      value: fc.nat(255),
      length: fc.integer({ min: signed.bytes.length - 3, max: signed.bytes.length + 3 }),
    });
    fc.assert(
      fc.property(mutation, ({ offset, value, length }) => {
        const bytes = new Uint8Array(length);
        bytes.set(changed(signed.bytes, offset, value).subarray(0, length));
        const byHand = decodeTransaction(bytes);
        const composed = decode(composedCodec, bytes);
        const isVersion1 = composed.ok && composed.value.version === 1;
        expect(byHand.ok).toBe(isVersion1);
        if (!byHand.ok || !composed.ok) return;
        expect({ version: 1, ...byHand.value }).toEqual(composed.value);
      }),
      { numRuns: 2_000 },
    );
  });

  test("round-trips at every value", () => {
    const arbitrary = fc.record({
      nonce: fc.maxSafeNat().map((value) => value as Nonce),
      validUntilHeight: fc.maxSafeNat().map((value) => value as Height),
      fee: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      chainId: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as Hash),
      call: fc.uint8Array({ maxLength: 300 }),
    });
    const silent = { publicKey: signer.publicKey, sign: () => new Uint8Array(64) as Signature };
    fc.assert(
      fc.property(arbitrary, (overrides) => {
        const made = signTransaction(unsigned(overrides), silent);
        expect(decodeTransaction(made.bytes)).toEqual({ ok: true, value: made.transaction });
      }),
    );
  });
});
