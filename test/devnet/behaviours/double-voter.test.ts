import { describe, expect, test } from "vitest";
import type { QuorumCert } from "../../../consensus/index.ts";
import { toHex } from "../../../crypto/index.ts";
import { doubleVoter } from "../../../devnet/behaviours/double-voter.ts";
import { statementOf } from "../../../devnet/behaviours/statement.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { type Performance, perform } from "./performance.ts";

const ROUGH = { minDelayMs: 1, maxDelayMs: 60, loss: 0.1, duplication: 0.05 };
const run = (seed: number, forMs = 1_500) =>
  perform({ seed, mood: ROUGH, behaviours: [doubleVoter], forMs });
const performances = Array.from({ length: 30 }, (_, seed) => run(seed, 1_000));

type Kind = "vote" | "commit-vote" | "timeout";

/** By kind and view: the different things said, each with its receivers. */
function said({ sent }: Performance, kind: Kind): readonly ReadonlyMap<string, Set<number>>[] {
  const byView = new Map<number, Map<string, Set<number>>>();
  for (const { to, content } of sent) {
    if (content.type !== "message" || content.message.type !== kind) continue;
    const { view } = content.message.content;
    const statements = byView.get(view) ?? new Map<string, Set<number>>();
    const statement = statementOf(content.message);
    statements.set(statement, (statements.get(statement) ?? new Set()).add(to));
    byView.set(view, statements);
  }
  return [...byView.values()];
}

describe("a double voter", () => {
  test.each(["vote", "commit-vote", "timeout"] as const)("says two things in one %s", (kind) => {
    const doubles = performances
      .flatMap((performance) => said(performance, kind))
      .filter(({ size }) => size > 1);
    expect(doubles.length).toBeGreaterThan(0);
  });

  test("says two things to the same receivers in one run, to different ones in another", () => {
    const doubles = performances
      .flatMap((performance) => [...said(performance, "vote"), ...said(performance, "commit-vote")])
      .filter(({ size }) => size === 2)
      .map((statements) => [...statements.values()]);
    const overlaps = doubles.map(([left, right]) => [...(left ?? [])].some((to) => right?.has(to)));
    expect(new Set(overlaps)).toEqual(new Set([true, false]));
  });

  test("says the same thing many times over", () => {
    const repeats = performances.map(({ sent }) => {
      const counts = new Map<unknown, number>();
      for (const { to, content } of sent) {
        if (content.type !== "message" || to !== 0) continue;
        counts.set(content.message, (counts.get(content.message) ?? 0) + 1);
      }
      return Math.max(...counts.values());
    });
    expect(Math.max(...repeats)).toBeGreaterThan(4);
  });

  test.each(["vote", "commit-vote", "timeout"] as const)("is proven guilty by a %s", (kind) => {
    const proofs = performances
      .flatMap(({ evidence }) => evidence)
      .filter(({ offender, first }) => offender === 3 && first.type === kind);
    expect(proofs.length).toBeGreaterThan(0);
  });

  test("counts once: each certificate has a quorum's votes for its block", () => {
    for (const performance of performances) {
      const votes = new Set(
        performance.signed.flatMap(({ by, message }) =>
          message.type === "vote" ? [`${by} ${toHex(message.content.block)}`] : [],
        ),
      );
      const certificates = performance.signed.flatMap(({ message }): QuorumCert[] =>
        message.type === "proposal" ? [message.block.justify] : [],
      );
      for (const { view, block, signatures } of certificates) {
        if (view === 0) continue;
        expect(signatures.signers.length).toBeGreaterThanOrEqual(3);
        expect(new Set(signatures.signers).size).toBe(signatures.signers.length);
        for (const signer of signatures.signers) {
          if (signer !== 3) expect(votes).toContain(`${signer} ${toHex(block)}`);
        }
      }
    }
  });

  test.each(seedsOfTheDay(5))("does not keep the others from agreeing (seed %i)", (seed) => {
    const performance = run(seed);
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
