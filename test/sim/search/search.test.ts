// Small slices of the three searches, another seed every day; and that a scenario runs the same way twice.

import { describe, expect, test } from "vitest";
import {
  LEADER_CHOICES,
  type LeaderChoiceName,
  RULE_SETS,
  type RuleSet,
  type RuleSetName,
} from "../../../consensus/index.ts";
import { view } from "../../../crypto/index.ts";
import { huntExhaustively, replayExhaustive } from "../../../devnet/sim/search/exhaustive.ts";
import { huntSchedules, replaySchedule } from "../../../devnet/sim/search/schedules.ts";
import { huntTwins, replayTwins } from "../../../devnet/sim/search/twins.ts";
import { huntWalks, replayWalk } from "../../../devnet/sim/search/walks.ts";

/** CI varies the seed with the day; a failing run names it and is replayed by setting it. */
const seed = Number(process.env.QUORATE_SEED ?? Math.floor(Date.now() / 86_400_000));

const RULES = Object.keys(RULE_SETS) as RuleSetName[];
const LEADERS = Object.keys(LEADER_CHOICES) as LeaderChoiceName[];

describe(`adversarial schedules (seed ${seed})`, () => {
  test.each(RULES)("do not break %s", (name) => {
    const report = huntSchedules({ seed, scenarios: 250, rules: RULE_SETS[name] });
    expect(report.finding).toBeUndefined();
    expect(report.views).toBeGreaterThan(report.scenarios);
  });

  test.each(LEADERS)("do not break commit votes under leaders by %s", (name) => {
    const report = huntSchedules({ seed, scenarios: 250, leaders: LEADER_CHOICES[name] });
    expect(report.finding).toBeUndefined();
  });

  test("convict f+1 validators wherever more than f liars break agreement", () => {
    const report = huntSchedules({ seed, scenarios: 500, validators: 4, liars: 2 });
    expect(report.finding).toBeUndefined();
  });

  test("run the same way twice", () => {
    const first = replaySchedule({ seed, scenario: 7 });
    expect(first.trace.length).toBeGreaterThan(0);
    expect(replaySchedule({ seed, scenario: 7 })).toEqual(first);
  });

  test("end when their caller's clock says so", () => {
    let looks = 0;
    const report = huntSchedules({ seed, until: () => ++looks > 3 });
    expect(report.scenarios).toBe(3);
  });
});

describe(`twins (seed ${seed})`, () => {
  test("break nothing in any scenario of one view", () => {
    const report = huntTwins({ seed, views: 1, isSystematic: true, scenarios: 1_000 });
    expect(report.finding).toBeUndefined();
    // Burnside's count and the enumeration agree.
    expect(report.scenarios).toBe(report.distinct);
  });

  test.each(RULES)("break nothing in scenarios of five views under %s", (name) => {
    const report = huntTwins({ seed, views: 5, scenarios: 120, rules: RULE_SETS[name] });
    expect(report.finding).toBeUndefined();
  });

  test("break nothing among seven validators, two of them twins", () => {
    const report = huntTwins({ seed, validators: 7, views: 5, scenarios: 30 });
    expect(report.finding).toBeUndefined();
  });

  test("run the same way twice", () => {
    const first = replayTwins({ seed, scenario: 3 });
    expect(first.trace.length).toBeGreaterThan(0);
    expect(replayTwins({ seed, scenario: 3 })).toEqual(first);
  });
});

