// Obeys a replica: its timers, its writes, its messages. The one place where the pure core meets clock, disk and network.

import {
  type CommitCert,
  commitCertCodec,
  type Message,
  messageCodec,
  signDraft,
  type ValidatorIndex,
} from "../../consensus/index.ts";
import { ByteMap, encode, type Hash, type Signer } from "../../crypto/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Log } from "../logging/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { Network } from "../network/index.ts";
import type {
  Admission,
  FinalBlock,
  Replica,
  ReplicaEffect,
  ReplicaEvent,
  Timer,
} from "../replica/index.ts";
import {
  type Ask,
  blockWithBodiesCodec,
  MAX_INLINE_BODIES,
  MAX_INLINE_BYTES,
  proposalWithPayloadCodec,
  questionCodec,
} from "../sync/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import type { EventSource } from "./event-source.ts";
import { GossipBatch } from "./gossip-batch.ts";
import { Indexer } from "./indexer.ts";
import { keptProof } from "./kept-proof.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import { OwnTransactions } from "./own-transactions.ts";
import type { Stores } from "./restoration.ts";
import { receiptRecords } from "./transaction-record.ts";
import type { TransactionTracker } from "./transaction-tracker.ts";

export type DriverOptions = {
  readonly replica: Replica;
  readonly self: ValidatorIndex;
  readonly chainId: Hash;
  readonly signer: Signer;
  readonly stores: Stores;
  readonly network: Network;
  readonly tracker: TransactionTracker;
  readonly events: EventSource;
  readonly ledger: Pick<Ledger, "proveAt">;
  readonly metrics: Metrics;
  /** The wall clock, milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly log: Log;
  /** What a peer answered, still encoded. */
  readonly onAnswer: (id: number, from: ValidatorIndex, bytes: Uint8Array) => Promise<void>;
  readonly onFinal: (final: FinalBlock) => void;
  readonly onHalt: (halt: Extract<ReplicaEffect, { type: "halt" }>["halt"]) => void;
  readonly failed: (error: unknown) => void;
};

