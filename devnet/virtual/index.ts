// Virtual devnets: whole validators on virtual time that obey fault commands, and scenarios run on them.

export { patienceMs } from "./finish.ts";
export { culpritsOf } from "./judgement.ts";
export { runSimulated, type SimulatedRunOptions } from "./scenario-run.ts";
export { ACCOUNTS, VirtualDevnet, type VirtualDevnetOptions } from "./virtual-devnet.ts";
