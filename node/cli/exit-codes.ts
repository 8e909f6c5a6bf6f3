// The exit codes of node/config, copied with the compiler as witness: the original comes with the schema library, whose
// loading would cost every command more than all the rest.

import type { EXIT_CODES as Original } from "../config/index.ts";

export const EXIT_CODES: typeof Original = {
  done: 0,
  unexpected: 1,
  usage: 2,
  badConfig: 3,
  portInUse: 4,
  dataDirectory: 5,
  wrongGenesis: 6,
  safetyHalt: 7,
  notReady: 8,
  interrupted: 130,
  terminated: 143,
};
