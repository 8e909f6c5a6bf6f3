import { describe, expect, test } from "vitest";
import { nobleScheme, type SignatureScheme, secretKey, toHex } from "../../../crypto/index.ts";
import { createSigner, nativeScheme } from "../../../crypto/native/index.ts";
import { forgedSignatures } from "../../../devnet/behaviours/forged-signatures.ts";
import { forgedTransaction, malleable } from "../../../devnet/behaviours/forgery.ts";
import { randomStream } from "../../../devnet/random/index.ts";
import { Simulation } from "../../../devnet/sim/simulation.ts";
import { signatureCheck } from "../../../node/transaction/index.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, type Performance, perform } from "./performance.ts";

const LIAR = 3;
const run = (seed: number) => perform({ seed, behaviours: [forgedSignatures] });
const performances = Array.from({ length: 8 }, (_, seed) => run(seed));
const schemes: readonly SignatureScheme[] = [nobleScheme, nativeScheme()];

/** What signatures are worth is for the chain's own scheme to say. */
function forgeries({ simulation, sent }: Performance) {
  const transactions = sent.flatMap(({ content }) =>
    content.type === "transactions" ? content.transactions : [],
  );
  return [...new Set(transactions)].filter(
    (signed) => !simulation.chain.scheme.verifyQuick(signatureCheck(signed)),
  );
}

describe("forged signatures", () => {
  test("stand under the liar's own messages, and the names of others under its proposals", () => {
    const proposers = performances.flatMap((performance) =>
      messagesOf(performance, "proposal").map(({ block }) => block.proposer),
    );
    expect(new Set(proposers)).toEqual(new Set([0, 1, 2, 3]));
    for (const { penalties } of performances) expect([...penalties]).toEqual(["bad-signature"]);
  });

  test("stand in certificates that claim every validator", () => {
    const claimed = performances.flatMap((performance) => messagesOf(performance, "decision"));
    const everyone = claimed.filter(({ cert }) => cert.signatures.signers.length === 4);
    expect(everyone.length).toBeGreaterThan(3);
  });

  test("stand under transactions, none of which any block carries", () => {
    expect(performances.flatMap(forgeries).length).toBeGreaterThan(10);
    for (const performance of performances) {
      const forged = new Set(forgeries(performance).map(({ id }) => toHex(id)));
      for (const { transactions } of performance.finals) {
        for (const { id } of transactions) expect(forged).not.toContain(toHex(id));
      }
    }
  });

  test.each(schemes)("S + L is refused by $name", (scheme) => {
    const signer = createSigner(secretKey(new Uint8Array(32).fill(7)));
    const { publicKey } = signer;
    const message = Uint8Array.of(1, 2, 3);
    const signature = signer.sign(message);
    expect(scheme.verify({ publicKey, message, signature })).toBe(true);
    expect(scheme.verify({ publicKey, message, signature: malleable(signature) })).toBe(false);
  });

  test.each(schemes)("a key of small order gets nothing into a pool of $name", (scheme) => {
    const simulation = new Simulation({ seed: 1, signatures: "ed25519" });
    const control = {
      random: randomStream(1, "forger"),
      accounts: simulation.chain.accounts.length,
      transfer: simulation.signedTransfer.bind(simulation),
      nonceOf: simulation.nonceOf.bind(simulation),
    };
    const forged = Array.from({ length: 40 }, () => forgedTransaction(control));
    const isSmallOrder = schemes.every((each) =>
      forged.some((signed) => each.verify(signatureCheck(signed))),
    );
    // By ZIP-215, the rule for blocks, their universal signature is a signature.
    expect(isSmallOrder).toBe(true);
    for (const signed of forged) expect(scheme.verifyQuick(signatureCheck(signed))).toBe(false);
  });

  test("are refused with real keys as they are with stand-ins", () => {
    const performance = perform({
      ...{ seed: 1, forMs: 500, signatures: "ed25519" },
      behaviours: [forgedSignatures],
    });
    expect([...performance.penalties]).toEqual(["bad-signature"]);
    expect(performance.violations).toEqual([]);
  });

  test.each(seedsOfTheDay(4))("do not keep the others from agreeing (seed %i)", (seed) => {
    const performance = run(seed);
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
    expect(performance.evidence.every(({ offender }) => offender === LIAR)).toBe(true);
  });
});
