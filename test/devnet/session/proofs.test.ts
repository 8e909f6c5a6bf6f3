import { describe, expect, test } from "vitest";
import {
  type Draft,
  type Message,
  messageCodec,
  validatorSet,
  voteBytes,
} from "../../../consensus/index.ts";
import { encode, type Hash, hash, secretKey, toHex } from "../../../crypto/index.ts";
import { createSigner, nativeScheme } from "../../../crypto/native/index.ts";
import { Proofs } from "../../../devnet/session/proofs.ts";

const chainId = filled(7);
const signers = [0, 1, 2, 3].map((index) => createSigner(secretKey(filled(index + 1))));
const validators = validatorSet({
  chainId,
  epoch: 0 as never,
  members: signers.map(({ publicKey }) => ({ publicKey: publicKey as never, power: 1 })),
});

function filled(byte: number): Hash {
  return hash(new Uint8Array(32).fill(byte));
}

function vote({ by, view, block }: { by: number; view: number; block: number }): string {
  const content = { epoch: 0, view, height: 3, block: filled(block) } as Extract<
    Draft,
    { type: "vote" }
  >["content"];
  const signature = signers[by]?.sign(voteBytes(chainId, content));
  return toHex(encode(messageCodec, { type: "vote", content, voter: by, signature } as Message));
}

function proofs(): Proofs {
  return new Proofs(validators, nativeScheme());
}

const everybody = () => true;

describe("a proof of guilt", () => {
  const first = vote({ by: 3, view: 9, block: 1 });
  const second = vote({ by: 3, view: 9, block: 2 });

  test("is two contradicting messages under one key, with both of them and who holds it", () => {
    const found = proofs();
    expect(found.take(2, { first, second })).toBe(3);
    expect(found.take(0, { first: second, second: first })).toBe(3);
    const [culprit, ...others] = found.culprits(everybody);
    expect(others).toEqual([]);
    expect(culprit).toMatchObject({
      validator: 3,
      why: "signed two votes in view 9",
      messages: [first, second],
      heldBy: [0, 2],
    });
    expect(culprit?.statements[0]).not.toBe(culprit?.statements[1]);
  });

  test("counts the holders that are honest only", () => {
    const found = proofs();
    for (const by of [0, 1, 3]) found.take(by, { first, second });
    expect(found.culprits((holder) => holder !== 1)[0]?.heldBy).toEqual([0, 3]);
  });

  test("is settled for its holder once it was checked", () => {
    const found = proofs();
    found.take(2, { first, second });
    expect([found.isSettled(3, 2), found.isSettled(3, 1), found.isSettled(2, 2)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  const forged = `${second.slice(0, -2)}${second.endsWith("00") ? "01" : "00"}`;
  test.each([
    ["one message twice", first, first],
    ["messages of two validators", first, vote({ by: 2, view: 9, block: 2 })],
    ["messages of two views", first, vote({ by: 3, view: 8, block: 2 })],
    ["a forged signature", first, forged],
    ["half a message", first, second.slice(0, 40)],
    ["no hex", first, "0xzz"],
    ["nothing", "", ""],
  ])("is not %s", (_, left, right) => {
    const found = proofs();
    expect(found.take(0, { first: left, second: right })).toBeUndefined();
    expect(found.culprits(everybody)).toEqual([]);
  });
});
