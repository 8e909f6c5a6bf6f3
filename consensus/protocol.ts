// The engine's two alphabets: what can happen to it, and what it wants done. Effects are obeyed in order, and a
// `persist` or `store` is durable before any later `sign` is carried out.

import type { Hash, Height, View } from "../crypto/index.ts";
import type { CommitCert, QuorumCert } from "./certificates.ts";
import type { Tip } from "./chain.ts";
import type { Block, Draft, Message } from "./messages.ts";
import type { SafetyState } from "./safety-rules.ts";
import type { ValidatorIndex } from "./validators.ts";
import type { Verified } from "./verification.ts";

export type Event =
  /** Once: enters the view that the durable state proves, and says again what it had said there. */
  | { readonly type: "start" }
  /** From another validator, verified; or our own, signed as asked. */
  | { readonly type: "message"; readonly message: Verified<Message> }
  /** Enough others have said how far they are: what we sign begins after this view. Only the first one counts. */
  | { readonly type: "recovered"; readonly through: View }
  /** The time that `enter-view` or `restart-timer` gave is over. */
  | { readonly type: "timer"; readonly view: View }
  /** The answer to `propose`: what to put into our block. */
  | {
      readonly type: "payload";
      readonly view: View;
      readonly payload: Hash;
      readonly timestampMs: number;
    }
  /** The answer to `obtain-payload`: all bodies are held; with a refusal, not to be voted for. */
  | { readonly type: "payload-held"; readonly block: Hash; readonly refusal?: string }
  /** The answer to `execute`. */
  | { readonly type: "executed"; readonly block: Hash; readonly stateRoot: Hash }
  /** The answer to `fetch` or `catch-up`: blocks that hash to what was asked for, oldest first, bodies held. */
  | {
      readonly type: "blocks";
      readonly blocks: readonly Block[];
      readonly cert?: Verified<CommitCert>;
    };

export type Effect =
  /** Make durable, before any later `sign`. */
  | { readonly type: "persist"; readonly state: SafetyState }
  /** Make block and bodies durable, before any later `sign`. */
  | { readonly type: "store"; readonly block: Block; readonly hash: Hash }
  /** Sign, send to all validators, and hand back as a `message`. */
  | { readonly type: "sign"; readonly draft: Draft }
  | {
      readonly type: "enter-view";
      readonly view: View;
      readonly leader: ValidatorIndex;
      readonly timeoutMs: number;
    }
  | { readonly type: "restart-timer"; readonly view: View; readonly timeoutMs: number }
  /** We lead this view: answer with a `payload` for a block on `parent`. */
  | {
      readonly type: "propose";
      readonly view: View;
      readonly height: Height;
      readonly parent: Hash;
    }
  /** Get hold of the bodies, from `proposer` or anyone; answer `payload-held`. */
  | { readonly type: "obtain-payload"; readonly block: Block; readonly hash: Hash }
  /** Get the block with this hash from one of those who vouched for it; answer `blocks`. */
  | {
      readonly type: "fetch";
      readonly hash: Hash;
      readonly holders: readonly ValidatorIndex[];
    }
  /** Far behind: get runs of certified blocks from our tip up to about this height; answer `blocks`, as often as need be. */
  | { readonly type: "catch-up"; readonly height: Height }
  /** After its parent, which may have several children: whoever executes goes back to the parent's state first. */
  | { readonly type: "execute"; readonly block: Block; readonly hash: Hash }
  /** Final. In order of height, without a gap. `cert` where the block has one of its own. */
  | {
      readonly type: "commit";
      readonly block: Block;
      readonly hash: Hash;
      readonly stateRoot: Hash;
      readonly cert?: CommitCert;
    }
  /** A certificate for a block that was committed without one. */
  | { readonly type: "certify"; readonly cert: CommitCert }
  | { readonly type: "evidence"; readonly evidence: Evidence }
  /** Stop for good and keep what is here for people to look at. Always the last effect. */
  | { readonly type: "halt"; readonly halt: Halt };

/** Two messages that no honest validator signs both. */
export type Evidence = {
  readonly offender: ValidatorIndex;
  readonly view: View;
  readonly first: Message;
  readonly second: Message;
};

export type HaltReason = "conflicting-commit" | "state-diverged";

export type Halt = {
  readonly reason: HaltReason;
  /** Where the others are said to have decided otherwise. */
  readonly height: Height;
  readonly view: View;
  /** What this validator holds: a block hash or a state root. */
  readonly ours: Hash;
  /** What a quorum, or the two-chain rule, says. */
  readonly theirs: Hash;
  readonly cert?: CommitCert;
};

/** What a person asks of a chain that does not move. */
export type EngineStatus = {
  readonly view: View;
  readonly leader: ValidatorIndex;
  readonly tip: Tip;
  readonly highQc: QuorumCert;
  readonly voters: readonly ValidatorIndex[];
  readonly timeouts: readonly ValidatorIndex[];
  readonly halted: boolean;
  /** We sign nothing up to this view; UNKNOWN_PAST while we do not know how long. */
  readonly silentThrough: View;
};
