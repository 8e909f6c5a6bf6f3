// What the `?` key of a running devnet shows: every command, and the ways to lie.

import { table } from "../../node/cli/index.ts";
import { VERB_HELP } from "../faults/index.ts";

const COLUMNS = 78;

export function keyHelp(ways: readonly string[]): string {
  const verbs = table(VERB_HELP.map(({ usage, summary }) => [usage, summary]));
  return `${verbs}\n\nways to lie:\n${wrapped(ways)}\n: begins a command of any kind, enter sends it, esc forgets it\n`;
}

function wrapped(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > COLUMNS) lines.push(`  ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}
