// The devnet: a chain of validators on one machine, each a process of its own.

export { type DevnetOptions, registerDevnetCommand } from "./command.ts";
