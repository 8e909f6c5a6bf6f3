// A whole validator without its clock, network and disk: engine, pool, ledger and sync under one
// `step(event, now) -> effects`. The live node and the simulator drive the very same class.
//
// Upon transactions: admit them to the pool by the committed state, pass on what came from our clients.
// Upon a message: verify it, note a proposal's payload, let the engine decide, obey the engine.
// Upon the engine's wish for a payload: select from the pool what no uncommitted ancestor carries.
// Upon a block that waits for bodies: take them from the pool, pull the rest from its proposer, then from anyone.
// Upon a start with the record of what was signed lost: hear first how far the others are.
// Upon a commit: execute, hand out what became final, prune pool and payloads.

import {
  blockHash,
  type CommitCert,
  type Draft,
  type Effect,
  Engine,
  type Event,
  type Evidence,
  MAX_BLOCKS,
  type Message,
  type Proposal,
  type ValidatorIndex,
  type Verification,
  type Verified,
  Verifier,
} from "../../consensus/index.ts";
import { assert, ByteMap, equalBytes, type Hash } from "../../crypto/index.ts";
import { Pool } from "../../mempool/index.ts";
import type { Ledger } from "../ledger/index.ts";
import { carriesItsPayload, payloadHash, type WholeBlock } from "../sync/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import { admit, type PooledTransaction } from "./admission.ts";
import { Content } from "./content.ts";
import { Executor } from "./executor.ts";
import { Inquiries } from "./inquiries.ts";
import { Inventory } from "./inventory.ts";
import type { ReplicaOptions, ReplicaStatus } from "./options.ts";
import { Pacing } from "./pacing.ts";
import { missingIds, type Payload, Payloads, transactionsOf } from "./payloads.ts";
import type { Moment, ReplicaEffect, ReplicaEvent, Timer } from "./protocol.ts";
import { Recovery } from "./recovery.ts";
import { payloadRefusal } from "./voting-conditions.ts";

/** Between a proposal that lacks bodies and the first question: gossip may be about to bring them. */
const PULL_GRACE_MS = 4;
/** The newest contradictions are kept for whoever asks. */
const MAX_EVIDENCE = 256;

export class Replica {
  readonly inventory: Inventory;
  readonly #options: ReplicaOptions;
  readonly #engine: Engine;
  readonly #verifier: Verifier;
  readonly #pool: Pool<PooledTransaction>;
  readonly #ledger: Ledger;
  readonly #payloads = new Payloads();
  readonly #inquiries: Inquiries;
  readonly #recovery: Recovery;
  readonly #executor: Executor;
  readonly #content: Content;
  readonly #pacing: Pacing;
  readonly #evidence: Evidence[] = [];
  readonly #inbox: Event[] = [];
  #effects: ReplicaEffect[] = [];
  #now: Moment = { monotonicMs: 0, wallMs: 0 };
  /** The payload that comes with the proposal under way into the engine. */
  #announced: { readonly hash: Hash; readonly ids: readonly Hash[] } | undefined;
  /** The newest view whose proposal has come. */
  #newestProposal = 0;
  /** What we selected for our own next block. */
  #selected: readonly SignedTransaction[] = [];

  constructor(options: ReplicaOptions) {
    this.#options = options;
    const { validators, self, scheme, genesisQc } = options;
    const pacemaker = { baseTimeoutMs: options.baseTimeoutMs };
    this.#engine = new Engine({ ...options, pacemaker });
    this.#verifier = new Verifier(validators, scheme, genesisQc, options.leaders);
    this.#pool = new Pool(options.pool);
    this.#ledger = options.ledger;
    this.#pacing = new Pacing(options.pacing);
    const { ledger } = options;
    const pending = { pool: this.#pool, payloads: this.#payloads };
    const certificates = () => this.#engine.certificates;
    this.inventory = new Inventory({ ...pending, tip: () => this.#engine.tip, certificates });
    this.#recovery = new Recovery({
      ...{ validators, self, verifier: this.#verifier, certificates },
      hasSignedBefore: options.hasSignedBefore ?? false,
      silentThrough: () => this.#engine.status.silentThrough,
      emit: (effect) => this.#effects.push(effect),
      recovered: (through) => this.#feed({ type: "recovered", through }),
    });
    this.#executor = new Executor({ ...pending, ledger, validators });
    this.#content = new Content({ ...pending, limits: options.limits });
    this.#inquiries = new Inquiries({
      validators,
      self,
      verifier: this.#verifier,
      tip: () => this.#engine.tip,
      emit: (effect) => this.#effects.push(effect),
      missing: (block) => {
        const payload = this.#payloads.get(block);
        return payload && missingIds(payload);
      },
      hashers: options.hashers ?? {},
      deliver: (blocks, cert) => this.#deliver(blocks, cert),
    });
  }

