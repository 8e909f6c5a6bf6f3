// The commands of a node as somebody would type them, within this process.

import { createProgram, registerNodeCommands, runProgram } from "../../../node/cli/index.ts";
import type { Environment } from "../../../node/cli/output.ts";

export function quorate(...args: string[]) {
  return quorateIn({}, ...args);
}

/** With these variables set. */
export async function quorateIn(env: Environment, ...args: string[]) {
  const said = { stdout: "", stderr: "" };
  const program = createProgram("1.2.3", {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env,
  });
  registerNodeCommands(program);
  const exitCode = await runProgram(program, args);
  return { exitCode, ...said };
}
