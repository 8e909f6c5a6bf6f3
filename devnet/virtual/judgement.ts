// From a chronicle to a verdict: what was checked, who is proven guilty by which two messages, and what each one saw.

import { type Message, messageCodec } from "../../consensus/index.ts";
import { encode, toHex } from "../../crypto/index.ts";
import type { Standing, Victim } from "../faults/index.ts";
import type { Expectations } from "../scenario/index.ts";
import type { Simulation } from "../sim/index.ts";
import { type Check, type Culprit, type Sight, statementText } from "../verdict/index.ts";
import type { Chronicle } from "./chronicle.ts";

export type Case = {
  readonly simulation: Simulation;
  readonly chronicle: Chronicle;
  readonly standing: Standing;
};

/** What each check found where it found nothing wrong. */
const SAFETY: readonly (readonly [name: string, found: string])[] = [
  ["contiguity", "each validator's final blocks follow one another, restarts included"],
  ["state-roots", "every certificate is for the block and the state that its holder has"],
  ["validity", "every final block is one that an honest validator may vote for"],
  ["at-most-once", "no transaction took effect twice or out of order"],
  ["conservation", "no money was made or lost"],
  ["no-double-sign", "no honest validator contradicted itself"],
  ["evidence", "nobody honest was accused, and every proof stands"],
  ["halts", "no honest validator stopped for good"],
  ["no-crash", "no assertion failed"],
  ["memory", "pools, blocks and queues stayed within their limits"],
];

export function safetyChecks(given: Case, expect: Expectations): Check[] {
  const { chronicle } = given;
  const rest = SAFETY.map(([name, found]) => {
    return name === "halts" ? halts(given, expect, found) : checkOf(chronicle, name, found);
  });
  return [agreement(given, expect), ...rest, accountability(chronicle)];
}

function agreement(given: Case, expect: Expectations): Check {
  const { chronicle, standing } = given;
  const { fork, divergences, height } = chronicle;
  const name = "agreement";
  // Until it finds out, it calls blocks final with the state that it has.
  const isExpected = (each: Victim) =>
    expect.halted.includes(each) && chronicle.halts.get(each)?.reason === "state-diverged";
  const divergence = [...divergences.values()].find(({ between }) => !between.some(isExpected));
  const broken = fork ?? divergence?.what;
  if (broken === undefined) {
    const what = `honest validators have the same blocks and states, up to height ${height}`;
    return { name, ok: true, what };
  }
  const mayBreak = expect.safety === "may-break" && !standing.isWithinBounds;
  if (mayBreak) return { name, ok: true, what: `${broken}, as more than f may bring about` };
  return { name, ok: false, what: fork ?? `${broken}${likelyCause(given)}` };
}

/** Of honest validators. Who was expected to stop, of a machine of its own that differs, say, breaks no promise. */
function halts(given: Case, { halted }: Expectations, found: string): Check {
  const { violations, halts: known } = given.chronicle;
  const all = violations.get("halts") ?? [];
  const wrong = all.filter(({ by }) => by === undefined || !halted.includes(by));
  if (wrong.length === 0) {
    const what = all.length === 0 ? found : "no honest validator stopped for good unexpectedly";
    return { name: "halts", ok: true, what };
  }
  const hasDiverged = wrong.some(({ by }) => {
    return by !== undefined && known.get(by)?.reason === "state-diverged";
  });
  const what = wrong.map((each) => each.what).join("; ");
  return { name: "halts", ok: false, what: hasDiverged ? `${what}${likelyCause(given)}` : what };
}

/** Why states differ where the blocks do not, with an application of somebody's own. */
function likelyCause({ simulation }: Case): string {
  const { application } = simulation.chain.options;
  if (application === undefined) return "";
  const finds = "`checkDeterminism` from `quorate/testing` finds why";
  return `; most likely the application is not deterministic: ${finds}`;
}

function accountability({ fork, guilty, violations }: Chronicle): Check {
  const names = [...guilty.keys()].sort((left, right) => left - right).map((each) => `v${each}`);
  const proven = names.length === 0 ? "nobody" : names.join(", ");
  const found =
    fork === undefined
      ? `what was signed convicts ${proven}, and nobody honest`
      : `for the fork, what was signed convicts ${proven}`;
  return checkOf({ violations }, "accountability", found);
}