  get status(): ReplicaStatus {
    const { count, bytes } = this.#pool.size;
    const pool = { count, bytes };
    return { ...this.#engine.status, pool, catchingUpTo: this.#inquiries.catchingUpTo };
  }

  get evidence(): readonly Evidence[] {
    return this.#evidence;
  }

  step(event: ReplicaEvent, now: Moment): readonly ReplicaEffect[] {
    this.#effects = [];
    this.#now = now;
    this.#handle(event);
    return this.#effects;
  }

  #handle(event: ReplicaEvent): void {
    switch (event.type) {
      case "start":
        return this.#onStart();
      case "message":
        return this.#onMessage(event.from, event.message, event.ids);
      case "transactions":
        return this.#onTransactions(event.source, event.transactions);
      case "bodies":
        for (const transaction of event.transactions) this.#supply(transaction);
        return;
      case "timer":
        return this.#onTimer(event.timer);
      case "answer":
        if (this.#recovery.answered(event.id, event.answer)) return;
        return this.#inquiries.answered(event.id, event.answer);
    }
  }

  #onStart(): void {
    // First what is here already: it need not be asked for, and a proposal that has to be repeated finds its content.
    this.#deliver(this.#options.stored, undefined);
    this.#feed({ type: "start" });
    this.#recovery.ask();
  }

  // --- Transactions ----------------------------------------------------------------------------------------------

