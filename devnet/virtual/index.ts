// Virtual devnets: whole validators on virtual time that obey fault commands, and scenarios run on them.

export { FaultError, type FaultErrorCode } from "./fault-error.ts";
export { dueViews, patienceMs } from "./finish.ts";
export { culprit, culpritsOf, sightsOf } from "./judgement.ts";
export { runSimulated, type SimulatedRunOptions } from "./scenario-run.ts";
export { ACCOUNTS, VirtualDevnet, type VirtualDevnetOptions } from "./virtual-devnet.ts";
