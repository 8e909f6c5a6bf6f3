// The verdict of a live run, from what was seen, what was declared and what the scenario expects.
// Safety: honest validators call the same blocks final with the same state, height by height, none of them ends by a safety
// halt, none is proven guilty. Liveness: a block within the time of 4f+8 views, always or from the last heal on.

import { viewTimeoutMs } from "../../consensus/index.ts";
import { quorumOf } from "../directory/index.ts";
import { dueViews, mayFail } from "../faults/index.ts";
import type { Expectations } from "../scenario/index.ts";
import { type Check, type Culprit, isSound, type Sight, type Verdict } from "../verdict/index.ts";
import type { Heal, Sightings, Split } from "./sightings.ts";

export type RunFacts = {
  readonly scenario: string;
  readonly seed: number;
  readonly validators: number;
  readonly tempo: Tempo;
  readonly expect: Expectations;
  /** Everything that was ever said to lie, in all its ways. */
  readonly liars: Verdict["liars"];
  /** They lied, or forgot unawares what they signed: what they say counts for nothing, and they may be proven guilty. */
  readonly dishonest: ReadonlySet<number>;
  /** Not the built-in one, which is deterministic. */
  readonly hasOwnApplication: boolean;
  readonly sightings: Sightings;
  readonly culprits: readonly Culprit[];
  readonly states: readonly Sight["state"][];
  readonly nowMs: number;
  readonly replay: string;
};

export function liveVerdict(facts: RunFacts): Verdict {
  const { scenario, seed, validators, liars, culprits, sightings, replay } = facts;
  const verdict: Omit<Verdict, "ok"> = {
    type: "verdict",
    scenario,
    backend: "live",
    seed,
    validators,
    liars,
    safety: hasSeenNothing(facts) ? [NOTHING_SEEN] : judged(facts, safetyOf(facts)),
    liveness: judged(facts, livenessOf(facts)),
    expectations: expectationsOf(facts),
    culprits,
    sights: sightsOf(facts),
    reached: {
      height: sightings.highest,
      transactions: sightings.transactions,
      ms: Math.round(facts.nowMs),
    },
    replay,
  };
  return { ...verdict, ok: isSound(verdict) };
}

/** Promises are made to the honest. */
function judged({ validators, dishonest }: RunFacts, checks: readonly Check[]): readonly Check[] {
  if (dishonest.size < validators) return checks;
  const what = "nobody honest is left to judge by";
  return checks.map(({ name }) => ({ name, ok: true, what }));
}

const NOTHING_SEEN: Check = {
  name: "observed",
  ok: false,
  what: "nothing was observed: no validator that counts showed a block",
};

/** Of those whose word counts. */
function hasSeenNothing({ sightings, states, dishonest }: RunFacts): boolean {
  const isNobodyHonest = dishonest.size >= states.length;
  const isHeard = states.some((_, index) => {
    return sightings.hasHeard(index) && (isNobodyHonest || !dishonest.has(index));
  });
  return sightings.heights === 0 || !isHeard;
}

export type Tempo = { readonly baseTimeoutMs: number; readonly emptyBlockIntervalMs: number };

/** 4f+8 views in a row, none of which brings a block, though each waits for something to order. */
export function patienceMs(
  validators: number,
  { baseTimeoutMs, emptyBlockIntervalMs }: Tempo,
): number {
  let ms = 0;
  for (let view = 0; view < dueViews(validators); view++) {
    ms += viewTimeoutMs({ baseTimeoutMs }, view) + emptyBlockIntervalMs;
  }
  return ms;
}

function safetyOf(facts: RunFacts): readonly Check[] {
  const { sightings, dishonest, expect, culprits } = facts;
  const isHonest = (validator: number) => !dishonest.has(validator);
  const mayBreak = expect.safety === "may-break";
  const count = `${sightings.heights} heights`;
  const hashes = sightings.hashSplits(isHonest);
  // What it called final before it found out is what it halted over.
  const hasHaltedAsExpected = (validator: number) =>
    expect.halted.includes(validator) && sightings.halts.has(validator);
  const roots = sightings.stateSplits((each) => isHonest(each) && !hasHaltedAsExpected(each));
  const skips = sightings.skips(isHonest);
  const halts = [...sightings.halts].filter(([index]) => isHonest(index));
  const unexpected = halts.filter(([index]) => !expect.halted.includes(index));
  const framed = culprits.filter(({ validator }) => isHonest(validator));
  return [
    {
      name: "agreement",
      ok: mayBreak || hashes.length === 0,
      what: splitSentence(hashes) ?? `the same blocks at ${count}`,
    },
    {
      name: "state-roots",
      ok: mayBreak || roots.length === 0,
      what: stateSentence(facts, roots, hashes) ?? "the same state after each of them",
    },
    {
      name: "contiguity",
      ok: skips.length === 0,
      what:
        skips.length === 0
          ? "no height twice, none left out"
          : skips
              .map(({ validator, height, expected }) => {
                return `v${validator} called ${height} final where ${expected} was next`;
              })
              .join("; "),
    },
    {
      name: "no-halt",
      ok: mayBreak || unexpected.length === 0,
      what:
        unexpected.length === 0
          ? "nobody honest ended by a safety halt"
          : unexpected.map(([index, why]) => `v${index} halted: ${why}`).join("; "),
    },
    {
      name: "no-double-sign",
      ok: framed.length === 0,
      what:
        framed.length === 0
          ? "nobody honest is proven guilty"
          : framed.map(({ validator, why }) => `honest v${validator} ${why}`).join("; "),
    },
  ];
}

