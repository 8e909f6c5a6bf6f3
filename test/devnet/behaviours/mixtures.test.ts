import { describe, expect, test } from "vitest";
import { badPayloads } from "../../../devnet/behaviours/bad-payloads.ts";
import type { Behaviour } from "../../../devnet/behaviours/behaviour.ts";
import { colluder } from "../../../devnet/behaviours/colluder.ts";
import { farFuture } from "../../../devnet/behaviours/far-future.ts";
import { forkingLeader } from "../../../devnet/behaviours/forking-leader.ts";
import { lyingSync } from "../../../devnet/behaviours/lying-sync.ts";
import { oldEpochVoter } from "../../../devnet/behaviours/old-epoch-voter.ts";
import { partialSender } from "../../../devnet/behaviours/partial-sender.ts";
import { slowLeader } from "../../../devnet/behaviours/slow-leader.ts";
import { wrongStateRoot } from "../../../devnet/behaviours/wrong-state-root.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform, variant } from "./performance.ts";

const ROUGH = { minDelayMs: 1, maxDelayMs: 40, loss: 0.05, duplication: 0.05 };

/** Each makes the next one worse. */
const MIXTURES: readonly (readonly Behaviour[])[] = [
  // Blocks full of stale transactions, whose bodies few have, and about which the proposer lies.
  [badPayloads, partialSender, lyingSync],
  // Hidden certificates that come late, and votes for whatever comes of it.
  [forkingLeader, slowLeader, colluder],
  // Lies that are retold in the name of other epochs, to some.
  [farFuture, wrongStateRoot, oldEpochVoter, partialSender],
];

const CASES = MIXTURES.flatMap((behaviours) =>
  seedsOfTheDay(2).map((seed) => ({
    names: behaviours.map(({ name }) => name).join(" and "),
    behaviours,
    seed,
  })),
);

describe("a liar in several ways at once", () => {
  test("retells its own lies: what one behaviour lets out goes through the next", () => {
    const behaviours = [
      variant(wrongStateRoot, [1, 1, true, false]),
      variant(partialSender, ["never", 0.5, true, false, false]),
    ];
    const performance = perform({ seed: 1, behaviours });
    const honest = new Set(
      performance.signed.flatMap(({ message }) =>
        message.type === "commit-vote" ? [message.content.stateRoot.join()] : [],
      ),
    );
    const told = messagesOf(performance, "commit-vote");
    expect(told.length).toBeGreaterThan(5);
    expect(told.filter(({ content }) => honest.has(content.stateRoot.join()))).toEqual([]);
    expect(new Set(performance.sent.map(({ to }) => to))).toEqual(new Set([0]));
  });

  test.each(CASES)("$names: the others agree and go on (seed $seed)", ({ behaviours, seed }) => {
    const performance = perform({ seed, behaviours, mood: ROUGH, forMs: 600 });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
