// What a replica is made of, and what it tells of itself.

import type {
  EngineStatus,
  LeaderChoice,
  RuleSet,
  SafetyState,
  Tip,
  ValidatorIndex,
  ValidatorSet,
} from "../../consensus/index.ts";
import type { Height, SignatureScheme } from "../../crypto/index.ts";
import type { PoolLimits } from "../../mempool/index.ts";
import type { Hashers, Ledger } from "../ledger/index.ts";
import type { WholeBlock } from "../sync/index.ts";
import type { PacingOptions } from "./pacing.ts";
import type { BlockLimits } from "./voting-conditions.ts";

export type ReplicaOptions = {
  readonly validators: ValidatorSet;
  readonly self: ValidatorIndex | undefined;
  readonly scheme: SignatureScheme;
  readonly genesisQc: SafetyState["highQc"];
  readonly baseTimeoutMs: number;
  readonly pacing: PacingOptions;
  readonly limits: BlockLimits;
  readonly pool: Partial<PoolLimits>;
  /** At the state after `tip`. */
  readonly ledger: Ledger;
  /** Faster functions with the same results as the portable ones. */
  readonly hashers?: Hashers;
  readonly safety: SafetyState;
  readonly tip: Tip;
  /** Blocks above the tip that were on disk, each with its bodies, oldest first. */
  readonly stored: readonly WholeBlock[];
  /** As `EngineOptions` has it. */
  readonly rules?: RuleSet;
  /** As `EngineOptions` has it; the same for all validators of a chain. */
  readonly leaders?: LeaderChoice;
  /** There is a mark that this key has signed on this chain, wherever the record of it is. */
  readonly hasSignedBefore?: boolean;
};

export type ReplicaStatus = EngineStatus & {
  readonly pool: { readonly count: number; readonly bytes: number };
  /** The height that catch-up is on its way to; undefined when we keep up. */
  readonly catchingUpTo: Height | undefined;
};