describe("an exhaustive search", () => {
  test("finds nothing in all of two views that a liar leads", () => {
    const report = huntExhaustively({ views: 2, maxStates: 100_000 });
    expect(report.finding).toBeUndefined();
    expect(report.isComplete).toBe(true);
    expect(report.mergesWrong).toBe(0);
    expect(report.mergesChecked).toBeGreaterThan(10);
  });

  test("finds nothing among the first states with restarts", () => {
    const report = huntExhaustively({ views: 2, restarts: true, maxStates: 20_000 });
    expect(report.finding).toBeUndefined();
    expect(report.mergesWrong).toBe(0);
  });

  test("finds nothing among the first states of four views under round robin", () => {
    const report = huntExhaustively({ views: 4, leaders: "round-robin", maxStates: 20_000 });
    expect(report.finding).toBeUndefined();
    expect(report.mergesWrong).toBe(0);
  });

  test("covers the same states twice", () => {
    const options = { views: 1, maxStates: 1_000 } as const;
    expect(huntExhaustively(options)).toEqual(huntExhaustively(options));
    expect(replayExhaustive(options)).toEqual(replayExhaustive(options));
  });
});

describe(`random walks (seed ${seed})`, () => {
  test.each(RULES)("break nothing under %s", (name) => {
    const report = huntWalks({ seed, scenarios: 250, rules: RULE_SETS[name] });
    expect(report.finding).toBeUndefined();
  });

  test("run the same way twice", () => {
    const first = replayWalk({ seed, scenario: 12 });
    expect(first.trace.length).toBeGreaterThan(0);
    expect(replayWalk({ seed, scenario: 12 })).toEqual(first);
  });
});

describe("rules that are broken on purpose", () => {
  const sound: RuleSet = RULE_SETS["commit-votes"];
  /** A vote that forgets all votes and timeouts before it. */
  const forgetful: RuleSet = {
    ...sound,
    mayVote: (state, ...rest) => {
      return sound.mayVote({ ...state, lastVotedView: view(0) }, ...rest);
    },
  };
  /** Any certified block makes its parent final, whatever the views. */
  const gapped: RuleSet = {
    ...sound,
    finalBy: (qc, blockOf) => blockOf(qc.block)?.justify,
  };

  /** Votes in no view but the first three. */
  const lame: RuleSet = {
    ...sound,
    mayVote: (state, block, ...rest) => {
      return sound.mayVote(
        block.view > 3 ? { ...state, lastVotedView: block.view } : state,
        block,
        ...rest,
      );
    },
  };

  test.each([
    ["schedules", () => huntSchedules({ seed: 1, scenarios: 20, rules: lame })],
    ["twins", () => huntTwins({ seed: 1, scenarios: 20, rules: lame })],
  ])("are found by %s where the chain only stops", (_, hunt) => {
    expect(hunt().finding?.oracle).toBe("liveness");
  });

  test("are found by schedules, with a replay that shows it", () => {
    const { finding } = huntSchedules({ seed: 1, scenarios: 100, rules: forgetful });
    const scenario = Number(finding?.replay.split("/")[1]);
    const { oracle, what } = finding ?? {};
    const replayed = replaySchedule({ seed: 1, scenario, rules: forgetful });
    expect(replayed.finding).toEqual({ oracle, what });
  });

  test("are found by twins, with a replay that shows it", () => {
    const { finding } = huntTwins({ seed: 1, scenarios: 200, rules: forgetful });
    const scenario = Number(finding?.replay.split("/")[1]);
    const { oracle, what } = finding ?? {};
    expect(replayTwins({ seed: 1, scenario, rules: forgetful }).finding).toEqual({ oracle, what });
  });

  test("are found by the exhaustive search, with the steps to it", () => {
    const options = { views: 2, maxStates: 10_000, rules: forgetful } as const;
    const { finding } = huntExhaustively(options);
    const { oracle, what } = finding ?? {};
    const replayed = replayExhaustive(options);
    expect(replayed.finding).toEqual({ oracle, what });
    expect(replayed.trace.length).toBeGreaterThan(1);
  });

  test("are found by walks where the way to a fork is long", () => {
    const { finding } = huntWalks({ seed: 21, views: 5, scenarios: 1_000, rules: gapped });
    expect(finding?.oracle).toBe("agreement");
    const scenario = Number(finding?.replay.split("/")[1]);
    const replayed = replayWalk({ seed: 21, views: 5, scenario, rules: gapped });
    expect(replayed.finding?.what).toBe(finding?.what);
  });
});
