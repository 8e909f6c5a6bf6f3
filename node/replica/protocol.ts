// The replica's two alphabets: what can happen to a validator, and what it wants done. A `persist` or `store` is durable
// before any later `sign` is carried out; all other effects are obeyed in order, at once.

import type {
  Block,
  CommitCert,
  Draft,
  Evidence,
  Halt,
  Message,
  SafetyState,
  ValidatorIndex,
} from "../../consensus/index.ts";
import type { Hash, Height, View } from "../../crypto/index.ts";
import type { PoolRefusal } from "../../mempool/index.ts";
import type { Receipt, StoredChange } from "../ledger/index.ts";
import type { Answer, Ask, BlockWithBodies } from "../sync/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";

/**
 * `view`: how long the view may last. `propose`: our block is due. `retry`: ask again. `pull`: ask for late bodies.
 * `recovery`: ask again how far the others are.
 */
export type Timer = "view" | "propose" | "retry" | "pull" | "recovery";

/** The time of an event, by two clocks. */
export type Moment = {
  /** Never runs backwards: what durations are measured by. From any zero. */
  readonly monotonicMs: number;
  /** Milliseconds since 1970 as this validator believes: for timestamps of blocks only. It may be wrong, step, stand still. */
  readonly wallMs: number;
};

export type ReplicaEvent =
  /** Once, before all else. */
  | { readonly type: "start" }
  /** Decoded, not verified. From ourselves: what we signed as asked. A proposal comes with the ids of its payload. */
  | {
      readonly type: "message";
      readonly from: ValidatorIndex;
      readonly message: Message;
      readonly ids?: readonly Hash[];
    }
  /** Decoded, signatures checked by the rule for admission. `local`: from a client of ours, who hears of `admission`. */
  | {
      readonly type: "transactions";
      readonly source: "local" | "gossip";
      readonly transactions: readonly SignedTransaction[];
    }
  /** Bodies for blocks that wait for them, signatures checked by the rule for votes. */
  | { readonly type: "bodies"; readonly transactions: readonly SignedTransaction[] }
  | { readonly type: "timer"; readonly timer: Timer }
  /** What came of an `ask`; without an answer, it failed. Bodies in a `bodies` answer arrive as that event instead. */
  | { readonly type: "answer"; readonly id: number; readonly answer?: Answer };

export type AdmissionRefusal =
  | PoolRefusal
  | { readonly refusal: "app-rejected"; readonly code: string };

export type Admission =
  | { readonly ok: true; readonly status: "added" | "replaced" | "duplicate" }
  | ({ readonly ok: false } & AdmissionRefusal);

export type ReplicaEffect =
  | { readonly type: "persist"; readonly state: SafetyState }
  | { readonly type: "store"; readonly hash: Hash; readonly stored: BlockWithBodies }
  /** Sign once all before is durable, send to all, hand back as a `message`. A proposal goes with its transactions. */
  | {
      readonly type: "sign";
      readonly draft: Draft;
      readonly transactions?: readonly SignedTransaction[];
    }
  /** (Re)starts the timer of this name. */
  | { readonly type: "timer"; readonly timer: Timer; readonly ms: number }
  | { readonly type: "gossip-transactions"; readonly transactions: readonly SignedTransaction[] }
  | { readonly type: "gossip-decision"; readonly cert: CommitCert }
  /** To another validator, or to our own disk if `to` is ourselves. */
  | { readonly type: "ask"; readonly ask: Ask }
  | { readonly type: "admission"; readonly id: Hash; readonly admission: Admission }
  | { readonly type: "enter-view"; readonly view: View; readonly leader: ValidatorIndex }
  | { readonly type: "gave-up-view"; readonly view: View }
  /** Certified and executed: final unless a fork takes its place. */
  | {
      readonly type: "included";
      readonly hash: Hash;
      readonly height: Height;
      readonly ids: readonly Hash[];
    }
  | { readonly type: "final"; readonly final: FinalBlock }
  /** A certificate for a block that is final already; the same one may come again. */
  | { readonly type: "certify"; readonly cert: CommitCert }
  | { readonly type: "evidence"; readonly evidence: Evidence }
  | { readonly type: "penalise"; readonly peer: ValidatorIndex; readonly reason: string }
  | { readonly type: "halt"; readonly halt: Halt };

/** A block that nobody can take back, and what came of it. */
export type FinalBlock = {
  readonly block: Block;
  readonly hash: Hash;
  readonly stateRoot: Hash;
  readonly transactions: readonly SignedTransaction[];
  readonly receipts: readonly Receipt[];
  readonly changes: readonly StoredChange[];
  readonly cert?: CommitCert;
};
