// A scenario out of a tree: every key with its range and its default. Whether the cast can play it is for cast.ts.

import { type FaultVerb, MAX_VALIDATORS } from "../faults/index.ts";
import { ANYTHING, type Doubt } from "./doubt.ts";
import {
  type CommandDesk,
  choiceIn,
  type Desk,
  doubtfulKeys,
  durationIn,
  fieldsOf,
  itemsIn,
  type Located,
  textIn,
  validatorsIn,
  wholeIn,
  yesIn,
} from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type MomentPlaces, NO_TIMELINE, readTimeline, type Span } from "./moments.ts";
import { DRAWN_VERBS } from "./random-mix.ts";
import type { Expectations, RandomMix, Scenario } from "./scenario.ts";
import type { Entry, Place, Tree } from "./tree.ts";

/** A scenario as far as it can be read, its values in their ranges, and where they stand. */
export type Draft = {
  readonly scenario: Scenario;
  /**
   * Keys with something wrong in them, those of `expect` as `expect.safety`: what stands for those in the scenario is not what
   * the author means. Of the timeline, `doubts` tells more.
   */
  readonly inDoubt: ReadonlySet<string>;
  /** What may happen in the timeline beside what could be read. */
  readonly doubts: readonly Doubt[];
  /** It has happened already: more than one would ask for may be in it. */
  readonly isRecorded: boolean;
  readonly places: {
    readonly validators: Place;
    /** In step with the timeline. */
    readonly moments: readonly MomentPlaces[];
    /** The times of all moments whose times could be read, whatever they do. */
    readonly spans: readonly Span[];
    readonly random: Place;
    readonly culprits: readonly Located<number>[];
    readonly halted: readonly Located<number>[];
  };
};

export const DEFAULTS = {
  story: "",
  validators: 4,
  seed: 1,
  baseTimeoutMs: 500,
  leaders: "round-robin",
  load: { perSecond: 10 },
  durationMs: 20_000,
  safety: "holds",
  progress: "after-heal",
} as const;

export const DEFAULT_VERBS: readonly FaultVerb[] = ["kill", "pause", "partition", "delay", "lose"];

export const SCENARIO_KEYS = [
  "name",
  "story",
  "recorded",
  "validators",
  "seed",
  "baseTimeout",
  "leaders",
  "load",
  "duration",
  "timeline",
  "random",
  "expect",
];
export const EXPECT_KEYS = ["safety", "progress", "culprits", "noOtherCulprits", "halted"];
const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Whatever is wrong goes to `problems`. */
export function readScenario(
  tree: Tree,
  { problems, ways }: Desk & { readonly ways: readonly string[] },
): Draft {
  const fields = fieldsOf(tree, SCENARIO_KEYS, { problems });
  const inDoubt = new Set(doubtfulKeys(tree, SCENARIO_KEYS));
  /** The value of a key, or what stands for it when it is left away. */
  const read = <T>(key: string, fallback: T, from: (value: Tree) => T | undefined): T => {
    const entry = fields.get(key);
    const { count } = problems;
    const value = entry && from(entry.value);
    if (problems.count > count) inDoubt.add(key);
    return value ?? fallback;
  };
  const name = readName(tree, fields.get("name"), { problems });
  const story = read("story", DEFAULTS.story, (value) => {
    return textIn(value, { max: LIMITS.storyCharacters, problems });
  });
  const validators = read<number>("validators", DEFAULTS.validators, (value) => {
    return wholeIn(value, { ...LIMITS.validators, problems });
  });
  // A wrong number of validators is one complaint, not one for each of them.
  const most = inDoubt.has("validators") ? MAX_VALIDATORS : validators;
  const reading: CommandDesk = { problems, ways, validators: most };
  const durationMs = read<number>("duration", DEFAULTS.durationMs, (value) => {
    return durationIn(value, { ...LIMITS.durationMs, problems });
  });
  const isTimelineKnown = !inDoubt.has("timeline");
  const timeline = read("timeline", NO_TIMELINE, (value) => readTimeline(value, reading));
  const expected = fields.get("expect");
  const expect = expected ? readExpectations(expected.value, reading) : NOTHING_SPECIAL;
  for (const key of expect.inDoubt) inDoubt.add(`expect.${key}`);
  const isRecorded = read("recorded", false, (value) => yesIn(value, { problems }));
  const scenario: Scenario = {
    name,
    story,
    validators,
    seed: read<number>("seed", DEFAULTS.seed, (value) => {
      return wholeIn(value, { ...LIMITS.seed, problems });
    }),
    baseTimeoutMs: read<number>("baseTimeout", DEFAULTS.baseTimeoutMs, (value) => {
      return durationIn(value, { ...LIMITS.baseTimeoutMs, problems });
    }),
    leaders: read<Scenario["leaders"]>("leaders", DEFAULTS.leaders, (value) => {
      return choiceIn(value, { choices: ["round-robin", "reputation"], problems });
    }),
    load: read<Scenario["load"]>("load", DEFAULTS.load, (value) => readLoad(value, { problems })),
    timeline: timeline.located.map(({ moment }) => moment),
    random: read<RandomMix | undefined>("random", undefined, (value) => {
      const longestMs = inDoubt.has("duration") ? LIMITS.durationMs.max : durationMs;
      return readRandom(value, { problems, durationMs: longestMs });
    }),
    durationMs,
    expect: expect.expectations,
  };
  const nowhere = tree.place;
  const places = {
    validators: fields.get("validators")?.value.place ?? nowhere,
    moments: timeline.located.map(({ places: found }) => found),
    spans: timeline.spans,
    random: fields.get("random")?.place ?? nowhere,
    culprits: expect.culprits,
    halted: expect.halted,
  };
  const doubts = isTimelineKnown ? timeline.doubts : [ANYTHING];
  return { scenario, inDoubt, doubts, isRecorded, places };
}