  #onTransactions(source: "local" | "gossip", transactions: readonly SignedTransaction[]): void {
    const { height } = this.#engine.tip;
    const fresh: SignedTransaction[] = [];
    for (const transaction of transactions) {
      const admission = admit(transaction, { pool: this.#pool, ledger: this.#ledger, height });
      if (admission.ok && admission.status !== "duplicate") fresh.push(transaction);
      if (source === "local") {
        this.#effects.push({ type: "admission", id: transaction.id, admission });
      }
      this.#supply(transaction);
    }
    if (fresh.length === 0) return;
    if (source === "local")
      this.#effects.push({ type: "gossip-transactions", transactions: fresh });
    if (this.#pacing.isIdle && this.#content.hasWork(this.#engine.highQc)) this.#startCounting();
    this.#tryPropose();
  }

  /** A body may be what some block waits for. */
  #supply(transaction: SignedTransaction): void {
    for (const payload of this.#payloads.supply(transaction)) this.#judge(payload);
  }

  // --- Messages --------------------------------------------------------------------------------------------------

  #onMessage(from: ValidatorIndex, message: Message, ids: readonly Hash[] | undefined): void {
    if (message.type === "proposal" && !this.#isWellFormed(message, ids)) {
      return this.#penalise(from, "a payload that is not the proposal's");
    }
    const verification = this.#verify(from, message);
    if (!verification.ok) return this.#penalise(from, verification.refusal);
    if (message.type === "proposal") {
      this.#announced = { hash: blockHash(message.block), ids: ids ?? [] };
      if (message.block.view >= this.#engine.view) this.#startCounting();
    }
    this.#feed({ type: "message", message: verification.message });
    this.#announced = undefined;
  }

  /** What we signed ourselves needs no check. */
  #verify(from: ValidatorIndex, message: Message): Verification<Message> {
    if (from !== this.#options.self) return this.#verifier.verify(message, this.#engine.highQc);
    return { ok: true, message: message as Verified<Message> };
  }

  #isWellFormed(proposal: Proposal, ids: readonly Hash[] | undefined): boolean {
    if (ids === undefined || ids.length > this.#options.limits.maxBlockTransactions) return false;
    const distinct = new ByteMap<true>();
    for (const id of ids) distinct.set(id, true);
    return (
      distinct.size === ids.length &&
      carriesItsPayload(proposal, ids, this.#options.hashers?.hashLayer)
    );
  }

  // --- The engine ------------------------------------------------------------------------------------------------

  /** Runs the engine until it has nothing more to say. */
  #feed(event: Event): void {
    this.#inbox.push(event);
    if (this.#inbox.length > 1) return;
    for (let at = 0; at < this.#inbox.length; at++) {
      for (const effect of this.#engine.step(this.#inbox[at] as Event)) this.#obey(effect);
    }
    this.#inbox.length = 0;
  }

  #obey(effect: Effect): void {
    switch (effect.type) {
      case "persist":
      case "certify":
        return this.#pass(effect);
      case "store":
        return this.#store(effect.hash);
      case "sign":
        return this.#sign(effect.draft);
      case "enter-view":
        return this.#onEnterView(effect);
      case "restart-timer":
        return this.#setTimer("view", effect.timeoutMs);
      case "propose":
        this.#pacing.proposalDue(effect);
        return this.#tryPropose();
      case "obtain-payload":
        return this.#obtainPayload(effect);
      case "fetch":
        return this.#inquiries.block(effect.hash, effect.holders);
      case "catch-up":
        return this.#inquiries.catchUp(effect.height);
      case "execute":
        return this.#execute(effect.hash);
      case "commit":
        return this.#commit(effect);
      case "evidence":
        this.#evidence.push(effect.evidence);
        if (this.#evidence.length > MAX_EVIDENCE) this.#evidence.shift();
        return this.#pass(effect);
      case "halt":
        return this.#pass(effect);
    }
  }

  #pass(effect: ReplicaEffect): void {
    this.#effects.push(effect);
  }

  #store(hash: Hash): void {
    const stored = this.#payloads.blockWithBodies(hash);
    assert(stored !== undefined, "the engine stores only blocks whose bodies are held");
    this.#pass({ type: "store", hash, stored });
  }

  #sign(draft: Draft): void {
    if (draft.type !== "proposal") return this.#pass({ type: "sign", draft });
    const hash = blockHash(draft.block);
    const ids = this.#selected.map(({ id }) => id);
    const { block } = draft;
    // Final already, and its payload gone: to repeat it would help nobody.
    if (block.height <= this.#engine.tip.height) return;
    const isSelected = equalBytes(this.#payloadHash(ids), block.payload);
    const payload =
      this.#payloads.get(hash) ??
      (isSelected
        ? this.#payloads.open({ block, hash, ids }, (id) => this.inventory.find(id))
        : undefined);
    // After a restart the selection may be gone: then the view passes without our block.
    if (payload === undefined || payload.missing > 0) return;
    this.#pass({ type: "sign", draft, transactions: transactionsOf(payload) });
  }

  #onEnterView(effect: Extract<Effect, { type: "enter-view" }>): void {
    const { view, leader, timeoutMs } = effect;
    this.#payloads.pruneViews(view, (hash) => this.#engine.block(hash) !== undefined);
    this.#pass({ type: "enter-view", view, leader });
    const isIdle = !this.#content.hasWork(this.#engine.highQc);
    this.#setTimer("view", this.#pacing.viewEntered(this.#now.monotonicMs, { timeoutMs, isIdle }));
  }

  #setTimer(timer: Timer, ms: number): void {
    this.#pass({ type: "timer", timer, ms });
  }

  #onTimer(timer: Timer): void {
    switch (timer) {
      case "view":
        this.#pass({ type: "gave-up-view", view: this.#engine.view });
        return this.#feed({ type: "timer", view: this.#engine.view });
      case "propose":
        return this.#tryPropose();
      case "pull":
        for (const payload of this.#payloads.incomplete()) this.#inquiries.bodies(payload);
        return;
      case "retry":
        return this.#inquiries.retry();
      case "recovery":
        return this.#recovery.ask();
    }
  }

  // --- Proposing -------------------------------------------------------------------------------------------------

  #tryPropose(): void {
    const { due } = this.#pacing;
    if (due === undefined) return;
    const earliestMs = this.#pacing.waitMs(this.#now.monotonicMs, {
      hasWork: true,
      mustFlush: false,
    });
    if (earliestMs > 0) return this.#setTimer("propose", earliestMs);
    const selected = this.#content.select(this.#engine.highQc);
    const mustFlush = this.#content.hasUncommitted(due.parent);
    const hasWork = selected.length > 0;
    const waitMs = this.#pacing.waitMs(this.#now.monotonicMs, { hasWork, mustFlush });
    if (waitMs > 0) return this.#setTimer("propose", waitMs);
    this.#pacing.proposed();
    this.#selected = selected;
    const payload = this.#payloadHash(selected.map(({ id }) => id));
    const parentMs = this.#timestampOf(due.parent);
    assert(parentMs !== undefined, "a proposal is due once its parent is held");
    const timestampMs = Math.max(this.#now.wallMs, parentMs + 1);
    this.#feed({ type: "payload", view: due.view, payload, timestampMs });
  }

  #payloadHash(ids: readonly Hash[]): Hash {
    return payloadHash(ids, this.#options.hashers?.hashLayer);
  }

  /** A view begins before the block below it is final; once that is, an idle leader may take its time. */
  #restIfIdle(): void {
    const isProposed = this.#newestProposal >= this.#engine.view;
    if (isProposed || this.#pacing.isIdle || this.#content.hasWork(this.#engine.highQc)) return;
    this.#setTimer("view", this.#pacing.workDone(this.#now.monotonicMs));
  }

  /** From now on the leader's time counts: there is something to order. */
  #startCounting(): void {
    const ms = this.#pacing.workArrived(this.#now.monotonicMs);
    if (ms !== undefined) this.#setTimer("view", ms);
  }

  #timestampOf(hash: Hash): number | undefined {
    const { tip } = this.#engine;
    return equalBytes(hash, tip.hash) ? tip.timestampMs : this.#engine.block(hash)?.timestampMs;
  }

  // --- Bodies ----------------------------------------------------------------------------------------------------

  #obtainPayload({ block, hash }: Extract<Effect, { type: "obtain-payload" }>): void {
    if (block.view >= this.#engine.view) this.#pacing.blockSeen(this.#now.monotonicMs);
    if (block.view > this.#newestProposal) this.#newestProposal = block.view;
    const announced = this.#announced;
    const known = this.#payloads.get(hash);
    assert(
      known !== undefined || (announced !== undefined && equalBytes(announced.hash, hash)),
      "a block comes with its ids or with its bodies",
    );
    const ids = known?.ids ?? announced?.ids ?? [];
    const payload = this.#payloads.open({ block, hash, ids }, (id) => this.inventory.find(id));
    if (payload.missing === 0) return this.#judge(payload);
    this.#setTimer("pull", PULL_GRACE_MS);
  }

  /** All bodies are here: may we vote for it? */
  #judge(payload: Payload): void {
    this.#inquiries.complete(payload.hash);
    const refusal = payloadRefusal(payload, {
      limits: this.#options.limits,
      now: this.#now.wallMs,
      parentTimestampMs: this.#timestampOf(payload.block.parent),
      check: (transaction) => this.#ledger.check(transaction),
    });
    const held = { type: "payload-held", block: payload.hash } as const;
    this.#feed(refusal === undefined ? held : { ...held, refusal });
  }

  /** Blocks that came whole go to the engine with their bodies held. */
  #deliver(blocks: readonly WholeBlock[], cert: Verified<CommitCert> | undefined): void {
    for (const whole of blocks) this.#openWhole(whole);
    const event = { type: "blocks", blocks: blocks.map(({ block }) => block) } as const;
    this.#feed(cert === undefined ? event : { ...event, cert });
    this.#payloads.prune(this.#engine.tip.height);
    if (this.#payloads.size > MAX_BLOCKS) {
      this.#payloads.pruneUnheld((hash) => this.#engine.block(hash) !== undefined);
    }
  }

  #openWhole({ block, hash, ids, transactions }: WholeBlock): void {
    if (block.height <= this.#engine.tip.height) return;
    const payload = this.#payloads.open({ block, hash, ids }, (_, at) => transactions[at]);
    if (payload.missing > 0) for (const transaction of transactions) this.#supply(transaction);
  }

  // --- Executing -------------------------------------------------------------------------------------------------

  #execute(block: Hash): void {
    const { hash, stateRoot, ids, block: executed } = this.#executor.execute(block);
    this.#pass({ type: "included", hash, height: executed.height, ids });
    this.#feed({ type: "executed", block: hash, stateRoot });
  }

  #commit(committed: Extract<Effect, { type: "commit" }>): void {
    const { block, hash, cert } = committed;
    const final = this.#executor.commit(committed);
    this.#pass({ type: "final", final });
    this.#restIfIdle();
    this.#inquiries.committed({ hash, height: block.height });
    if (cert !== undefined && block.proposer === this.#options.self) {
      this.#pass({ type: "gossip-decision", cert });
    }
  }

  #penalise(peer: ValidatorIndex, reason: string): void {
    this.#pass({ type: "penalise", peer, reason });
  }
}
