// `quorate sim`: runs a scenario over one seed or many, says what it saw, and cuts a failing run down to a recording.

import { readFile, writeFile } from "node:fs/promises";
import {
  type ActionContext,
  CommandFailure,
  invocation,
  pathToType,
  table,
  usageFailure,
} from "../../node/cli/index.ts";
import { whyUnreadable } from "../scenario/index.ts";
import {
  costs,
  costTable,
  type Outcome,
  type Plan,
  planIn,
  RECORDED_EVENTS,
  recordingOf,
  runPlan,
  SCENARIOS,
  SWEEPS,
  type SwarmOptions,
  type Sweep,
  shrink,
} from "../sim/index.ts";
import { isPlayable, playSimulated } from "./play-simulated.ts";
import { typeable } from "./replay.ts";
import { COSTS, isHalf, list, nearestScenario } from "./scenario-list.ts";
import { drawnSeed } from "./seed.ts";
import { MIX_FLAGS, type SimulateFlags } from "./simulate-flags.ts";

type Context = Pick<ActionContext, "output" | "env">;

const MAX_SHRINK_RUNS = 200;
const MAX_REPLAYS = 100;
const EXIT_FAILED = 1;
const EXIT_BAD_FILE = 3;

export async function simulate(
  scenario: string | undefined,
  flags: SimulateFlags,
  context: Context,
): Promise<number> {
  if (scenario === undefined || isHalf(scenario)) return await list(scenario, context);
  if (await isPlayable(scenario)) return playSimulated(scenario, flags, context);
  if (/[/\\]|\.json$/.test(scenario)) return replayFile(scenario, flags, context);
  if (scenario === COSTS) return tellCosts(context);
  if (SWEEPS.has(scenario)) return runSweeps(scenario, flags, context);
  const named = SCENARIOS.get(scenario) ?? SCENARIOS.get(scenario.replace(/-mix$/, ""));
  if (named === undefined) {
    const near = await nearestScenario(scenario);
    const hint = near === undefined ? "" : `did you mean ${near}? `;
    throw usageFailure(
      `there is no scenario ${scenario}`,
      `${hint}quorate sim without a name lists them all`,
    );
  }
  const { validators, rules, leaders, signatures } = flags;
  const given = Object.fromEntries(
    Object.entries({ validators, rules, leaders, signatures }).filter(([, value]) => value),
  ) as SwarmOptions;
  const draw = (seed: number) => named.draw(seed, given);
  return runSeeds(scenario, draw, flags, context);
}

/** What each rule set costs, as a table for the docs. */
function tellCosts({ output }: Context): number {
  output.note("counting messages and delays for 4 to 64 validators takes about a minute");
  const rows = costs();
  if (!output.json) output.record({}, () => costTable(rows));
  else for (const row of rows) output.record({ type: "cost", ...row }, () => "");
  return 0;
}

function runSweeps(name: string, flags: SimulateFlags, { output, env }: Context): number {
  const { seed = drawnSeed(), seeds, events, rules, leaders } = flags;
  const given = { ...(rules && { rules }), ...(leaders && { leaders }) };
  const startedMs = performance.now();
  const failures: string[] = [];
  const total = { scenarios: 0, views: 0 };
  for (let at = 0; at < seeds; at++) {
    const options = { seed: seed + at, ...given };
    const sweep = SWEEPS.get(name) as Sweep;
    const { scenarios, views, finding } = sweep.run(options);
    total.scenarios += scenarios;
    total.views += views;
    output.progress(`seed ${seed + at}, ${at + 1} of ${seeds}, ${total.views} views`);
    if (finding === undefined) continue;
    const replay = replayLine(name, seed + at, flags);
    if (failures.length < MAX_REPLAYS) failures.push(replay);
    const again = `again: ${typeable(replay, env)} --events`;
    output.note(`${output.paint.red(`${finding.oracle}:`)} ${finding.what}\n${again}`);
    if (events !== true) continue;
    for (const line of sweep.replay(options, scenarios - 1).trace) {
      output.record({ type: "event", line }, () => line);
    }
  }
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  const summary = { scenario: name, seed, ...total, seconds, failures };
  output.record({ type: "sim", ...summary }, () => {
    const verdict = failures.length === 0 ? "all held" : `${failures.length} failed`;
    const count = `${total.scenarios} scenarios, ${total.views} views in ${seconds} s`;
    return `${name}: ${seeds} from seed ${seed}, ${count}, ${verdict}`;
  });
  return failures.length === 0 ? 0 : EXIT_FAILED;
}

