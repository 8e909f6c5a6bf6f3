import { describe, expect, test } from "vitest";
import { blockHash, genesisQc, Verifier } from "../../../consensus/index.ts";
import type { Height, View } from "../../../crypto/index.ts";
import type { Behaviour, Control } from "../../../devnet/behaviours/behaviour.ts";
import { lyingSync } from "../../../devnet/behaviours/lying-sync.ts";
import { WAYS, wrongAnswer } from "../../../devnet/behaviours/sync-lies.ts";
import type { Simulation } from "../../../devnet/sim/simulation.ts";
import { type Answer, acceptBlock, acceptRun, answer } from "../../../node/sync/index.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform, variant } from "./performance.ts";

const WAYS_TO_LIE = Array.from({ length: WAYS }, (_, way) => way);
/** Never honest, and always in one way. */
const liarOf = (way: number) => variant(lyingSync, [0, true, way]);

/** The first whom others ask: it signed most certificates, and stands first in them. */
const LIARS = [0];

/** Validator 3 misses a good deal, so that it has to ask. */
function awayForAWhile({ agenda, nodes }: Simulation): void {
  agenda.after(100, () => nodes[3]?.crash());
  agenda.after(900, () => nodes[3]?.start());
}

/** The answers of an honest validator to questions for its first blocks, and what the liar makes of them. */
function lies() {
  const controls: Control[] = [];
  const adopt: Behaviour["adopt"] = (given) => {
    controls.push(given);
    return {};
  };
  const { simulation } = perform({ seed: 1, behaviours: [{ ...lyingSync, adopt }] });
  const { validators, scheme, genesisBlock } = simulation.chain;
  const stored = simulation.nodes[0]?.disk.stored;
  const control = controls[0];
  if (stored === undefined || control === undefined) throw new Error("there is no liar");
  const genesis = genesisQc({ epoch: validators.epoch, block: genesisBlock });
  const certificates = () => ({ highQc: genesis });
  const nothing = { blockWithBodies: () => undefined, bodiesOf: () => [], certificates };
  const run = answer({ type: "blocks", from: 1 as Height }, nothing, stored);
  const last =
    run.type === "blocks" ? run.blocks.findLast(({ bodies }) => bodies.length > 0) : undefined;
  if (run.type !== "blocks" || last === undefined) throw new Error("there are no blocks");
  const hash = blockHash(last.block);
  return {
    run,
    hash,
    block: answer({ type: "block", hash }, nothing, stored),
    tell: (honest: Answer, way: number) => {
      return wrongAnswer(honest, way, { control, archive: run.blocks.slice(0, -1) });
    },
    tip: {
      hash: genesisBlock,
      height: 0 as Height,
      view: 0 as View,
      timestampMs: 0,
      stateRoot: genesisBlock,
    },
    verifier: new Verifier(validators, scheme, genesis),
  };
}

describe("a liar about blocks", () => {
  const { run, block, hash, tell, tip, verifier } = lies();

  test("is asked what honest validators answer soundly", () => {
    expect(acceptRun(run, { tip, verifier }).ok).toBe(true);
    expect(block.type === "block" && acceptBlock(block, hash).ok).toBe(true);
  });

  test.each(WAYS_TO_LIE)("offers no run of blocks that can be accepted (way %i)", (way) => {
    const lie = tell(run, way);
    expect(lie?.type === "blocks" && acceptRun(lie, { tip, verifier }).ok).toBe(false);
  });

  test.each(WAYS_TO_LIE)("offers no block that can be accepted (way %i)", (way) => {
    const lie = tell(block, way);
    expect(lie?.type === "block" && acceptBlock(lie, hash).ok).toBe(false);
  });

  test.each(WAYS_TO_LIE)("is not believed, and one honest peer is enough (way %i)", (way) => {
    let asked = 0;
    const performance = perform({
      ...{ seed: way, liars: LIARS, behaviours: [liarOf(way)], forMs: 1_300 },
      prepare: (simulation) => {
        awayForAWhile(simulation);
        simulation.watch((seen) => {
          if (seen.type === "heard" && seen.by === 0 && seen.message === "question") asked += 1;
        });
      },
    });
    expect(asked).toBeGreaterThan(0);
    expect(performance.goesOn(2)).toBe(true);
    expect(performance.violations).toEqual([]);
  });

  test("tells of tips that do not exist", () => {
    const performance = perform({ seed: 1, behaviours: [lyingSync] });
    const heights = messagesOf(performance, "decision").map(({ cert }) => cert.height);
    expect(Math.max(...heights)).toBeGreaterThan(performance.simulation.highestHeight());
    expect(performance.penalties).toContain("below-quorum");
  });

  test.each(seedsOfTheDay(2))("does not stop the others (seed %i)", (seed) => {
    const performance = perform({
      ...{ seed, liars: LIARS, behaviours: [lyingSync], forMs: 1_300 },
      prepare: awayForAWhile,
    });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
