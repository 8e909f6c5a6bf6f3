import { describe, expect, test } from "vitest";
import type { RuleSetName } from "../../../consensus/index.ts";
import type { Height } from "../../../crypto/index.ts";
import type { Observation } from "../../../devnet/sim/observation.ts";
import { createOracles } from "../../../devnet/sim/oracles/index.ts";
import { liveness } from "../../../devnet/sim/oracles/liveness.ts";
import { memory } from "../../../devnet/sim/oracles/memory.ts";
import type { Premises } from "../../../devnet/sim/oracles/oracle.ts";
import {
  at,
  beyondBounds,
  final,
  History,
  otherHash,
  premises,
  timeout,
  vote,
} from "./fixtures.ts";

const history = new History();
const blocks = [history.add(), history.add()] as const;
const starts = [0, 1, 2, 3].map((node) => at(node, { type: "started", height: 0 }));
const MAX_VIEW = 3;
/** 4f+8 further. */
const LAST_VIEW = MAX_VIEW + 12;

function judged(
  before: readonly Observation[],
  after: readonly Observation[],
  given: Premises = premises(),
): readonly string[] {
  const violations: string[] = [];
  const oracle = liveness(given, (violation) => violations.push(violation));
  for (const seen of before) oracle.observe(seen);
  oracle.healed(1_000, MAX_VIEW);
  for (const seen of after) oracle.observe(seen);
  oracle.conclude?.();
  return violations;
}

const view = (node: number, entered: number, atMs = 1_100) =>
  at(node, { type: "view", view: entered }, atMs);
const all = [0, 1, 2, 3].map((node) => final(node, blocks[0]));

describe("liveness", () => {
  test("passes a new block in the last view that is allowed", () => {
    expect(judged(starts, [view(0, LAST_VIEW), ...all, view(0, LAST_VIEW + 1)])).toEqual([]);
  });

  test("reports a view too many without a new block", () => {
    expect(judged(starts, [view(2, LAST_VIEW + 1), ...all])).toEqual([
      "v2 enters view 16 at height 0, and a new block was due by view 15",
    ]);
  });

  test("does not count a block that was final before the heal", () => {
    const again = [at(1, { type: "started", height: 0 }), final(1, blocks[0])];
    const told = judged([...starts, ...all], [...again, view(2, LAST_VIEW + 1)]);
    expect(told).toEqual(["v2 enters view 16 at height 1, and a new block was due by view 15"]);
  });

  test("counts from the highest view that anybody honest was ever in", () => {
    expect(judged([...starts, view(0, 9)], [view(0, LAST_VIEW + 6), ...all])).toEqual([]);
  });

  test("reports a chain that stands still", () => {
    const told = judged(starts, [view(0, 4, 1_500), at(0, { type: "gave-up", view: 4 }, 9_000)]);
    expect(told).toEqual([
      "no new block since the heal, from 1000 to 9000 ms: height 0, view 4; nothing changed in the last 7500 ms",
    ]);
  });

  test("reports an honest node that never catches up", () => {
    expect(judged(starts, all.slice(0, 3))[0]).toContain("v3 ends at height 0, the others at 1");
  });

  test("excuses a gap that a rule set without commit votes cannot close, and no smaller one", () => {
    const told = (rules: RuleSetName, height: number) => {
      const block = { ...blocks[0].block, height: height as Height };
      const tip = { ...blocks[0], block };
      return judged(
        starts,
        [0, 1, 2].map((node) => final(node, tip)),
        premises({ rules }),
      ).length;
    };
    expect([told("two-chain", 1_024), told("two-chain", 1_025)]).toEqual([1, 0]);
    expect(told("commit-votes", 1_025)).toBe(1);
  });

  test("waits for no node that is down", () => {
    const down = at(3, { type: "crashed", why: "killed" });
    expect(judged(starts, [down, ...all.slice(0, 3)])).toEqual([]);
  });

  test("promises nothing with too many liars, nor of liars", () => {
    expect(judged(starts, [view(0, LAST_VIEW + 1)], beyondBounds())).toEqual([]);
    const given = premises({ isHonest: (node) => node !== 3 });
    expect(judged(starts, [view(3, LAST_VIEW + 1), ...all.slice(0, 3)], given)).toEqual([]);
  });
});

describe("memory", () => {
  const sampled = (changes: object, given = premises()) => {
    const violations: string[] = [];
    const { sample } = memory(given, (violation) => violations.push(violation));
    sample({ by: 1, pool: 50_000, blocks: 1_024, agenda: 200_000, ...changes });
    return violations;
  };

  test("passes what is just within bounds", () => {
    expect(sampled({})).toEqual([]);
  });

  test.each([
    { changes: { pool: 50_001 }, told: "v1 holds pending transactions: 50001, limit 50000" },
    { changes: { blocks: 1_025 }, told: "v1 holds unfinal blocks: 1025, limit 1024" },
    { changes: { agenda: 200_001 }, told: "things on the agenda: 200001, limit 200000" },
  ])("reports $told", ({ changes, told }) => {
    expect(sampled(changes)).toEqual([told]);
  });

  test("does not look into a liar", () => {
    expect(sampled({ pool: 50_001 }, premises({ isHonest: () => false }))).toEqual([]);
  });
});

describe("all oracles together", () => {
  function together(given: Premises = premises()) {
    const told: string[] = [];
    const oracles = createOracles(given, (oracle, what) => told.push(`${oracle}: ${what}`));
    return { oracles, told };
  }

  test("name the one that reports", () => {
    const { oracles, told } = together();
    oracles.observe(final(0, { ...blocks[0], hash: otherHash(7) }));
    oracles.sample({ by: 0, pool: 60_000, blocks: 0, agenda: 0 });
    expect(told.map((line) => line.split(":")[0])).toContain("validity");
    expect(told.at(-1)).toMatch(/^memory: /);
  });

  test("ask for progress only of a run that nothing cut short", () => {
    const { oracles, told } = together();
    for (const seen of starts) oracles.observe(seen);
    oracles.healed(1_000, MAX_VIEW);
    oracles.sample({ by: 0, pool: 60_000, blocks: 0, agenda: 0 });
    oracles.conclude();
    expect(told).toHaveLength(1);
    const calm = together();
    calm.oracles.healed(1_000, MAX_VIEW);
    calm.oracles.conclude();
    expect(calm.told[0]).toMatch(/^liveness: no new block/);
  });

  test("pay no heed to faults of the network, and name culprits", () => {
    const isHonest = (node: number) => {
      if (node < 0) throw new Error("the network is no node");
      return node < 3;
    };
    const { oracles, told } = together(premises({ isHonest }));
    oracles.observe(at(-1, { type: "fault", what: "a partition" }));
    const [{ block }] = blocks;
    const other = { ...block, payload: otherHash(6) };
    for (const message of [vote(3, block), vote(3, other), timeout(3, 1)]) {
      oracles.observe(at(3, { type: "signed", message }));
    }
    expect([...oracles.culprits().keys()]).toEqual([3]);
    oracles.conclude();
    expect(told).toEqual([]);
  });
});
