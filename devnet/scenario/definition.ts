// The two forms of a scenario, YAML and TypeScript, read by the same rules.

import { BEHAVIOURS, WAYS } from "../behaviours/index.ts";
import { type FaultCommand, type FaultVerb, formatCommand } from "../faults/index.ts";
import { checkCast } from "./cast.ts";
import { readPlain } from "./plain-tree.ts";
import { type Draft, readScenario } from "./reading.ts";
import type { Scenario } from "./scenario.ts";
import { type Problem, Problems, problemText, type Tree } from "./tree.ts";
import { readYaml } from "./yaml-tree.ts";

export type ParsedScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type ParsingOptions = {
  /** Words that `lie` takes; those of all behaviours, unless given. */
  readonly ways?: readonly string[];
};

/** A scenario as one writes it in TypeScript: the keys of the file, and its defaults. */
export type ScenarioDefinition = {
  readonly name: string;
  readonly story?: string;
  readonly validators?: number;
  readonly seed?: number;
  readonly baseTimeout?: string;
  readonly leaders?: Scenario["leaders"];
  readonly load?: Scenario["load"];
  readonly duration?: string;
  readonly timeline?: readonly {
    readonly at: string;
    readonly do: string | FaultCommand;
    readonly for?: string;
  }[];
  readonly random?: {
    readonly commands: number;
    readonly verbs?: readonly FaultVerb[];
    readonly until?: string;
  };
  readonly expect?: Partial<Scenario["expect"]>;
};

/** What every way to lie may be called: the words, and the names of the behaviours. */
export function knownWays(): readonly string[] {
  return [...new Set([...WAYS.keys(), ...BEHAVIOURS.keys()])];
}

/** A scenario cannot be played as it is written. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  readonly code = "BAD_SCENARIO";
  readonly remedy: string;
  /** At most 20, in the order of the text; none where there is no text. */
  readonly problems: readonly Problem[];

  constructor({
    source,
    problems,
    cause,
    remedy,
  }: {
    readonly source: string;
    readonly problems: readonly Problem[];
    readonly cause?: unknown;
    readonly remedy: string;
  }) {
    const list = problems.map((problem) => `\n${problemText(problem)}`).join("");
    super(`${source}${list}`, cause === undefined ? {} : { cause });
    this.problems = problems;
    this.remedy = remedy;
  }
}

/** Reads YAML or JSON. All that is wrong is told at once, up to 20 problems, each with line and column. */
export function parseScenario(text: string, options: ParsingOptions = {}): ParsedScenario {
  const problems = new Problems();
  return finish(readYaml(text, problems), problems, options);
}

/** @throws {ScenarioError} BAD_SCENARIO with all that is wrong, by path */
export function defineScenario(
  definition: ScenarioDefinition,
  options: ParsingOptions = {},
): Scenario {
  const problems = new Problems();
  const timeline = definition.timeline?.map((moment) => {
    const act = moment.do;
    return { ...moment, do: typeof act === "string" ? act : formatCommand(act) };
  });
  const plain = timeline === undefined ? definition : { ...definition, timeline };
  const parsed = finish(readPlain(plain, problems), problems, options);
  if (parsed.ok) return parsed.scenario;
  throw new ScenarioError({
    source: `the scenario ${definition.name} cannot be played:`,
    problems: parsed.problems,
    remedy: REMEDY,
  });
}

export const REMEDY = "devnet/scenario/README.md describes every key and every verb";

function finish(
  tree: Tree | undefined,
  problems: Problems,
  { ways = knownWays() }: ParsingOptions,
): ParsedScenario {
  let draft: Draft | undefined;
  if (tree !== undefined && problems.isEmpty) draft = readScenario(tree, { problems, ways });
  if (draft !== undefined) checkCast(draft, problems);
  if (draft !== undefined && problems.isEmpty) return { ok: true, scenario: draft.scenario };
  return { ok: false, problems: problems.list() };
}
