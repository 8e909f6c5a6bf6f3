// `quorate fault`: one command to the devnet of a directory, or a look at what is in force. What makes no sense is refused
// here, before anything is sent.

import { resolve } from "node:path";
import {
  type ActionContext,
  CommandFailure,
  EXIT_CODES,
  type Output,
  table,
  usageFailure,
} from "../../node/cli/index.ts";
import { WAYS } from "../behaviours/index.ts";
import { ControlClient, ControlError, type Faults, readControlFile } from "../control/index.ts";
import { MAX_VALIDATORS, nearest, parseCommand, VERB_HELP } from "../faults/index.ts";
import { knownWays } from "../scenario/index.ts";
import { verdictText } from "../verdict/index.ts";

export type FaultFlags = { readonly dir: string };

type Context = Pick<ActionContext, "output">;

/** What changes nothing. */
const LOOKS: readonly string[] = ["list", "verbs", "lies", "verdict"];

export async function fault(
  words: readonly string[],
  { dir }: FaultFlags,
  context: Context,
): Promise<number> {
  const [first = "list"] = words;
  if (LOOKS.includes(first) && words.length > 1) {
    throw usageFailure(`${first} takes no more words`, `\`quorate fault ${first}\` is all of it`);
  }
  if (first === "verbs") return tellVerbs(context);
  if (first === "lies") return tellWays(context);
  try {
    if (first === "list") return await list(resolve(dir), context);
    if (first === "verdict") return await verdict(resolve(dir), context);
    refuseMisspeltLook(first);
    return await give(words.join(" "), resolve(dir), context);
  } catch (error) {
    throw error instanceof ControlError ? failureOf(error) : error;
  }
}

/** A verb that was misspelt is told of by whoever reads the command. */
function refuseMisspeltLook(word: string): void {
  const verbs = VERB_HELP.map(({ verb }): string => verb);
  if (verbs.includes(word)) return;
  const meant = nearest(word, [...verbs, ...LOOKS]);
  if (meant === undefined || !LOOKS.includes(meant)) return;
  throw usageFailure(`there is no verb "${word}"`, `did you mean \`quorate fault ${meant}\`?`);
}

function tellVerbs({ output }: Context): number {
  return tell(
    output,
    VERB_HELP.map((help) => ({ type: "verb", ...help })),
    VERB_HELP.map(({ usage, summary }) => [usage, summary]),
  );
}

function tellWays({ output }: Context): number {
  const ways = [...WAYS.values()];
  return tell(
    output,
    ways.map(({ word, name, summary, catalogue }) => {
      return { type: "way", word, name, summary, catalogue };
    }),
    ways.map(({ word, summary }) => [word, summary]),
  );
}

function tell(
  output: Output,
  values: readonly { readonly [name: string]: unknown }[],
  rows: readonly (readonly string[])[],
): number {
  if (output.json) for (const value of values) output.record(value, () => "");
  else output.record({}, () => table(rows));
  return EXIT_CODES.done;
}

async function list(dir: string, { output }: Context): Promise<number> {
  const faults = await ControlClient.of(dir).faults();
  const { count, declared, validators } = faults;
  output.record({ type: "faults", count, declared, validators }, () => inForce(faults, output));
  return EXIT_CODES.done;
}

function inForce({ declared, validators }: Faults, { paint }: Output): string {
  const faults =
    declared.length === 0
      ? ["no faults are in force"]
      : declared.map(
          ({ text, atMs }) => `${text}  ${paint.dim(`since second ${(atMs / 1_000).toFixed(1)}`)}`,
        );
  const away = validators.filter(({ state }) => state !== "running");
  const states = away.map(({ validator, state }) => `v${validator} is ${paint.yellow(state)}`);
  return [...faults, ...states].join("\n");
}

async function verdict(dir: string, { output }: Context): Promise<number> {
  const soFar = await ControlClient.of(dir).verdict();
  output.record(soFar, () => verdictText(soFar, output.paint));
  return soFar.ok ? EXIT_CODES.done : EXIT_CODES.unexpected;
}

async function give(text: string, dir: string, { output }: Context): Promise<number> {
  // A typing error is one whether a devnet runs or not.
  const read = readControlFile(dir);
  refuseNonsense(text, read.found === "running" ? read.file.validators : MAX_VALIDATORS);
  const client = ControlClient.of(dir);
  const obeyed = await client.obey(text);
  output.record(obeyed, () => obeyed.text);
  return EXIT_CODES.done;
}

function refuseNonsense(text: string, validators: number): void {
  const parsed = parseCommand(text, { validators, ways: knownWays() });
  if (parsed.ok) return;
  const { what, nearest } = parsed;
  const meant = nearest === undefined ? [] : [`did you mean ${nearest}?`];
  const ways = text.startsWith("lie ") ? ["`quorate fault lies` shows the ways to lie"] : [];
  throw usageFailure(
    what,
    [...meant, ...ways, "`quorate fault verbs` shows how each is written"].join("\n"),
  );
}

function failureOf({ code, message, remedy, cause }: ControlError): CommandFailure {
  return new CommandFailure({ message, remedy, code, exitCode: EXIT_CODES.unexpected, cause });
}
