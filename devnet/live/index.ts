// A live devnet: real processes, real libp2p, real disks on this machine.

export { type DevnetOptions, runDevnet } from "./run.ts";
