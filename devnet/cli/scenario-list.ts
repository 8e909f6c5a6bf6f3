// What `quorate sim` can play: the ready scenarios, which a live devnet plays too, and the mixes of the simulator.

import { type ActionContext, invocation, table } from "../../node/cli/index.ts";
import { nearest } from "../faults/index.ts";
import { listScenarios, summaryOf } from "../scenario/index.ts";
import { SCENARIOS, SWEEPS } from "../sim/index.ts";

type Context = Pick<ActionContext, "output" | "env">;

export type Listed = {
  readonly name: string;
  readonly kind: "ready" | "mix" | "sweep" | "comparison";
  readonly summary: string;
};

/** In the place of a scenario's name: the list of one half, with a line about each. */
const HALVES = ["scenarios", "mixes"] as const;
type Half = (typeof HALVES)[number];

export const COSTS = "costs";
const COSTS_SUMMARY = "the rule sets compared: delays, messages and bytes for 4 to 64 validators";

const COLUMNS = 80;
const GAP = 2;

export function isHalf(name: string): name is Half {
  return HALVES.some((half) => half === name);
}

/** By name alone, unless a half is asked for: then each with what it is about. */
export async function list(half: Half | undefined, { output, env }: Context): Promise<number> {
  const all = await everyScenario();
  const wanted = half === undefined ? all : all.filter((each) => halfOf(each) === half);
  if (output.json)
    for (const each of wanted) output.record({ type: "scenario", ...each }, () => "");
  else if (half === undefined) output.record({}, () => overview(all, invocation(env)));
  else output.record({}, () => table(wanted.map(({ name, summary }) => [name, summary])));
  return 0;
}

/** Is it something that the simulator alone can run? By the name that the list calls it by. */
export function isSimulatedOnly(name: string): boolean {
  return name === COSTS || SWEEPS.has(name) || SCENARIOS.has(name.replace(/-mix$/, ""));
}

/** Whose name is nearest to one that there is not. */
export async function nearestScenario(name: string): Promise<string | undefined> {
  const names = (await everyScenario()).map((each) => each.name);
  return nearest(name, [...names, ...HALVES]);
}

function halfOf({ kind }: Listed): Half {
  return kind === "ready" ? "scenarios" : "mixes";
}

/** The ready ones first. A mix of the same name as one of them is called by its name and `-mix`. */
async function everyScenario(): Promise<readonly Listed[]> {
  const ready = await listScenarios();
  const names = new Set(ready.map(({ name }) => name));
  return [
    ...ready.map(({ name, scenario }): Listed => {
      return { name, kind: "ready", summary: summaryOf(scenario) };
    }),
    ...[...SCENARIOS].map(([name, { summary }]): Listed => {
      return { name: names.has(name) ? `${name}-mix` : name, kind: "mix", summary };
    }),
    ...[...SWEEPS].map(([name, { summary }]): Listed => ({ name, kind: "sweep", summary })),
    { name: COSTS, kind: "comparison", summary: COSTS_SUMMARY },
  ];
}

function overview(all: readonly Listed[], quorate: string): string {
  const namesIn = (half: Half) => {
    return inColumns(all.filter((each) => halfOf(each) === half).map(({ name }) => name));
  };
  return [
    "Scenarios; `devnet --scenario NAME` plays them on real processes, too:",
    namesIn("scenarios"),
    "",
    "Mixes of liars, faults and moods, drawn from the seed; simulated only:",
    namesIn("mixes"),
    "",
    table([
      [`${quorate} sim scenarios`, "what each scenario is about"],
      [`${quorate} sim mixes`, "what each mix is about"],
      [`${quorate} sim ./mine.yaml`, "one of your own"],
    ]),
  ].join("\n");
}

/** Down the first column, then down the next. */
function inColumns(names: readonly string[]): string {
  const width = Math.max(...names.map((name) => name.length)) + GAP;
  const columns = Math.max(1, Math.floor(COLUMNS / width));
  const height = Math.ceil(names.length / columns);
  const rows = Array.from({ length: height }, (_, row) => [
    "",
    ...names.filter((_name, at) => at % height === row),
  ]);
  return table(rows);
}
