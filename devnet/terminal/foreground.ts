// Does this process own the terminal that it was started in? Whoever sets the keys of a terminal from its background is
// stopped by the system.

import { readFileSync } from "node:fs";

const STAT_FILE = "/proc/self/stat";
/** Behind the name: state, parent, process group, session, terminal, the terminal's process group in the foreground. */
const GROUP = 2;
const FOREGROUND_GROUP = 5;

/** True where it cannot be known. */
export function isInForeground(file = STAT_FILE): boolean {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Not Linux.
    return true;
  }
  // The name in parentheses may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[GROUP] === fields[FOREGROUND_GROUP];
}