function splitSentence(splits: readonly Split[]): string | undefined {
  const [first] = splits;
  if (first === undefined) return undefined;
  const sides = first.answers.map(({ text, by }) => `${names(by)} ${text.slice(0, 10)}`);
  return `at height ${first.height}: ${sides.join(", ")}`;
}

/** Where the blocks are the same and no state has a quorum, nobody is the odd one who halts. */
function stateSentence(
  { validators, hasOwnApplication }: RunFacts,
  roots: readonly Split[],
  hashes: readonly Split[],
): string | undefined {
  const sentence = splitSentence(roots);
  const isOdd = roots.some(({ height, answers }) => {
    const isForked = hashes.some((split) => split.height === height);
    return !isForked && answers.every(({ by }) => by.length < quorumOf(validators));
  });
  return hasOwnApplication && isOdd ? `${sentence}; ${NOT_DETERMINISTIC}` : sentence;
}

const NOT_DETERMINISTIC =
  "most likely the validators run an application that is not deterministic; `checkDeterminism` " +
  "from `quorate/testing` finds why";

function livenessOf(facts: RunFacts): readonly Check[] {
  const { sightings, expect, nowMs } = facts;
  const { heal } = sightings;
  const boundMs = patienceMs(facts.validators, facts.tempo);
  const { ms, height } = sightings.longestWait(nowMs);
  const isNothingSeen = sightings.heights === 0;
  const longest = isNothingSeen
    ? `no block in ${seconds(ms)}`
    : `at most ${seconds(ms)} from block to block, at height ${height}`;
  const isPromised = expect.progress === "always";
  const progress: Check = {
    name: "progress",
    ok: !isPromised || ms <= boundMs,
    what: isPromised
      ? `${longest}; ${seconds(boundMs)} would be too long`
      : `${longest}; nothing was promised${expect.progress === "none" ? "" : " while the faults lasted"}`,
  };
  // With more than f liars two honest ones may wait for each other for ever, on two sides of a fork.
  if (heal === undefined || expect.progress === "none") return [progress];
  return [progress, recoveryOf(facts, heal, boundMs)];
}

function recoveryOf(facts: RunFacts, heal: Heal, boundMs: number): Check {
  const { sightings, dishonest, states, nowMs, expect } = facts;
  const name = "recovery";
  const sinceMs = nowMs - heal.atMs;
  if (heal.nextBlockAtMs === undefined) {
    if (expect.safety === "may-break" && areTooFew(states)) {
      return { name, ok: true, what: "too few are left after the safety halts" };
    }
    const ok = sinceMs <= boundMs;
    return { name, ok, what: `no block in the ${seconds(sinceMs)} since the heal` };
  }
  const tookMs = heal.nextBlockAtMs - heal.atMs;
  const behind = states.flatMap((state, index) => {
    const at = sightings.statusOf(index)?.height ?? 0;
    const isBehind = !dishonest.has(index) && state === "running" && at <= heal.height;
    return isBehind ? [`v${index} at ${at}`] : [];
  });
  if (behind.length > 0 && sinceMs > boundMs) {
    return { name, ok: false, what: `still behind height ${heal.height}: ${behind.join(", ")}` };
  }
  const what = `a block ${seconds(tookMs)} after the heal`;
  return { name, ok: tookMs <= boundMs, what };
}

/** For a quorum: who halted does not come back by a heal. */
export function areTooFew(states: readonly Sight["state"][]): boolean {
  return states.filter((state) => state !== "halted").length < quorumOf(states.length);
}

function expectationsOf(facts: RunFacts): readonly Check[] {
  const { expect, culprits, dishonest, sightings } = facts;
  const proven = culprits.map(({ validator }) => validator);
  const checks: Check[] = [];
  if (expect.culprits.length > 0) {
    const missing = expect.culprits.filter((index) => !proven.includes(index));
    const what =
      missing.length === 0
        ? `${names(expect.culprits)} proven guilty`
        : `no proof against ${names(missing)}`;
    checks.push({ name: "culprits", ok: missing.length === 0, what });
  }
  if (expect.noOtherCulprits) {
    const others = proven.filter((index) => !expect.culprits.includes(index));
    const what = others.length === 0 ? "nobody else is" : `${names(others)} proven guilty, too`;
    checks.push({ name: "no-other-culprits", ok: others.length === 0, what });
  }
  if (expect.halted.length > 0) {
    const missing = expect.halted.filter((index) => !sightings.halts.has(index));
    const what =
      missing.length === 0 ? `${names(expect.halted)} halted` : `${names(missing)} did not halt`;
    checks.push({ name: "halted", ok: missing.length === 0, what });
  }
  const splits = sightings.hashSplits((index) => !dishonest.has(index));
  if (expect.safety === "may-break" && splits.length > 0) {
    const needed = mayFail(facts.validators) + 1;
    const what = `a fork, and ${proven.length} of at least ${needed} proven guilty`;
    checks.push({ name: "accountability", ok: proven.length >= needed, what });
  }
  return checks;
}

function sightsOf({ sightings, dishonest, states }: RunFacts): readonly Sight[] {
  return states.map((state, validator) => {
    const status = sightings.statusOf(validator);
    return {
      validator,
      isHonest: !dishonest.has(validator),
      state,
      height: status?.height ?? 0,
      view: status?.view ?? 0,
      block: status?.block,
      stateRoot: status?.stateRoot,
    };
  });
}

function names(indices: readonly number[]): string {
  return indices.map((index) => `v${index}`).join(" ");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
