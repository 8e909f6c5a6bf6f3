// The finish line: new blocks, soon. What a chain owes once it can be expected to move, in views and in time.

import { dueViews, type Victim } from "../faults/index.ts";
import type { Expectations } from "../scenario/index.ts";
import type { Check } from "../verdict/index.ts";
import type { Case } from "./judgement.ts";
import { whatIsMissing } from "./stuck.ts";

/** So many more than there were. */
const NEW_BLOCKS = 2;

/** Longer than so many views can take, if views end at all. */
export function patienceMs({
  validators,
  baseTimeoutMs,
}: {
  readonly validators: number;
  readonly baseTimeoutMs: number;
}): number {
  return dueViews(validators) * 10 * baseTimeoutMs + 10_000;
}

/** Why no block is due, however long one waits; undefined where one is. */
export function whyNothingIsDue(
  { simulation, standing }: Case,
  { safety }: Expectations,
): string | undefined {
  if (!standing.isAnybodyHonest) return "nobody honest is left to judge by";
  const left = simulation.validators.filter(({ hasHalted }) => !hasHalted).length;
  if (safety === "holds" || left >= simulation.chain.validators.quorumPower) return undefined;
  return "too few are left after the safety halts";
}

/** Runs until all of `among` have NEW_BLOCKS new blocks; without any of them, until somebody honest has. */
export function crossFinishLine(name: string, given: Case, among: readonly Victim[]): Check {
  const { simulation, chronicle, standing } = given;
  const { validators, agenda } = simulation;
  const startedMs = agenda.now;
  const before = { height: chronicle.height, view: chronicle.highestView };
  const goal = before.height + NEW_BLOCKS;
  const views = dueViews(validators.length);
  const isLate = () =>
    chronicle.height === before.height && chronicle.highestView > before.view + views;
  const isThere = () =>
    among.length === 0
      ? chronicle.height >= goal
      : among.every((each) => (validators[each]?.height() ?? 0) >= goal);
  const forMs = patienceMs({
    validators: standing.validators,
    baseTimeoutMs: simulation.chain.options.baseTimeoutMs,
  });
  simulation.runUntil(() => isThere() || isLate(), forMs);
  const tookMs = Math.round(agenda.now - startedMs);
  if (isThere()) {
    const took = `${chronicle.highestView - before.view} views and ${tookMs} ms`;
    const what = `${NEW_BLOCKS} new blocks, up to height ${chronicle.height}, within ${took}`;
    return { name, ok: true, what };
  }
  const due = isLate()
    ? `a new block was due within ${views} views, and view ${chronicle.highestView} has begun`
    : `no ${NEW_BLOCKS} new blocks in ${tookMs} ms`;
  return { name, ok: false, what: `${due}: ${whatIsMissing(given)}` };
}
