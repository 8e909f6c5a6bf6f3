// Where a test gets its devnet from.

import { checkedOptions } from "./checks.ts";
import type { CreateDevnetOptions, Devnet } from "./devnet.ts";
import { DevnetError } from "./devnet-error.ts";
import { createVirtualDevnet } from "./virtual-backend.ts";

/** Resolves once the first block is final. @throws {DevnetError} BAD_ARGUMENT */
export async function createDevnet(given: CreateDevnetOptions = {}): Promise<Devnet> {
  const options = checkedOptions(given);
  if (options.processes === true) {
    // Whoever stays on virtual time loads no libp2p.
    const { createProcessDevnet } = await import("./process-backend.ts");
    return createProcessDevnet(options);
  }
  if (options.application !== undefined) {
    const remedy = "hand over the state machine itself, as stateMachine, or set processes: true";
    throw new DevnetError("BAD_ARGUMENT", `a module is loaded by processes only: ${remedy}`);
  }
  return createVirtualDevnet(options);
}
