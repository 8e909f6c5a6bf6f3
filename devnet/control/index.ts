// The control of a running devnet: one line of commands for everybody who gives them, and an HTTP interface to it that
// only this machine reaches, and only with the token of the devnet's directory.

export { CommandLine, type Done, type Obeyed } from "./command-line.ts";
export { ControlClient, ControlError, type Faults, type Obedience } from "./control-client.ts";
export {
  CONTROL_FILE,
  type ControlFile,
  readControlFile,
  removeControlFile,
  writeControlFile,
} from "./control-file.ts";
export { type Control, createControl } from "./control-server.ts";
export type { InForce, Overview, Subject, ValidatorState } from "./subject.ts";
