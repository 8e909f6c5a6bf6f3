// The devnet: a chain of validators on one machine, each a process of its own.

export { registerDevnetCommand } from "./cli/index.ts";
export type { DevnetOptions } from "./terminal/index.ts";