function readName(tree: Tree, entry: Entry | undefined, { problems }: Desk): string {
  if (entry === undefined) {
    if (tree.kind === "map") problems.add(tree.place, "the key name is missing");
    return "";
  }
  const name = textIn(entry.value, { max: LIMITS.nameCharacters, problems });
  if (name !== undefined && !NAME.test(name)) {
    const what = "a name is small letters, digits and single hyphens between them";
    const near = name
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join("-");
    problems.add(entry.value.place, what, near);
  }
  return name ?? "";
}

function readLoad(tree: Tree, { problems }: Desk): Scenario["load"] | undefined {
  const rate = fieldsOf(tree, ["perSecond"], { problems }).get("perSecond");
  if (rate === undefined) {
    if (tree.kind === "map") problems.add(tree.place, "the key perSecond is missing");
    return undefined;
  }
  const perSecond = wholeIn(rate.value, { ...LIMITS.perSecond, problems });
  return perSecond === undefined ? undefined : { perSecond };
}

function readRandom(
  tree: Tree,
  { problems, durationMs }: Desk & { readonly durationMs: number },
): RandomMix | undefined {
  const fields = fieldsOf(tree, ["commands", "verbs", "until"], { problems });
  const [count, list, end] = [fields.get("commands"), fields.get("verbs"), fields.get("until")];
  if (count === undefined && tree.kind === "map") {
    problems.add(tree.place, "the key commands is missing");
  }
  const commands = count && wholeIn(count.value, { ...LIMITS.randomCommands, problems });
  const verbs = list === undefined ? DEFAULT_VERBS : readVerbs(list.value, { problems });
  const range = { min: LIMITS.durationMs.min, max: durationMs };
  const untilMs =
    end === undefined
      ? Math.round((durationMs * 3) / 4)
      : durationIn(end.value, { ...range, problems });
  if (commands === undefined || untilMs === undefined) return undefined;
  return { commands, verbs, untilMs };
}

function readVerbs(tree: Tree, { problems }: Desk): readonly FaultVerb[] {
  const verbs: FaultVerb[] = [];
  const items = itemsIn(tree, { max: DRAWN_VERBS.length, of: "verbs", problems });
  if (tree.kind === "list" && tree.items.length === 0) {
    problems.add(tree.place, "a mix of no verbs: name one, or leave verbs away");
  }
  for (const item of items) {
    const verb = choiceIn(item, { choices: DRAWN_VERBS, problems });
    if (verb === undefined) continue;
    if (verbs.includes(verb)) problems.add(item.place, `${verb} is there twice`);
    verbs.push(verb);
  }
  return verbs;
}

type LocatedExpectations = {
  readonly inDoubt: ReadonlySet<string>;
  readonly expectations: Expectations;
  readonly culprits: readonly Located<number>[];
  readonly halted: readonly Located<number>[];
};

const NOTHING_SPECIAL: LocatedExpectations = {
  inDoubt: new Set(),
  expectations: {
    safety: DEFAULTS.safety,
    progress: DEFAULTS.progress,
    culprits: [],
    noOtherCulprits: true,
    halted: [],
  },
  culprits: [],
  halted: [],
};

function readExpectations(tree: Tree, { problems, validators }: CommandDesk): LocatedExpectations {
  const none: readonly Located<number>[] = [];
  const fields = fieldsOf(tree, EXPECT_KEYS, { problems });
  const inDoubt = new Set(doubtfulKeys(tree, EXPECT_KEYS));
  const read = <T>(key: string, fallback: T, from: (value: Tree) => T | undefined): T => {
    const field = fields.get(key);
    const { count } = problems;
    const value = field && from(field.value);
    if (problems.count > count) inDoubt.add(key);
    return value ?? fallback;
  };
  const indices = (value: Tree) => validatorsIn(value, { validators, problems });
  const culprits = read("culprits", none, indices);
  const halted = read("halted", none, indices);
  const expectations: Expectations = {
    safety: read<Expectations["safety"]>("safety", DEFAULTS.safety, (value) => {
      return choiceIn(value, { choices: ["holds", "may-break"], problems });
    }),
    progress: read<Expectations["progress"]>("progress", DEFAULTS.progress, (value) => {
      return choiceIn(value, { choices: ["always", "after-heal", "none"], problems });
    }),
    culprits: culprits.map(({ value }) => value),
    noOtherCulprits: read("noOtherCulprits", true, (value) => yesIn(value, { problems })),
    halted: halted.map(({ value }) => value),
  };
  return { inDoubt, expectations, culprits, halted };
}
