// From bytes of the network to events of the replica: decodes strictly, has signatures checked off the main loop, and
// says what the bytes are worth. Nothing here throws on input.

import {
  blockHash,
  type Message,
  messageCodec,
  type ValidatorIndex,
} from "../../consensus/index.ts";
import { ByteMap, decode, type Hash, type Height } from "../../crypto/index.ts";
import { hashIn } from "../../crypto/native/index.ts";
import type { GossipVerdict, Topic } from "../network/index.ts";
import type { ReplicaEvent } from "../replica/index.ts";
import {
  type Answer,
  answerCodec,
  batchCodec,
  type ProposalWithPayload,
  proposalWithPayloadCodec,
} from "../sync/index.ts";
import { type SignedTransaction, transactionId } from "../transaction/index.ts";
import type { Checked, CheckRule, VerificationPool } from "../verification/index.ts";

export type IngressOptions = {
  readonly verification: VerificationPool;
  /** Steps the replica; false if it found the event's sender at fault. */
  readonly step: (event: ReplicaEvent) => boolean;
  /** Has this block's proposal come before, or is it final? */
  readonly isKnownBlock: (block: { readonly hash: Hash; readonly height: Height }) => boolean;
  /** Is this body held already, with its signature checked? */
  readonly isHeld: (id: Hash) => boolean;
  readonly penalise: (peer: ValidatorIndex, reason: string) => void;
  /** Signatures can no longer be checked. */
  readonly failed: (error: unknown) => void;
};

export class Ingress {
  readonly #options: IngressOptions;

  constructor(options: IngressOptions) {
    this.#options = options;
  }

  gossip(
    topic: Topic,
    from: ValidatorIndex,
    bytes: Uint8Array,
  ): GossipVerdict | Promise<GossipVerdict> {
    switch (topic) {
      case "transactions":
        return this.#transactions(bytes);
      case "proposals":
        return this.#proposal(from, bytes);
      case "certificates":
        return this.#decision(from, bytes);
    }
  }

  /** A frame of the direct stream: votes, commit votes and timeouts of the validator at its other end, and no others. */
  frame(from: ValidatorIndex, bytes: Uint8Array): boolean {
    const decoded = decode(messageCodec, bytes);
    if (!decoded.ok) return false;
    const message = decoded.value;
    if (message.type === "proposal" || message.type === "decision") return false;
    if (message.voter !== from) return false;
    this.#options.step({ type: "message", from, message });
    return true;
  }

  /** What a peer answered to the ask `id`. */
  async answer(id: number, from: ValidatorIndex, bytes: Uint8Array): Promise<void> {
    const decoded = decode(answerCodec, bytes);
    if (!decoded.ok) {
      this.#options.penalise(from, `an answer that does not decode: ${decoded.refusal}`);
      this.#options.step({ type: "answer", id });
      return;
    }
    const answer: Answer = decoded.value;
    if (answer.type === "bodies") await this.#bodies(from, answer.bodies);
    this.#options.step({ type: "answer", id, answer });
  }

  async #transactions(bytes: Uint8Array): Promise<GossipVerdict> {
    const decoded = decode(batchCodec, bytes);
    if (!decoded.ok) return "reject";
    const news = decoded.value.bodies.filter((body) => !this.#options.isHeld(idOf(body)));
    // Nothing in it is new: not worth passing on, nor anybody's fault.
    const results = news.length === 0 ? undefined : await this.#check(news, "admission");
    if (results === undefined) return "ignore";
    const transactions = accepted(results);
    this.#options.step({ type: "transactions", source: "gossip", transactions });
    return transactions.length === results.length ? "accept" : "reject";
  }

  #proposal(from: ValidatorIndex, bytes: Uint8Array): GossipVerdict {
    const decoded = decode(proposalWithPayloadCodec, bytes);
    if (!decoded.ok) return "reject";
    const { message, ids, bodies }: ProposalWithPayload = decoded.value;
    if (message.type !== "proposal") return "reject";
    const { block } = message;
    if (this.#options.isKnownBlock({ hash: blockHash(block), height: block.height }))
      return "ignore";
    const bodyIds = bodies.map(idOf);
    if (!areAmong(bodyIds, ids)) return "reject";
    const isSound = this.#options.step({ type: "message", from, message, ids });
    if (!isSound) return "reject";
    const news = bodies.filter((_, at) => !this.#options.isHeld(bodyIds[at] as Hash));
    // Votes wait for the bodies, forwarding does not. Whoever proposed the ids answers for the bytes behind them.
    if (news.length > 0) this.#bodies(block.proposer, news).catch(this.#options.failed);
    return "accept";
  }

  #decision(from: ValidatorIndex, bytes: Uint8Array): GossipVerdict {
    const decoded = decode(messageCodec, bytes);
    if (!decoded.ok || decoded.value.type !== "decision") return "reject";
    const message: Message = decoded.value;
    return this.#options.step({ type: "message", from, message }) ? "accept" : "reject";
  }

  async #bodies(from: ValidatorIndex, bodies: readonly Uint8Array[]): Promise<void> {
    const results = await this.#check(bodies, "vote");
    if (results === undefined) return;
    const transactions = accepted(results);
    if (transactions.length < results.length) {
      this.#options.penalise(from, "bodies that are no valid transactions");
    }
    this.#options.step({ type: "bodies", transactions });
  }

  /** Undefined if the pool has no room, or is closing: no fault of the sender. */
  async #check(
    transactions: readonly Uint8Array[],
    rule: CheckRule,
  ): Promise<readonly Checked[] | undefined> {
    const outcome = await this.#options.verification.check(transactions, rule);
    return outcome.ok ? outcome.results : undefined;
  }
}

/** Every variant of a proposal that honest validators forward has only bodies that it names. */
function areAmong(bodyIds: readonly Hash[], ids: readonly Hash[]): boolean {
  const named = new ByteMap<true>();
  for (const id of ids) named.set(id, true);
  return bodyIds.every((id) => named.has(id));
}

function idOf(body: Uint8Array): Hash {
  return transactionId(body, hashIn);
}

function accepted(results: readonly Checked[]): readonly SignedTransaction[] {
  return results.flatMap((result) => (result.ok ? [result.transaction] : []));
}
