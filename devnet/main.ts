#!/usr/bin/env node
// The `quorate` command: what one node and its clients do, and the devnet.

import { readFileSync } from "node:fs";
import {
  createProgram,
  exitOnBrokenPipe,
  registerNodeCommands,
  runProgram,
} from "../node/cli/index.ts";
import { registerDevnetCommand, registerSimCommands } from "./cli/index.ts";

exitOnBrokenPipe();
const program = createProgram(packageVersion(), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
});
registerDevnetCommand(program);
registerSimCommands(program);
registerNodeCommands(program);
process.exitCode = await runProgram(program, process.argv.slice(2));

/** This file runs as `dist/devnet/main.js`. */
function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return String((JSON.parse(text) as { readonly version?: unknown }).version);
}
