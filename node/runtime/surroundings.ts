// What a live validator stands on: network, wall clock, disk, execution. A program that breaks them on purpose, as a devnet
// does, hands in others; `quorate node` has no way to.

import type { AccountGenesis, BlockMachine } from "../ledger/index.ts";
import {
  createNetwork,
  type Network,
  type NetworkHandlers,
  type NetworkOptions,
} from "../network/index.ts";
import { type Disk, nodeDisk } from "../storage/index.ts";

export type Surroundings = {
  readonly createNetwork: (options: NetworkOptions, handlers: NetworkHandlers) => Network;
  /** Milliseconds since 1970. Safety never depends on it. */
  readonly wallMs: () => number;
  /** Under the logs: what was signed, and the blocks. */
  readonly disk: Disk;
  /** Around the application and its accounts, fees and receipts. */
  readonly execution: (honest: Execution) => Execution;
};

export type Execution = BlockMachine<AccountGenesis>;

export const SURROUNDINGS: Surroundings = {
  createNetwork,
  wallMs: () => Date.now(),
  disk: nodeDisk,
  execution: (honest) => honest,
};
