// Runs a plan from its first event to its verdict: faults until `stressMs`, then everything but the liars is well again
// and the honest ones must go on.

import { BEHAVIOURS } from "../behaviours/index.ts";
import { scheduleLoad } from "./load.ts";
import { CALM } from "./network.ts";
import type { NodeId } from "./observation.ts";
import { createOracles } from "./oracles/index.ts";
import { dishonest, type Plan } from "./plan.ts";
import { premisesOf } from "./premises.ts";
import { Simulation } from "./simulation.ts";
import { scheduleFaults } from "./timeline.ts";

export type Violation = { readonly oracle: string; readonly what: string };

export type Outcome = {
  readonly plan: Plan;
  /** Empty when all held. At most MAX_VIOLATIONS: the first ones tell. */
  readonly violations: readonly Violation[];
  /** The highest that an honest validator reached. */
  readonly views: number;
  readonly height: number;
  /** Things that happened and were seen. */
  readonly events: number;
  readonly virtualMs: number;
  readonly traceHash: string;
  /** Validators proven to have lied, and how. */
  readonly culprits: readonly string[];
  /** The newest events, as text. */
  readonly lines: readonly string[];
};

export type RunOptions = { readonly keepEvents?: number };

const MAX_VIOLATIONS = 20;
const SAMPLE_EVERY_MS = 100;
/** New blocks that every honest validator must reach after the faults have ended. */
const NEW_BLOCKS = 2;

export function runPlan(plan: Plan, { keepEvents = 0 }: RunOptions = {}): Outcome {
  const { seed, validators, mood, maxFlushMs } = plan;
  const twins = plan.liars.filter(({ twin }) => twin).map(({ validator }) => validator);
  const { signatures, rules, leaders, baseTimeoutMs, heartbeatMs } = plan;
  const simulation = new Simulation({
    ...{ seed, validators, mood, maxFlushMs, twins, keepEvents },
    ...{ signatures, rules, leaders, baseTimeoutMs, heartbeatMs },
  });
  corrupt(simulation, plan);
  const violations: Violation[] = [];
  const report = (oracle: string, what: string) => {
    if (violations.length < MAX_VIOLATIONS) violations.push({ oracle, what });
  };
  const premises = premisesOf(simulation, plan);
  const oracles = createOracles(premises, report);
  simulation.watch((seen) => {
    oracles.observe(seen);
    if (seen.type === "threw" && premises.isHonest(seen.by))
      report("no-crash", `v${seen.by} threw: ${seen.why}`);
  });
  scheduleFaults(simulation, plan);
  scheduleLoad(simulation, plan.load);
  simulation.start();
  const isOver = () => violations.length > 0;
  const sample = () => {
    for (const { node, replica } of simulation.nodes) {
      const pool = replica?.status.pool.count ?? 0;
      const blocks = replica?.inventory.blocks ?? 0;
      oracles.sample({ by: node, pool, blocks, agenda: simulation.agenda.size });
    }
    simulation.agenda.after(SAMPLE_EVERY_MS, sample);
  };
  simulation.agenda.after(SAMPLE_EVERY_MS, sample);
  simulation.runUntil(isOver, plan.stressMs);
  const honest = reliableNodes(plan);
  if (!isOver()) {
    heal(simulation);
    oracles.healed(simulation.agenda.now, highestView(simulation, honest));
    // Without a quorum of reliable validators nothing is promised after the heal.
    if (premises.isWithinBounds) finishLine(simulation, plan, honest, isOver);
  }
  oracles.conclude();
  return {
    plan,
    violations,
    views: highestView(simulation, honest),
    height: simulation.highestHeight(),
    events: simulation.trace.count,
    virtualMs: simulation.agenda.now,
    traceHash: simulation.trace.hash(),
    culprits: [...oracles.culprits()].map(([index, { why }]) => `v${index}: ${why}`),
    lines: simulation.trace.lines,
  };
}

/** Longer than any bound in views can take, if views end at all. */
function finishLine(
  simulation: Simulation,
  plan: Plan,
  honest: readonly NodeId[],
  isOver: () => boolean,
): void {
  const f = Math.floor((plan.validators - 1) / 3);
  const goal = simulation.highestHeight() + NEW_BLOCKS;
  const tailMs = (4 * f + 8) * 10 * plan.baseTimeoutMs + 10_000;
  simulation.runUntil(() => isOver() || simulation.lowestHeight(honest) >= goal, tailMs);
}

function corrupt(simulation: Simulation, plan: Plan): void {
  const liars = new Map<NodeId, NonNullable<ReturnType<typeof BEHAVIOURS.get>>[]>();
  let twin = plan.validators;
  for (const liar of plan.liars) {
    const behaviours = liar.behaviours.flatMap((name) => BEHAVIOURS.get(name) ?? []);
    liars.set(liar.validator, behaviours);
    if (liar.twin) liars.set(twin++, behaviours);
  }
  simulation.corrupt(liars);
}

function heal(simulation: Simulation): void {
  simulation.network.heal();
  simulation.network.mood = CALM;
  for (const node of simulation.nodes) {
    node.clock.correct();
    node.disk.files.heal();
    node.start();
  }
}

/** Nodes whose progress counts: no liars, no twins, none that lost its memory unawares. */
function reliableNodes(plan: Plan): readonly NodeId[] {
  const faulty = dishonest(plan);
  return Array.from({ length: plan.validators }, (_, node) => node).filter(
    (node) => !faulty.has(node),
  );
}

function highestView(simulation: Simulation, honest: readonly NodeId[]): number {
  return Math.max(0, ...honest.map((node) => simulation.nodes[node]?.replica?.status.view ?? 0));
}
