// Where a test gets its devnet from.

import type { CreateDevnetOptions, Devnet } from "./devnet.ts";
import { createVirtualDevnet } from "./virtual-backend.ts";

/** Resolves once the first block is final. @throws {DevnetError} BAD_ARGUMENT */
export async function createDevnet(options: CreateDevnetOptions = {}): Promise<Devnet> {
  return createVirtualDevnet(options);
}
