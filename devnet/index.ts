// The devnet: a chain of validators on one machine, each a process of its own.

export { registerDevnetCommand } from "./command.ts";
export type { DevnetOptions } from "./run.ts";
