// Attacks on bare engines, by name: no ledger, no pool, no disk, and ten times as many views a second as with them. One
// seed is one batch of scenarios.

import {
  LEADER_CHOICES,
  type LeaderChoiceName,
  RULE_SETS,
  type RuleSetName,
} from "../../consensus/index.ts";
import { randomStream } from "../random/index.ts";
import { huntExhaustively, replayExhaustive } from "./search/exhaustive.ts";
import type { HuntReport, Replay } from "./search/hunt.ts";
import { huntSchedules, replaySchedule } from "./search/schedules.ts";
import { huntTwins, replayTwins } from "./search/twins.ts";
import { huntWalks, replayWalk } from "./search/walks.ts";

export type SweepOptions = {
  readonly seed: number;
  readonly rules?: RuleSetName;
  readonly leaders?: LeaderChoiceName;
  /** Instead of the size of a batch. */
  readonly until?: () => boolean;
};

export type Sweep = {
  readonly summary: string;
  readonly run: (options: SweepOptions) => HuntReport;
  /** The trace of the scenario with this number in the batch of this seed. */
  readonly replay: (options: SweepOptions, scenario: number) => Replay;
};

const SCHEDULES = 25;
const WALKS = 100;
const WALKED_VIEWS = 5;
const TWINS = 25;
const EXHAUSTED = { views: 2, restarts: true };
const MAX_STATES = 1_000_000;

export const SWEEPS: ReadonlyMap<string, Sweep> = new Map<string, Sweep>([
  [
    "schedules",
    {
      summary: "bare engines: message orders and timeouts that only an adversary would choose",
      run: (options) => huntSchedules({ ...quarryOf(options), ...budgetOf(options, SCHEDULES) }),
      replay: (options, scenario) => replaySchedule({ ...quarryOf(options), scenario }),
    },
  ],
  [
    "walks",
    {
      summary: "bare engines: random deep walks over what a liar that leads every view can do",
      run: (options) => {
        const walk = { ...quarryOf(options), views: WALKED_VIEWS };
        return huntWalks({ ...walk, ...budgetOf(options, WALKS) });
      },
      replay: (options, scenario) => {
        return replayWalk({ ...quarryOf(options), views: WALKED_VIEWS, scenario });
      },
    },
  ],
  [
    "twins",
    {
      summary: "bare engines: validators that run twice, partitions and leaders view by view",
      run: (options) => huntTwins({ ...quarryOf(options), ...budgetOf(options, TWINS) }),
      replay: (options, scenario) => replayTwins({ ...quarryOf(options), scenario }),
    },
  ],
  [
    "exhaustive",
    {
      summary: "bare engines: every state that a liar of four can bring about in two views",
      run: (options) => {
        const { rules } = quarryOf(options);
        const { until } = options;
        const bound = until === undefined ? { maxStates: MAX_STATES } : { until };
        return huntExhaustively({ rules, ...EXHAUSTED, ...bound });
      },
      replay: (options) => {
        const { rules } = quarryOf(options);
        return replayExhaustive({ rules, ...EXHAUSTED, maxStates: MAX_STATES });
      },
    },
  ],
]);

/** Rules, leaders and kind of attack of a seed in the campaign; the exhaustive search, which knows no seed, is left out. */
export function drawSweep(seed: number): {
  readonly name: string;
  readonly options: SweepOptions & {
    readonly rules: RuleSetName;
    readonly leaders: LeaderChoiceName;
  };
} {
  const random = randomStream(seed, "sweep");
  const name = random.pick(["schedules", "schedules", "walks", "twins"]);
  const rules = random.pick(["commit-votes", "commit-votes", "two-chain", "three-chain"] as const);
  const leaders = random.pick(["round-robin", "reputation"] as const);
  return { name, options: { seed, rules, leaders } };
}

function quarryOf({ seed, rules = "commit-votes", leaders = "round-robin" }: SweepOptions) {
  return { seed, rules: RULE_SETS[rules], leaders: LEADER_CHOICES[leaders] };
}

function budgetOf({ until }: SweepOptions, scenarios: number) {
  return until === undefined ? { scenarios } : { until };
}
