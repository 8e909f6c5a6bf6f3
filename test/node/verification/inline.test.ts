import { describe, expect, test } from "vitest";
import { nobleScheme } from "../../../crypto/index.ts";
import { decodeTransaction } from "../../../node/transaction/index.ts";
import { type CheckRule, createInlineVerification } from "../../../node/verification/index.ts";
import {
  chainId,
  ofUnknownVersion,
  onOtherChain,
  signed,
  signedRange,
  signedWithSmallOrder,
  trailing,
  truncated,
  wronglySigned,
} from "./fixtures.ts";

const verification = createInlineVerification({ chainId });

async function refusalOf(bytes: Uint8Array, rule: CheckRule = "admission") {
  const outcome = await verification.check([bytes], rule);
  const checked = outcome.ok ? outcome.results[0] : undefined;
  return checked?.ok === false ? checked.refusal : undefined;
}

describe("verification without threads", () => {
  test("gives back every good transaction with bytes, id and content, in order", async () => {
    const transactions = signedRange(20);
    const outcome = await verification.check(
      transactions.map(({ bytes }) => bytes),
      "admission",
    );
    const results = transactions.map((transaction) => ({ ok: true, transaction }));
    expect(outcome).toEqual({ ok: true, results });
  });

  test("refuses a bad signature under both rules", async () => {
    expect(await refusalOf(wronglySigned, "admission")).toBe("bad-signature");
    expect(await refusalOf(wronglySigned, "vote")).toBe("bad-signature");
  });

  test("refuses a transaction for another chain, though well signed", async () => {
    expect(await refusalOf(onOtherChain)).toBe("wrong-chain");
  });

  test("refuses what is truncated, too long or of another version, as decoding does", async () => {
    expect(await refusalOf(truncated)).toBe("truncated");
    expect(await refusalOf(new Uint8Array())).toBe("truncated");
    expect(await refusalOf(trailing)).toBe("trailing-bytes");
    expect(await refusalOf(ofUnknownVersion)).toBe("unknown-tag");
    const enormous = new Uint8Array(1_000_000);
    enormous.set(signed(0).bytes);
    const decoded = decodeTransaction(enormous);
    expect(await refusalOf(enormous)).toBe(decoded.ok ? undefined : decoded.refusal);
  });

  test("refuses a key of small order at admission and takes it in a vote, as ZIP-215 does", async () => {
    expect(await refusalOf(signedWithSmallOrder.bytes, "admission")).toBe("bad-signature");
    expect(await refusalOf(signedWithSmallOrder.bytes, "vote")).toBeUndefined();
  });

  test("takes bytes on shared memory and gives back bytes that nobody shares", async () => {
    const { bytes } = signed(0);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    const outcome = await verification.check([shared], "admission");
    const checked = outcome.ok ? outcome.results[0] : undefined;
    if (checked?.ok !== true) throw new Error("a good transaction was refused");
    expect(checked.transaction.bytes.buffer).not.toBeInstanceOf(SharedArrayBuffer);
    expect(checked.transaction.bytes).toEqual(bytes);
  });

  test("asks the scheme it is given", async () => {
    const scheme = { ...nobleScheme, verifyQuick: () => true };
    const trusting = createInlineVerification({ chainId, scheme });
    expect(await trusting.check([wronglySigned], "admission")).toMatchObject({
      results: [{ ok: true }],
    });
  });

  test("answers closed once it is closed", async () => {
    const own = createInlineVerification({ chainId });
    await own.close();
    expect(await own.check([signed(0).bytes], "vote")).toEqual({ ok: false, refusal: "closed" });
  });
});
