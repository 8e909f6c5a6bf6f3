import { describe, expect, test } from "vitest";
import type { Message } from "../../../consensus/index.ts";
import { badCertificates } from "../../../devnet/behaviours/bad-certificates.ts";
import type { Simulation } from "../../../devnet/sim/simulation.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform } from "./performance.ts";

const LIAR = 3;
const ROUGH = { minDelayMs: 1, maxDelayMs: 60, loss: 0.1, duplication: 0.02 };

function run(seed: number, forMs = 1_500) {
  const honestIn = new Map<number, Set<number>>();
  const unproven: string[] = [];
  let garbage = 0;
  const prepare = (simulation: Simulation) =>
    simulation.watch((seen) => {
      if (seen.by === LIAR) return;
      if (seen.type === "heard" && seen.message === "garbage") garbage += 1;
      if (seen.type === "signed") noteSigner(honestIn, seen.by, seen.message);
      // With one liar of four, a certificate needs two honest signers.
      if (seen.type !== "view" || seen.view === 1) return;
      const signers = honestIn.get(seen.view - 1)?.size ?? 0;
      if (signers < 2) unproven.push(`v${seen.by} enters view ${seen.view}`);
    });
  const performance = perform({
    ...{ seed, forMs, prepare, mood: ROUGH },
    behaviours: [badCertificates],
  });
  return { ...performance, unproven, garbage: () => garbage };
}

function noteSigner(signers: Map<number, Set<number>>, by: number, message: Message): void {
  if (message.type !== "vote" && message.type !== "timeout") return;
  const { view } = message.content;
  signers.set(view, (signers.get(view) ?? new Set()).add(by));
}

const performances = Array.from({ length: 16 }, (_, seed) => run(seed, 1_000));
const penalties = new Set(performances.flatMap((each) => [...each.penalties]));

describe("a sender of bad certificates", () => {
  test.each([
    "below-quorum",
    "unknown-signer",
    "wrong-epoch",
    "bad-signature",
    "certificate-of-another-block",
    "highest-certificate-missing",
    "signatures-without-signers",
  ])("is penalised for one: %s", (refusal) => {
    expect(penalties).toContain(refusal);
  });

  test.each([
    ["proposal", (message: Message) => message.type === "proposal"],
    ["timeout", (message: Message) => message.type === "timeout"],
    ["commit vote", (message: Message) => message.type === "commit-vote"],
    ["decision", (message: Message) => message.type === "decision"],
  ] as const)("attaches them to a %s", (_, isKind) => {
    const signerless = performances
      .flatMap((each) => [
        ...messagesOf(each, "proposal"),
        ...messagesOf(each, "timeout"),
        ...messagesOf(each, "commit-vote"),
        ...messagesOf(each, "decision"),
      ])
      .filter((message) => isKind(message) && signersOf(message).some((count) => count < 3));
    expect(signerless.length).toBeGreaterThan(0);
  });

  test("spells some as nobody may decode, and those arrive as garbage", () => {
    const raw = performances.flatMap(({ sent }) =>
      sent.filter((each) => each.content.type === "raw"),
    );
    expect(raw.length).toBeGreaterThan(10);
    expect(performances.reduce((sum, each) => sum + each.garbage(), 0)).toBeGreaterThan(10);
  });

  test("moves nobody into a view that no quorum opened", () => {
    for (const { unproven } of performances) expect(unproven).toEqual([]);
  });

  test.each(seedsOfTheDay(5))("does not keep the others from agreeing (seed %i)", (seed) => {
    const performance = run(seed);
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
    expect(performance.unproven).toEqual([]);
  });
});

/** How many signed each certificate above genesis. */
function signersOf(message: Message): readonly number[] {
  const certs = (() => {
    switch (message.type) {
      case "proposal":
        return [message.block.justify, message.tc];
      case "timeout":
        return [message.highQc, message.highTc];
      case "commit-vote":
        return [message.qc];
      case "decision":
        return [message.cert];
      case "vote":
        return [];
    }
  })();
  return certs.flatMap((cert) =>
    cert === undefined || cert.view === 0 ? [] : [cert.signatures.signers.length],
  );
}
