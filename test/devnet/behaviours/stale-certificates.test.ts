import { describe, expect, test } from "vitest";
import { highQcViewOf } from "../../../consensus/index.ts";
import { toHex } from "../../../crypto/index.ts";
import { staleCertificates } from "../../../devnet/behaviours/stale-certificates.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, type Performance, perform } from "./performance.ts";

/** Views end about when their certificates are made, and not all get to see those in time. */
const ROUGH = { minDelayMs: 5, maxDelayMs: 120, loss: 0.05, duplication: 0 };
const run = (seed: number) => {
  const rush = { mood: ROUGH, baseTimeoutMs: 100, forMs: 3_000 };
  return perform({ seed, ...rush, behaviours: [staleCertificates] });
};
const performances = Array.from({ length: 24 }, (_, seed) => run(seed));

/** The newest certificate that anyone showed for a view below this one. */
function newestBelow(performance: Performance, view: number): number {
  const shown = [
    ...performance.signed.map(({ message }) => message),
    ...messagesOf(performance, "timeout"),
  ].flatMap((message) => {
    if (message.type === "proposal") return [message.block.justify.view];
    if (message.type === "timeout") return [message.highQc.view];
    return message.type === "commit-vote" && message.qc !== undefined ? [message.qc.view] : [];
  });
  return Math.max(0, ...shown.filter((shownView) => shownView < view));
}

describe("a liar with stale certificates", () => {
  test("understates what it has seen certified when it gives a view up", () => {
    const understated = performances.flatMap((performance) =>
      messagesOf(performance, "timeout").filter(
        ({ content }) => content.highQcView + 1 < newestBelow(performance, content.view),
      ),
    );
    expect(understated.length).toBeGreaterThan(5);
  });

  test("proposes on a block that a newer certificate has overtaken, with a sound-looking proof", () => {
    const stale = performances.flatMap((performance) =>
      messagesOf(performance, "proposal").filter(({ block, tc }) => {
        const hidden = newestBelow(performance, block.view) > block.justify.view;
        const isAllowed = tc !== undefined && highQcViewOf(tc) <= block.justify.view;
        return isAllowed && tc.view + 1 === block.view && hidden;
      }),
    );
    expect(stale.length).toBeGreaterThan(3);
  });

  test.each([
    ["shows proofs of views long left", "certificate-of-another-view"],
    ["builds on what its own proof forbids", "forgets-a-certified-block"],
  ])("%s, and is penalised", (_, refusal) => {
    const penalties = new Set(performances.flatMap((each) => [...each.penalties]));
    expect(penalties).toContain(refusal);
  });

  test("never makes anyone abandon what a quorum may have locked", () => {
    for (const performance of performances) {
      const final = new Map(
        performance.finals.map(({ block, hash }) => [Number(block.height), toHex(hash)]),
      );
      expect(final.size).toBeGreaterThan(2);
      for (const [height, block] of lockedByTwo(performance)) {
        expect(final.get(height) ?? block).toBe(block);
      }
    }
  });

  test.each(seedsOfTheDay(5))("does not keep the others from agreeing (seed %i)", (seed) => {
    const performance = run(seed);
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});

/** Height and block wherever two honest validators commit-voted: with the liar's vote, that is a quorum. */
function lockedByTwo({ signed }: Performance): readonly (readonly [number, string])[] {
  const voters = new Map<string, Set<number>>();
  const named = new Map<string, readonly [number, string]>();
  for (const { by, message } of signed) {
    if (message.type !== "commit-vote") continue;
    const block = toHex(message.content.block);
    voters.set(block, (voters.get(block) ?? new Set()).add(by));
    named.set(block, [message.content.height, block]);
  }
  return [...named.values()].filter(([, block]) => (voters.get(block)?.size ?? 0) >= 2);
}
