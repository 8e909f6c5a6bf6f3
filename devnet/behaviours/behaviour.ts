// What a Byzantine behaviour is: a small strategy around an honest replica. It sees what comes in, may change, multiply
// or swallow what goes out, may answer questions with lies, and may act on its own. Behaviours compose: what one lets
// out goes through the next.

import type { Message, ValidatorIndex, ValidatorSet } from "../../consensus/index.ts";
import type { Hash, Signer } from "../../crypto/index.ts";
import type { AccountGenesis, BlockMachine } from "../../node/ledger/index.ts";
import type { Answer, Question } from "../../node/sync/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Random } from "../random/index.ts";

/** One running copy of a validator. Twins share their validator index, never their node. */
export type NodeId = number;

/** One message on its way to one node. */
export type Delivery = {
  readonly to: NodeId;
  readonly content:
    | { readonly type: "message"; readonly message: Message; readonly ids: readonly Hash[] }
    | { readonly type: "transactions"; readonly transactions: readonly SignedTransaction[] }
    /** Bytes where a message should be. */
    | { readonly type: "raw"; readonly bytes: Uint8Array };
  /** On top of what the network takes. */
  readonly delayMs?: number;
};

/** What a liar can do and know. Everything random comes from `random`. */
export type Control = {
  readonly node: NodeId;
  readonly self: ValidatorIndex;
  readonly validators: ValidatorSet;
  /** Every other node, twins included. */
  readonly others: readonly NodeId[];
  readonly validatorOf: (node: NodeId) => ValidatorIndex;
  /** The keys of all liars of this run, ours included: they collude. */
  readonly keys: ReadonlyMap<ValidatorIndex, Signer>;
  /** A key that is no validator's. */
  readonly stranger: Signer;
  readonly random: Random;
  readonly now: () => number;
  /** The view that our own replica is in. */
  readonly view: () => number;
  /** Our own replica's base timeout. */
  readonly baseTimeoutMs: number;
  /** Past all behaviours, straight to the network. */
  readonly send: (delivery: Delivery) => void;
  /** To every other node. */
  readonly sendAll: (message: Message, ids?: readonly Hash[]) => void;
  /** Runs once after so much virtual time, unless we are down by then. */
  readonly after: (delayMs: number, act: () => void) => void;
  /** How often a habit acts in one life, MAX_ACTS unless given: a simulated run is short, and its agenda bounded. */
  readonly maxActs?: number;
  /** A transfer from one of the load's accounts, signed as its owner would, with any nonce. */
  readonly transfer: (options: {
    readonly from: number;
    readonly to: number;
    readonly amount: bigint;
    readonly nonce: number;
  }) => SignedTransaction;
  /** The next nonce that the load will use for this account. */
  readonly nonceOf: (account: number) => number;
  readonly accounts: number;
  /** A transaction known to our replica, by id: pool or block. */
  readonly transaction: (id: Hash) => SignedTransaction | undefined;
  /** Ends this life of our own node; it is back after so long. */
  readonly restart: (downMs: number) => void;
};

/** The parts of a strategy; all may be left away. */
export type Tactics = {
  /** Everything our replica (or an earlier behaviour) sends, delivery by delivery of one broadcast. */
  readonly outgoing?: (deliveries: readonly Delivery[]) => readonly Delivery[];
  /** Before our replica hears it; false keeps it from the replica. */
  readonly incoming?: (from: NodeId, message: Message, ids: readonly Hash[]) => boolean;
  /** Undefined: no answer at all. */
  readonly answer?: (
    from: NodeId,
    question: Question,
    honest: Answer | undefined,
  ) => Answer | undefined;
  /** Our own questions; false keeps them in. */
  readonly asking?: (to: ValidatorIndex, question: Question) => boolean;
  /** Once, when the node starts, and after each restart. */
  readonly started?: () => void;
};

export type Behaviour = {
  /** As plans, reports and the command line name it: "equivocating-leader". */
  readonly name: string;
  /** As fault commands name it: "equivocate". */
  readonly word: string;
  /** The numbers of the fault catalogue that it stands for. */
  readonly catalogue: readonly number[];
  /** One line for `--help` and the docs. */
  readonly summary: string;
  /** In one of its manners, drawn. */
  readonly adopt: (control: Control) => Tactics;
  /** In the manner that its word promises, each time and to all: for who wants to see it happen. `adopt`, if there is none. */
  readonly plainly?: (control: Control) => Tactics;
  /** Puts another application in the place of the honest one. */
  readonly application?: (
    honest: BlockMachine<AccountGenesis>,
    random: Random,
  ) => BlockMachine<AccountGenesis>;
};