export function checkOf(
  { violations }: Pick<Chronicle, "violations">,
  name: string,
  found: string,
): Check {
  const wrong = violations.get(name);
  return {
    ...{ name, ok: wrong === undefined },
    what: wrong?.map(({ what }) => what).join("; ") ?? found,
  };
}

// --- Expectations ------------------------------------------------------------------------------------------------

export function expectationChecks(
  { chronicle }: Case,
  expect: Expectations,
  culprits: readonly Culprit[],
): Check[] {
  const proven = culprits.map(({ validator }) => validator);
  const missing = expect.culprits.filter((each) => !proven.includes(each));
  const others = proven.filter((each) => !expect.culprits.includes(each));
  const checks: Check[] = [];
  if (expect.culprits.length > 0) {
    const ok = missing.length === 0;
    const what = ok
      ? `${listed(expect.culprits)} proven guilty`
      : `${listed(missing)} not proven guilty; proven: ${listed(proven)}`;
    checks.push({ name: "culprits", ok, what });
  }
  if (expect.noOtherCulprits) {
    const ok = others.length === 0;
    const what = ok ? "nobody else is accused" : `${listed(others)} proven guilty as well`;
    checks.push({ name: "no-other-culprits", ok, what });
  }
  if (expect.halted.length > 0) {
    const going = expect.halted.filter((each) => !chronicle.halts.has(each));
    const reasons = expect.halted.map((each) => {
      const halt = chronicle.halts.get(each);
      return halt === undefined ? "" : `v${each}: ${halt.reason} at height ${halt.height}`;
    });
    const ok = going.length === 0;
    const what = ok ? reasons.join("; ") : `${listed(going)} did not stop`;
    checks.push({ name: "halted", ok, what });
  }
  return checks;
}

function listed(validators: readonly Victim[]): string {
  return validators.length === 0 ? "nobody" : validators.map((each) => `v${each}`).join(", ");
}

// --- Culprits ----------------------------------------------------------------------------------------------------

/** What honest engines found themselves, and then what an onlooker can prove from all that was signed. */
export function culpritsOf({ chronicle }: Case): readonly Culprit[] {
  const found = new Map<Victim, Culprit>();
  for (const [validator, { evidence, heldBy }] of chronicle.evidence) {
    const { first, second, view } = evidence;
    const why = `signed two ${first.type}s in view ${view}`;
    found.set(validator, culprit({ validator, why, first, second, heldBy }));
  }
  for (const [validator, { first, second, why }] of chronicle.guilty) {
    if (found.has(validator)) continue;
    const pair = { first: first.message(), second: second.message() };
    const isDouble = first.kind === second.kind && first.view === second.view;
    const reason = isDouble ? `signed two ${first.kind}s in view ${first.view}` : why;
    found.set(validator, culprit({ validator, why: reason, ...pair, heldBy: new Set() }));
  }
  return [...found.values()].sort((left, right) => left.validator - right.validator);
}

type Proof = {
  readonly validator: Victim;
  readonly why: string;
  readonly first: Message;
  readonly second: Message;
  readonly heldBy: ReadonlySet<Victim>;
};

function culprit({ validator, why, first, second, heldBy }: Proof): Culprit {
  return {
    validator,
    why,
    messages: [toHex(encode(messageCodec, first)), toHex(encode(messageCodec, second))],
    statements: [statementText(first), statementText(second)],
    heldBy: [...heldBy].sort((left, right) => left - right),
  };
}

// --- Sights ------------------------------------------------------------------------------------------------------

export function sightsOf({ simulation, chronicle, standing }: Case): readonly Sight[] {
  return simulation.validators.map((each): Sight => {
    const { node: validator, replica } = each;
    const last = replica?.status.tip ?? chronicle.lastFinals.get(validator);
    return {
      validator,
      isHonest: standing.isHonest(validator),
      state: stateOf(each),
      height: each.height(),
      view: replica?.status.view ?? chronicle.views.get(validator) ?? 0,
      block: last && toHex(last.hash),
      stateRoot: last && toHex(last.stateRoot),
    };
  });
}

type Node = Simulation["validators"][number];

export function stateOf({ hasHalted, isRunning, isHeld }: Node): Sight["state"] {
  if (hasHalted) return "halted";
  if (!isRunning) return "down";
  return isHeld ? "paused" : "running";
}
