// What the RPC asks of the node behind it. Types of the domain only: JSON begins in `presentation.ts`.

import type {
  Block,
  CommitCert,
  Evidence,
  Validator,
  ValidatorIndex,
} from "../../consensus/index.ts";
import type { Address, Hash, Height, Nonce, PublicKey, View } from "../../crypto/index.ts";
import type { Query, Receipt } from "../ledger/index.ts";
import type { Problem, ProblemCode } from "./problems.ts";

export type NodeApi = {
  status(): NodeStatus;
  /**
   * Takes a transaction in: decoded, checked, handed to the pool. Bytes that came before give the status they have now.
   * Never longer than MAX_TRANSACTION_BYTES.
   */
  submit(bytes: Uint8Array): Promise<Submission>;
  /** One submission for each, in order. */
  submitBatch(transactions: readonly Uint8Array[]): Promise<readonly Submission[]>;
  transaction(id: Hash): TransactionStatus;
  /** Resolves at `until`, at any terminal state, when the time is over or `signal` aborts; always with the state so far. */
  waitFor(wait: Wait): Promise<TransactionStatus>;
  /** After the last final block. An account that was never used has balance 0 and nonce 0. */
  account(address: Address): AccountState;
  /** What a key of the state holds: after the last final block or, with a proof, after the last that can prove it. */
  state(key: Uint8Array, asked: { readonly proof: boolean }): Provable<StateView>;
  /** Asks the state machine, as of the same heights. */
  query(query: Query, asked: { readonly proof: boolean }): Provable<StateView>;
  /** What came of a final transaction, with a proof. */
  receiptProof(id: Hash): Provable<ReceiptView>;
  /** Final blocks. */
  block(selector: BlockSelector): BlockView | undefined | Promise<BlockView | undefined>;
  /** What became final, to be pulled, and word of what happens. */
  events(): EventFeed;
  /** Why the process ought to be restarted; empty while it is alive. */
  live(): readonly string[];
  /** Why it should get no work now; empty when it is ready. */
  ready(): readonly string[];
  /** In Prometheus's text format. */
  metrics(): Promise<string>;
};

export type Submission =
  | { readonly ok: true; readonly hash: Hash; readonly status: TransactionStatus }
  | { readonly ok: false; readonly problem: Problem };

/** `pending` and `included` may still change, `unknown` may become anything; the other three are the end. */
export type TransactionStatus =
  | { readonly state: "unknown" }
  | { readonly state: "pending" }
  /** In a certified block that is executed but not yet final. */
  | { readonly state: "included"; readonly height: Height; readonly block: Hash }
  /** For ever. The receipt's result is `ok` or `failed`; a skipped transaction is not final. */
  | {
      readonly state: "final";
      readonly height: Height;
      readonly block: Hash;
      readonly receipt: Receipt;
    }
  | { readonly state: "rejected"; readonly code: ProblemCode; readonly detail: string }
  | { readonly state: "expired"; readonly validUntilHeight?: Height };

export type WaitTarget = "accepted" | "included" | "final";

export type Wait = {
  readonly hash: Hash;
  readonly until: WaitTarget;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

export type AccountState = {
  readonly balance: bigint;
  /** The nonce of its next transaction. */
  readonly nonce: Nonce;
  /** The one that may sign, if it is not the one that the address is made from. */
  readonly key?: PublicKey | undefined;
  /** The final height that this is the state after. */
  readonly height: Height;
};

export type Provable<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

export type StateView = {
  readonly key: Uint8Array;
  /** Undefined: the key has none. */
  readonly value: Uint8Array | undefined;
  /** The final height that this is the state after; also of the proof. */
  readonly height: Height;
  /** The bytes of a StateProof. */
  readonly proof?: Uint8Array;
};

export type ReceiptView = {
  readonly final: Extract<TransactionStatus, { state: "final" }>;
  /** The transaction's height, or that of the next block with a certificate. */
  readonly certifiedHeight: Height;
  /** The bytes of a ReceiptProof. */
  readonly proof: Uint8Array;
};

export type BlockSelector =
  | { readonly by: "latest" }
  | { readonly by: "height"; readonly height: Height }
  | { readonly by: "hash"; readonly hash: Hash };

export type BlockView = {
  readonly block: Block;
  readonly hash: Hash;
  /** Ids, in the order of execution. */
  readonly transactions: readonly Hash[];
  /** Names the state after the block, too. Missing for a block that a later one made final. */
  readonly cert?: CommitCert;
};

export type EventFeed = {
  /** The newest height whose events can be read. */
  tip(): Height;
  /** Undefined beyond `tip`, and for what this node does not keep. */
  finalAt(height: Height): FinalEvents | undefined;
  /** The listener must not throw, nor take its time. Answers how to end it. */
  subscribe(listener: (occurrence: Occurrence) => void): () => void;
};

/** Never changed: whoever reads the same block may get the same object. */
export type FinalEvents = {
  readonly block: BlockView;
  /** One for each transaction of the block, in its order; also of those that were skipped. */
  readonly receipts: readonly Receipt[];
  /** The bytes of each transaction. */
  readonly bodies: readonly Uint8Array[];
};

export type Occurrence =
  /** There is a new `tip`. */
  | { readonly type: "final" }
  | { readonly type: "view"; readonly view: View; readonly leader: ValidatorIndex }
  | { readonly type: "evidence"; readonly evidence: Evidence };

export type NodeStatus = {
  readonly chainId: Hash;
  readonly chainName: string;
  readonly node: {
    readonly role: "validator" | "follower";
    readonly index?: ValidatorIndex;
    readonly publicKey?: PublicKey;
  };
  readonly version: string;
  /** Of the last final block. */
  readonly height: Height;
  readonly view: View;
  readonly finalized: {
    readonly height: Height;
    readonly hash: Hash;
    readonly stateRoot: Hash;
    /** The block's timestamp. */
    readonly timestampMs: number;
  };
  readonly validators: readonly Validator[];
  /** Everyone this node knows of, itself excepted. */
  readonly peers: readonly PeerStatus[];
  readonly sync: {
    readonly state: "synced" | "syncing";
    /** The height that it catches up to. */
    readonly target?: Height;
  };
  readonly pool: { readonly count: number; readonly bytes: number };
  /** The least fee of a transaction. */
  readonly minFee: bigint;
  /** What is missing while the chain stands still, "votes 2 of 3 in view 41; silent: v2", or agrees on no state. */
  readonly missing?: string;
};

export type PeerStatus = {
  /** Absent for a follower. */
  readonly index?: ValidatorIndex;
  readonly connected: boolean;
};
