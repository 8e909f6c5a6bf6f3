// What the `?` key of a running devnet shows: how every command is written, and the ways to lie, on a screen of 80x24.

import { table } from "../../node/cli/index.ts";
import { VERB_HELP } from "../faults/index.ts";

const COLUMNS = 78;

export function keyHelp(ways: readonly string[]): string {
  const usages = VERB_HELP.map(({ usage }) => usage);
  const half = Math.ceil(usages.length / 2);
  const rows = usages.slice(0, half).map((usage, row) => [usage, usages[half + row] ?? ""]);
  return [
    table(rows),
    "WHO is 2, or 1,3, or all. `quorate fault verbs` says what each does. WAYs:",
    wrapped(ways),
    ": begins a command of any kind, enter sends it, esc forgets it",
  ].join("\n");
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
