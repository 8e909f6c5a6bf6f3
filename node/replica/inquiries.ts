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
import {
  type Answer,
  Asks,
  acceptBlock,
  acceptRun,
  MAX_ASKED_BODIES,
  type Question,
  type WholeBlock,
} from "../sync/index.ts";
import { missingIds, type Payload } from "./payloads.ts";
import type { ReplicaEffect } from "./protocol.ts";

export type InquiriesOptions = {
  readonly validators: ValidatorSet;
  readonly self: ValidatorIndex | undefined;
  readonly verifier: Verifier;
  readonly tip: () => Tip;
  readonly emit: (effect: ReplicaEffect) => void;
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

  bodies(payload: Payload): void {
    const ids = missingIds(payload).slice(0, MAX_ASKED_BODIES);
    this.#ask({ type: "bodies", block: payload.hash, ids }, [payload.block.proposer]);
  }

  /** All bodies of this block are here. */
  complete(block: Hash): void {
    this.#asks.settle(keyOf({ type: "bodies", block, ids: [] }));
  }

  /** A block is final: nobody needs to send it any more. */
  committed(tip: Pick<Tip, "hash" | "height">): void {
    this.#asks.settle(keyOf({ type: "block", hash: tip.hash }));
    if (this.#catchUpTo !== undefined && tip.height >= this.#catchUpTo) this.#continueCatchUp();
  }

  retry(): void {
    for (const ask of this.#asks.retry()) this.#options.emit({ type: "ask", ask });
  }

  answered(id: number, answer: Answer | undefined): void {
    const question = this.#asks.questionOf(id);
    if (question === undefined) return;
    if (answer?.type === "block" && question.type === "block") {
      const accepted = acceptBlock(answer, question.hash);
      if (!accepted.ok) return this.#askNext(id);
      this.#asks.settle(keyOf(question));
      return this.#options.deliver([accepted.value], undefined);
    }
    if (answer?.type === "blocks" && question.type === "blocks") return this.#takeRun(id, answer);
    // Bodies arrived on their own; had they been enough, nobody would wait for this answer any more.
    this.#askNext(id);
  }

  #takeRun(id: number, answer: Extract<Answer, { type: "blocks" }>): void {
    const tip = this.#options.tip();
    const question = this.#asks.questionOf(id);
    assert(question?.type === "blocks", "a run answers a question for one");
    // Meanwhile we came by these blocks otherwise: ask for what follows.
    if (question.from !== tip.height + 1) return this.#continueCatchUp();
    const accepted = acceptRun(answer, { tip, verifier: this.#options.verifier });
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
    const ask = this.#asks.start(keyOf(question), question, candidates);
    if (ask !== undefined) emit({ type: "ask", ask });
  }

  #askNext(id: number): void {
    const ask = this.#asks.fail(id);
    if (ask !== undefined) this.#options.emit({ type: "ask", ask });
    else if (this.#asks.waiting > 0) {
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
  }
}
