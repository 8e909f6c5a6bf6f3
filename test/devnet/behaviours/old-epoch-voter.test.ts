import { describe, expect, test } from "vitest";
import { oldEpochVoter } from "../../../devnet/behaviours/old-epoch-voter.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform, variant } from "./performance.ts";

const always = variant(oldEpochVoter, [1]);

describe("a voter of other epochs", () => {
  test("speaks for epochs and validators that are none", () => {
    const performance = perform({ seed: 1, behaviours: [always] });
    const votes = messagesOf(performance, "vote");
    expect(votes.some(({ content }) => content.epoch !== 0)).toBe(true);
    expect(votes.some(({ voter }) => voter > 3)).toBe(true);
    const proposals = messagesOf(performance, "proposal");
    expect(proposals.some(({ block }) => block.epoch !== 0)).toBe(true);
  });

  test("is refused by every honest validator, for what it is", () => {
    const { penalties } = perform({ seed: 1, behaviours: [always], forMs: 2_000 });
    expect([...penalties]).toEqual(
      expect.arrayContaining(["wrong-epoch", "bad-signature", "unknown-signer", "not-the-leader"]),
    );
  });

  test("changes nothing: no view is lost, nothing contradicts", () => {
    const performance = perform({ seed: 2, behaviours: [always] });
    expect(performance.gaveUp).toBe(0);
    expect(performance.evidence).toEqual([]);
  });

  test.each(seedsOfTheDay(2))("does not stop the others (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [oldEpochVoter] });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
