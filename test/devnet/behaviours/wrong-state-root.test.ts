import { describe, expect, test } from "vitest";
import { toHex } from "../../../crypto/index.ts";
import { wrongStateRoot } from "../../../devnet/behaviours/wrong-state-root.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, type Performance, perform, variant } from "./performance.ts";

/** Rate, share of validators that are lied to, collusion, and whether these hear the truth as well. */
const alone = variant(wrongStateRoot, [1, 1, false, false]);
const colluding = variant(wrongStateRoot, [1, 1, true, false]);
const twoTongued = variant(wrongStateRoot, [1, 1, true, true]);

/** What honest validators vouched for. */
function honestRoots({ signed }: Performance): ReadonlySet<string> {
  return new Set(
    signed.flatMap(({ message }) =>
      message.type === "commit-vote" ? [toHex(message.content.stateRoot)] : [],
    ),
  );
}

describe("a liar about the state", () => {
  test("commit-votes for roots that no honest validator signs and no certificate carries", () => {
    const performance = perform({ seed: 1, behaviours: [alone] });
    const honest = honestRoots(performance);
    const told = messagesOf(performance, "commit-vote").map(({ content }) =>
      toHex(content.stateRoot),
    );
    expect(told.length).toBeGreaterThan(5);
    expect(told.filter((root) => honest.has(root))).toEqual([]);
    const certified = performance.finals.flatMap(({ cert }) =>
      cert ? [toHex(cert.stateRoot)] : [],
    );
    expect(certified.filter((root) => !honest.has(root))).toEqual([]);
  });

  test("names the same wrong root as its fellow liars, who are too few", () => {
    const cast = { seed: 1, validators: 7, liars: [5, 6], forMs: 400 };
    const performance = perform({ ...cast, behaviours: [colluding] });
    const honest = honestRoots(performance);
    const voters = new Map<string, Set<number>>();
    for (const { content, voter } of messagesOf(performance, "commit-vote")) {
      const root = toHex(content.stateRoot);
      if (!honest.has(root)) voters.set(root, (voters.get(root) ?? new Set()).add(voter));
    }
    expect(Math.max(...[...voters.values()].map(({ size }) => size))).toBe(2);
    expect(performance.violations).toEqual([]);
  });

  test("is named by evidence when it tells one validator two roots", () => {
    const { evidence } = perform({ seed: 1, behaviours: [twoTongued] });
    expect(evidence.length).toBeGreaterThan(5);
    for (const { offender, first } of evidence) {
      expect({ offender, type: first.type }).toEqual({ offender: 3, type: "commit-vote" });
    }
  });

  test.each(seedsOfTheDay(2))("does not stop the others (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [wrongStateRoot] });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
