// The commands of a node as somebody would type them, within this process.

import { createProgram, registerNodeCommands, runProgram } from "../../../node/cli/index.ts";

export async function quorate(...args: string[]) {
  const said = { stdout: "", stderr: "" };
  const program = createProgram("1.2.3", {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env: {},
  });
  registerNodeCommands(program);
  const exitCode = await runProgram(program, args);
  return { exitCode, ...said };
}
