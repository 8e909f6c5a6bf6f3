// The commands that only a devnet has: `devnet`, `sim`, and what stands behind the campaigns.

export { registerDevnetCommand } from "./devnet-command.ts";
export { registerSimCommands } from "./sim-commands.ts";
