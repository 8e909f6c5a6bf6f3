// What every oracle is: it sees all there is to see, and says what must not be. Oracles share no code with the engine.

import type {
  LeaderChoiceName,
  RuleSetName,
  ValidatorIndex,
  ValidatorSet,
} from "../../../consensus/index.ts";
import type { SignatureScheme } from "../../../crypto/index.ts";
import type { NodeId, Observation } from "../observation.ts";

/** What transactions call: "any" where it may be more than the model ledger knows. */
export type Calls = "modelled" | "any";

/** What an oracle knows of a run. Where faults come by command, who is honest and whether it is enough changes on the way. */
export type Premises = {
  readonly validators: ValidatorSet;
  readonly scheme: SignatureScheme;
  /** "commit-votes" unless told otherwise. */
  readonly rules?: RuleSetName;
  /** Who leads a view is judged only where round robin decides it. */
  readonly leaders?: LeaderChoiceName;
  readonly genesisBlock: Uint8Array;
  readonly genesisStateRoot: Uint8Array;
  readonly genesisTimeMs: number;
  /** Which validator a node is a copy of; the nodes before the twins are numbered as their validators. */
  readonly validatorOf: (node: NodeId) => ValidatorIndex;
  /** Neither lying nor on a disk that lies: what these sign is held against them. */
  readonly isHonest: (node: NodeId) => boolean;
  /** At most f liars by power: only then agreement is promised. */
  readonly isWithinBounds: boolean;
  /** What all accounts have at genesis, and what fees do: burnt. */
  readonly supply: bigint;
  readonly balances: ReadonlyMap<string, bigint>;
  readonly minFee: bigint;
  /** "modelled" unless told otherwise. */
  readonly calls?: Calls;
};

export type Oracle = {
  /** As reports name it: "agreement". */
  readonly name: string;
  readonly observe: (seen: Observation) => void;
  /** After the run; for what shows only then. */
  readonly conclude?: () => void;
};

/** Called at the first and every later violation; a sentence with numbers. */
export type Report = (violation: string) => void;

export type OracleMaker = (premises: Premises, report: Report) => Oracle;
