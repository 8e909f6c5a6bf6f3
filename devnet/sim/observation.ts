// What an outsider can see of a simulated run: everything that oracles judge, a trace hashes, and a recording shows.

import type { Evidence, Halt, Message, ValidatorIndex } from "../../consensus/index.ts";
import type { FinalBlock } from "../../node/replica/index.ts";
import type { NodeId } from "../behaviours/index.ts";

export type { NodeId } from "../behaviours/index.ts";

export type Seen =
  /** Signed and about to be sent. */
  | { readonly type: "signed"; readonly message: Message }
  /** Arrived at `by`; undecodable bytes arrive as `garbage`. */
  | {
      readonly type: "heard";
      readonly from: NodeId;
      readonly message: Message["type"] | "garbage" | "transactions" | "question" | "answer";
      readonly view: number;
      /** What came, where it was a message: what liars sign shows only here. */
      readonly content?: Message;
    }
  /** The replica at `by` says that this block is final. A crash right after may take it back from its disk. */
  | { readonly type: "final"; readonly final: FinalBlock }
  | { readonly type: "view"; readonly view: number }
  | { readonly type: "gave-up"; readonly view: number }
  | { readonly type: "evidence"; readonly evidence: Evidence }
  | { readonly type: "penalised"; readonly peer: ValidatorIndex; readonly reason: string }
  /** `height`: of the last final block that its disk gave back. */
  | { readonly type: "started"; readonly height: number }
  | { readonly type: "crashed"; readonly why: string }
  /** Our own bug: an assertion failed, or worse. */
  | { readonly type: "threw"; readonly why: string }
  /** The disk refused to give back a state that may be signed with; the validator stays down. */
  | { readonly type: "refused-to-start"; readonly why: string }
  | { readonly type: "halted"; readonly halt: Halt }
  /** A fault of the timeline, or the end of one; `by` is the node it befalls, or -1 for the network. */
  | { readonly type: "fault"; readonly what: string };

export type Observation = Seen & { readonly atMs: number; readonly by: NodeId };

/** Bounds that memory is held to; sampled at every node every so often. */
export type MemorySample = {
  readonly by: NodeId;
  readonly pool: number;
  readonly blocks: number;
  readonly agenda: number;
};