const ANSWER_DEADLINE_MS = 1_000;
export class Driver {
  readonly #options: DriverOptions;
  readonly #outbox: Outbox;
  readonly #batch: GossipBatch;
  readonly #indexer: Indexer;
  readonly #ours: OwnTransactions;
  readonly #timers = new Map<Timer, NodeJS.Timeout>();
  /** Our newest vote, commit vote and timeout. */
  readonly #lastFrames = new Map<Message["type"], Uint8Array>();
  #admissions = new ByteMap<Admission>();
  #isSound = true;
  #closed = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#outbox = new Outbox({
      safetyLog: options.stores.safetyLog,
      blockStore: options.stores.blockStore,
      send: (outgoing) => this.#send(outgoing),
      failed: options.failed,
      persisted: options.metrics.persisted,
    });
    this.#indexer = new Indexer({
      store: options.stores.stateStore,
      handed: ({ height, transactions }) => {
        options.tracker.indexed(transactions);
        options.events.indexed(height);
      },
      failed: options.failed,
    });
    this.#batch = new GossipBatch((bytes) => options.network.publish("transactions", bytes));
    this.#ours = new OwnTransactions({
      isPending: (id) => options.replica.inventory.whereabouts(id)?.state === "pending",
      send: (transactions) => this.#batch.add(transactions),
    });
  }

  /** False if the replica found the event's sender at fault. */
  step(event: ReplicaEvent): boolean {
    if (this.#closed) return true;
    this.#isSound = true;
    const now = { monotonicMs: performance.now(), wallMs: this.#options.wallMs() };
    try {
      for (const effect of this.#options.replica.step(event, now)) this.#obey(effect);
    } catch (error) {
      this.close();
      this.#options.failed(error);
    }
    return this.#isSound;
  }

  /** Offers transactions of our clients to the pool; what became of each, by id. */
  admit(transactions: readonly SignedTransaction[]): ByteMap<Admission> {
    this.#admissions = new ByteMap();
    for (const { id, transaction } of transactions) {
      this.#options.tracker.noteExpiry({ id, validUntilHeight: transaction.validUntilHeight });
    }
    this.step({ type: "transactions", source: "local", transactions });
    return this.#admissions;
  }

  /** A link came up: the peer may have missed what we said last, which may be all it needs to follow. */
  greet(peer: ValidatorIndex): void {
    for (const frame of this.#lastFrames.values()) this.#options.network.send(peer, frame);
  }

  /** The index is so far behind that our clients should wait. */
  get isBehind(): boolean {
    return this.#indexer.isBehind;
  }

  /** No timer, no signature, no message from now on. */
  close(): void {
    this.#closed = true;
    this.#outbox.close();
    this.#batch.close();
    this.#ours.close();
    this.#indexer.close();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #obey(effect: ReplicaEffect): void {
    const { stores, network, tracker, events, metrics } = this.#options;
    switch (effect.type) {
      case "persist":
        return this.#outbox.persist(effect.state);
      case "store": {
        const { hash, stored } = effect;
        const { height } = stored.block;
        const bytes = encode(blockWithBodiesCodec, stored);
        stores.blockStore.putBlock({ hash, height, bytes });
        return this.#outbox.blockStored();
      }
      case "sign":
        return this.#outbox.sign({
          draft: effect.draft,
          transactions: effect.transactions ?? [],
        });
      case "timer":
        return this.#setTimer(effect.timer, effect.ms);
      case "gossip-transactions":
        this.#ours.note(effect.transactions);
        return this.#batch.add(effect.transactions);
      case "gossip-decision":
        return this.#publishDecision(effect.cert);
      case "ask":
        return this.#ask(effect.ask);
      case "admission":
        this.#admissions.set(effect.id, effect.admission);
        return effect.admission.ok ? metrics.admitted() : metrics.refused(effect.admission.refusal);
      case "enter-view":
        events.enteredView(effect.view, effect.leader);
        return this.#options.log.trace(
          { view: effect.view, leader: effect.leader },
          "entered view",
        );
      case "gave-up-view":
        metrics.viewTimedOut();
        return this.#options.log.info({ view: effect.view }, "view timed out");
      case "included":
        return tracker.included(effect.ids);
      case "final":
        return this.#finalize(effect.final);
      case "certify":
        return this.#certify(effect.cert);
      case "evidence": {
        metrics.evidence();
        events.foundEvidence(effect.evidence);
        const { offender, view, first } = effect.evidence;
        const fields = { offender, view, kind: first.type };
        return this.#options.log.warn(fields, "a validator signed two contradicting messages");
      }
      case "penalise":
        this.#isSound = false;
        return network.penalise(effect.peer, effect.reason);
      case "halt":
        this.close();
        return this.#options.onHalt(effect.halt);
    }
  }

  #setTimer(timer: Timer, ms: number): void {
    clearTimeout(this.#timers.get(timer));
    const fire = () => {
      this.#timers.delete(timer);
      this.step({ type: "timer", timer });
    };
    this.#timers.set(timer, setTimeout(fire, ms));
  }

  // --- Sending ---------------------------------------------------------------------------------------------------

  #send({ draft, transactions }: Outgoing): void {
    const { chainId, signer, self, network } = this.#options;
    const message = signDraft(draft, chainId, signer);
    const ids = transactions.map(({ id }) => id);
    if (message.type === "proposal") this.#publishProposal(message, ids, transactions);
    else {
      const frame = encode(messageCodec, message);
      this.#lastFrames.set(message.type, frame);
      network.broadcast(frame);
    }
    this.step({ type: "message", from: self, message, ids });
  }

  #publishProposal(
    message: Message,
    ids: readonly Hash[],
    transactions: readonly SignedTransaction[],
  ): void {
    const size = transactions.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const isSmall = transactions.length <= MAX_INLINE_BODIES && size <= MAX_INLINE_BYTES;
    const bodies = isSmall ? transactions.map(({ bytes }) => bytes) : [];
    const proposal = encode(proposalWithPayloadCodec, { message, ids, bodies });
    this.#options.network.publish("proposals", proposal);
  }

  #publishDecision(cert: CommitCert): void {
    const decision = encode(messageCodec, { type: "decision", cert });
    this.#options.network.publish("certificates", decision);
  }

  #ask({ id, to, question }: Ask): void {
    const { network, onAnswer, failed, log } = this.#options;
    network
      .request(to, encode(questionCodec, question), { timeoutMs: ANSWER_DEADLINE_MS })
      .then(
        // Blocks that can come later wait until what came before is on disk.
        (bytes) => this.#indexer.room().then(() => onAnswer(id, to, bytes)),
        (error: unknown) => {
          log.debug({ peer: to, question: question.type, err: error }, "no answer");
          this.step({ type: "answer", id });
        },
      )
      .catch(failed);
  }

  // --- Final blocks ----------------------------------------------------------------------------------------------

  #finalize(final: FinalBlock): void {
    const { stores, ledger, tracker, metrics, wallMs, onFinal } = this.#options;
    const { block, hash, stateRoot, changes, receipts, cert } = final;
    const { height } = block;
    const kept = keptProof({ ledger, ...stores }, { height, receipts });
    const records = receiptRecords(height, receipts, kept);
    const certified = cert === undefined ? {} : { certificate: encode(commitCertCodec, cert) };
    stores.blockStore.finalize({ height, hash, ...certified });
    // The state on disk never runs ahead of the block log that explains it.
    this.#outbox.blockStored(() => {
      this.#indexer.add({ height, stateRoot, changes, ...records });
    });
    tracker.final(hash, height, receipts);
    const latencyMs = Math.max(0, wallMs() - block.timestampMs);
    metrics.committed({ transactions: receipts.length, latencyMs });
    onFinal(final);
  }

  #certify(cert: CommitCert): void {
    const certificate = encode(commitCertCodec, cert);
    this.#options.stores.blockStore.attachCertificate({ height: cert.height, certificate });
    this.#outbox.blockStored();
  }
}