async function replayFile(file: string, flags: SimulateFlags, context: Context): Promise<number> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new CommandFailure({
      message: whyUnreadable(file, cause),
      exitCode: EXIT_BAD_FILE,
      remedy:
        "name a scenario (.yaml) or what a failing run recorded (.json); " +
        "quorate sim without a name lists the ready ones",
      cause,
    });
  });
  const parsed = planIn(text);
  if (!parsed.ok) {
    const where = parsed.path === "" ? "" : ` at ${parsed.path}`;
    throw new CommandFailure({
      message: `${file} is neither a recording nor a plan${where}: ${parsed.what}`,
      exitCode: EXIT_BAD_FILE,
      remedy: "a failing run writes such a file",
    });
  }
  const stray = (["seed", ...MIX_FLAGS] as const).find((flag) => flags[flag] !== undefined);
  if (stray !== undefined) {
    throw usageFailure(`--${stray} changes nothing: a recording says all of that`, "leave it away");
  }
  const outcome = watch(parsed.plan, flags, context);
  say(outcome, context);
  return outcome.violations.length === 0 ? 0 : EXIT_FAILED;
}

async function runSeeds(
  scenario: string,
  draw: (seed: number) => Plan,
  flags: SimulateFlags,
  context: Context,
): Promise<number> {
  const { output } = context;
  const { seed = drawnSeed(), seeds } = flags;
  const startedMs = performance.now();
  const failures: string[] = [];
  let views = 0;
  for (let at = 0; at < seeds; at++) {
    const outcome = watch(draw(seed + at), flags, context);
    views += outcome.views;
    if (seeds === 1 || outcome.violations.length > 0) say(outcome, context);
    if (outcome.violations.length > 0) {
      const replay = replayLine(scenario, seed + at, flags);
      if (failures.length < MAX_REPLAYS) failures.push(replay);
      output.note(`again: ${typeable(replay, context.env)}`);
      if (failures.length === 1) await keepRecording(outcome, scenario, flags, context);
    }
    if (seeds > 1) output.progress(`seed ${seed + at}, ${at + 1} of ${seeds}, ${views} views`);
  }
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  const summary = { scenario, seed, scenarios: seeds, views, seconds, failures };
  output.record({ type: "sim", ...summary }, () => {
    const verdict = failures.length === 0 ? "all held" : `${failures.length} failed`;
    return `${scenario}: ${seeds} from seed ${seed}, ${views} views in ${seconds} s, ${verdict}`;
  });
  return failures.length === 0 ? 0 : EXIT_FAILED;
}

function watch(plan: Plan, { events }: SimulateFlags, { output }: Context): Outcome {
  const outcome = runPlan(plan, { keepEvents: events ? RECORDED_EVENTS : 0 });
  for (const line of outcome.lines) output.record({ type: "event", line }, () => line);
  return outcome;
}

function say({ plan, violations, culprits, ...reached }: Outcome, { output }: Context): void {
  const { views, height, events, virtualMs, traceHash } = reached;
  const { paint } = output;
  const liars = plan.liars.map(({ validator, twin, behaviours }) => {
    return `v${validator}${twin ? " (twice)" : ""} ${behaviours.join(" ")}`;
  });
  const rows = [
    ["seed", String(plan.seed)],
    ["chain", `${plan.validators} validators, ${plan.rules}, ${plan.leaders}, ${plan.signatures}`],
    ["liars", liars.length === 0 ? "none" : liars.join("; ")],
    ["faults", String(plan.timeline.length)],
    ["reached", `height ${height}, view ${views}, ${Math.round(virtualMs)} virtual ms`],
    ["trace", `${events} events, ${traceHash}`],
    ...culprits.map((culprit) => ["culprit", culprit]),
    ...violations.map(({ oracle, what }) => [paint.red(oracle), what]),
    ["verdict", violations.length === 0 ? paint.green("held") : paint.red("failed")],
  ];
  const { seed } = plan;
  const record = { type: "run", seed, views, height, events, traceHash, culprits, violations };
  output.record(record, () => table(rows));
}

function replayLine(scenario: string, seed: number, flags: SimulateFlags): string {
  const given = (["validators", "rules", "leaders", "signatures"] as const).flatMap((name) => {
    return flags[name] === undefined ? [] : [`--${name} ${flags[name]}`];
  });
  return ["quorate sim", scenario, `--seed ${seed}`, ...given].join(" ");
}

async function keepRecording(
  outcome: Outcome,
  scenario: string,
  { record }: SimulateFlags,
  { output, env }: Context,
): Promise<void> {
  const onRun = ({ runs }: { readonly runs: number }) => {
    output.progress(`cutting it down, run ${runs}`);
  };
  const { outcome: small, runs } = shrink(outcome, { maxRuns: MAX_SHRINK_RUNS, onRun });
  const recorded = runPlan(small.plan, { keepEvents: RECORDED_EVENTS });
  const file = record ?? `${scenario}-${outcome.plan.seed}.json`;
  await writeFile(file, `${JSON.stringify(recordingOf(recorded), null, 1)}\n`);
  const { liars, timeline } = small.plan;
  const rest = `${liars.length} liars and ${timeline.length} faults are left after ${runs} runs`;
  const typed = pathToType(file);
  const path = typed.includes("/") ? typed : `./${typed}`;
  output.note(`recorded in ${file} (${rest}): ${invocation(env)} sim ${path} --events`);
}
