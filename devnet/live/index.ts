// A live devnet: real processes, real libp2p, real disks on this machine.

export { haltReason } from "./halt-reason.ts";
export { LiveDevnet, type LiveDevnetOptions } from "./live-devnet.ts";
export type { LiveValidator } from "./live-validator.ts";
export type { Death } from "./validator-process.ts";
