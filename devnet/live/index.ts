// A live devnet: real processes, real libp2p, real disks on this machine.

export type { Declared, Direction, Flap, ValidatorFaults } from "./declared.ts";
export { type DirectoryRequest, type OpenDevnet, openDirectory } from "./directory.ts";
export { FaultError, type FaultErrorCode } from "./fault-error.ts";
export { LiveDevnet, type LiveDevnetOptions } from "./live-devnet.ts";
export type { LiveValidator } from "./live-validator.ts";
export { type DevnetOptions, type Part, runDevnet } from "./run.ts";
export { Session } from "./session.ts";
