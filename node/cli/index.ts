// The commands of one node and its clients. `devnet/main.ts` puts them together with those of the devnet.

import { registerDiagnoseCommand } from "./diagnose.ts";
import { registerGenesisCommands } from "./genesis.ts";
import { registerKeyCommands } from "./keys.ts";
import { registerLookCommands } from "./look.ts";
import { registerNodeCommand } from "./node.ts";
import type { Program } from "./program.ts";
import { registerTransactionCommands } from "./tx.ts";
import { registerVerifyCommand } from "./verify.ts";

export { exitOnBrokenPipe } from "./broken-pipe.ts";
export { DEFAULT_DEVELOPMENT_SEED, developmentKey } from "./development-keys.ts";
export { createEnding, type End, type Ending } from "./ending.ts";
export { EXIT_CODES } from "./exit-codes.ts";
export { CommandFailure, usageFailure } from "./failure.ts";
export { type NodeEquipment, registerNodeCommand } from "./node.ts";
export { integerOption, leadersOption, secondsOption } from "./options.ts";
export { CLEAR_LINE, type Output, type Paint, table } from "./output.ts";
export {
  type ActionContext,
  addCommand,
  createProgram,
  type Program,
  runProgram,
} from "./program.ts";

export function registerNodeCommands(program: Program): void {
  registerNodeCommand(program);
  registerTransactionCommands(program);
  registerLookCommands(program);
  registerVerifyCommand(program);
  registerKeyCommands(program);
  registerGenesisCommands(program);
  registerDiagnoseCommand(program);
}
export { invocation, pathToType } from "./invocation.ts";
