// What a replica misses and asks others for: bodies of proposals, single blocks by hash, runs of final blocks. Decides
// whom to ask, believes only what it can check, and goes on to the next one after every answer that is no help.

import type {
  CommitCert,
  Tip,
  ValidatorIndex,
  ValidatorSet,
  Verified,
  Verifier,
} from "../../consensus/index.ts";
import { assert, type Hash, type Height, toHex } from "../../crypto/index.ts";
import type { Hashers } from "../ledger/index.ts";
import {
  type Answer,
  Asks,
  acceptBlock,
  acceptRun,
  MAX_ASKED_BODIES,
  type Question,
  type WholeBlock,
} from "../sync/index.ts";
import type { Payload } from "./payloads.ts";
import type { ReplicaEffect } from "./protocol.ts";

export type InquiriesOptions = {
  readonly validators: ValidatorSet;
  readonly self: ValidatorIndex | undefined;
  readonly verifier: Verifier;
  readonly tip: () => Tip;
  readonly emit: (effect: ReplicaEffect) => void;
  /** The bodies that this block still lacks; undefined if nobody needs them any more. */
  readonly missing: (block: Hash) => readonly Hash[] | undefined;
  readonly hashers: Hashers;
  /** Takes in blocks that are what they were asked for. */
  readonly deliver: (blocks: readonly WholeBlock[], cert: Verified<CommitCert> | undefined) => void;
};

/** After everyone was asked in vain. */
const RETRY_MS = 200;
/** There is at most one question for runs of blocks. */
const RUN_KEY = "blocks";

export class Inquiries {
  readonly #options: InquiriesOptions;
  readonly #asks = new Asks();
  #catchUpTo: Height | undefined;
  /** Counts commits: what was asked for two of them ago is asked for again if it is still needed. */
  #era = 0;

  constructor(options: InquiriesOptions) {
    this.#options = options;
  }

  /** The height that catch-up is on its way to; undefined when we keep up. */
  get catchingUpTo(): Height | undefined {
    return this.#catchUpTo;
  }

  block(hash: Hash, holders: readonly ValidatorIndex[]): void {
    this.#ask({ type: "block", hash }, holders);
  }

  catchUp(height: Height): void {
    this.#catchUpTo = height;
    this.#ask({ type: "blocks", from: (this.#options.tip().height + 1) as Height }, []);
  }

  bodies({ hash, block }: Pick<Payload, "hash" | "block">): void {
    const question = this.#missingBodies(hash);
    if (question !== undefined) this.#ask(question, [block.proposer]);
  }

  /** All bodies of this block are here. */
  complete(block: Hash): void {
    this.#asks.settle(keyOf({ type: "bodies", block, ids: [] }));
  }

  /** A block is final: nobody needs to send it, or what it overtook, any more. */
  committed(tip: Pick<Tip, "hash" | "height">): void {
    this.#era += 1;
    this.#asks.settle(keyOf({ type: "block", hash: tip.hash }));
    this.#asks.settleWhere((question, era) => {
      if (question.type === "block") return era + 1 < this.#era;
      return question.type === "bodies" && this.#options.missing(question.block) === undefined;
    });
    if (this.#catchUpTo !== undefined && tip.height >= this.#catchUpTo) this.#continueCatchUp();
  }

  retry(): void {
    for (const ask of this.#asks.retry()) this.#options.emit({ type: "ask", ask });
  }

  answered(id: number, answer: Answer | undefined): void {
    const question = this.#asks.questionOf(id);
    if (question === undefined) return;
    if (answer?.type === "block" && question.type === "block") {
      const accepted = acceptBlock(answer, question.hash, this.#options.hashers);
      if (!accepted.ok) return this.#askNext(id);
      this.#asks.settle(keyOf(question));
      return this.#options.deliver([accepted.value], undefined);
    }
    if (answer?.type === "blocks" && question.type === "blocks") return this.#takeRun(id, answer);
    if (question.type !== "bodies") return this.#askNext(id);
    // Bodies arrived on their own, before this answer: is anything still missing?
    const rest = this.#missingBodies(question.block);
    if (rest === undefined) this.#asks.settle(keyOf(question));
    else this.#askNext(id, rest);
  }

  #missingBodies(block: Hash): Question | undefined {
    const ids = this.#options.missing(block) ?? [];
    if (ids.length === 0) return undefined;
    return { type: "bodies", block, ids: ids.slice(0, MAX_ASKED_BODIES) };
  }

  #takeRun(id: number, answer: Extract<Answer, { type: "blocks" }>): void {
    const tip = this.#options.tip();
    const question = this.#asks.questionOf(id);
    assert(question?.type === "blocks", "a run answers a question for one");
    // Meanwhile we came by these blocks otherwise: ask for what follows.
    if (question.from !== tip.height + 1) return this.#continueCatchUp();
    const { verifier, hashers } = this.#options;
    const accepted = acceptRun(answer, { tip, verifier, hashers });
    if (!accepted.ok) return this.#askNext(id);
    this.#asks.settle(RUN_KEY);
    this.#options.deliver(accepted.value.blocks, accepted.value.cert);
    this.#continueCatchUp();
  }

  #continueCatchUp(): void {
    const { height } = this.#options.tip();
    this.#asks.settle(RUN_KEY);
    if (this.#catchUpTo !== undefined && height < this.#catchUpTo) this.catchUp(this.#catchUpTo);
    else this.#catchUpTo = undefined;
  }

  /** Asks those who should know, then everyone else. */
  #ask(question: Question, holders: readonly ValidatorIndex[]): void {
    const { validators, self, tip, emit } = this.#options;
    const { height } = tip();
    const count = validators.members.length;
    const everyone = validators.members.map((_, index) => (index + height) % count);
    const candidates = [...new Set([...holders, ...everyone])].filter((index) => index !== self);
    const wanted = { key: keyOf(question), question, era: this.#era };
    const ask = this.#asks.start(wanted, candidates);
    if (ask !== undefined) emit({ type: "ask", ask });
  }

  #askNext(id: number, rest?: Question): void {
    const ask = this.#asks.fail(id, rest);
    if (ask !== undefined) this.#options.emit({ type: "ask", ask });
    else if (this.#asks.waiting === 1) {
      this.#options.emit({ type: "timer", timer: "retry", ms: RETRY_MS });
    }
  }
}

/** One thing wanted is one key, whoever wants it. */
function keyOf(question: Question): string {
  switch (question.type) {
    case "block":
      return `block ${toHex(question.hash)}`;
    case "blocks":
      return RUN_KEY;
    case "bodies":
      return `bodies of ${toHex(question.block)}`;
    case "certificates":
      return "certificates";
  }
}
