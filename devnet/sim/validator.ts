// One simulated validator: the real replica on virtual time, network, clock and disk. It can crash and come back with
// nothing but what its disk gives back, and it can be made to lie by a conduct between replica and network.

import { type Message, signDraft, type ValidatorIndex } from "../../consensus/index.ts";
import type { Hash, Height, Signer } from "../../crypto/index.ts";
import type { Ledger } from "../../node/ledger/index.ts";
import type {
  Admission,
  Replica,
  ReplicaEffect,
  ReplicaEvent,
  Timer,
} from "../../node/replica/index.ts";
import { StorageError } from "../../node/storage/index.ts";
import { type Answer, type Ask, answer } from "../../node/sync/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Conduct, Delivery } from "../behaviours/index.ts";
import type { Random } from "../random/index.ts";
import type { Agenda } from "./agenda.ts";
import { switchable } from "./application.ts";
import {
  carryAnswer,
  carryMessage,
  carryQuestion,
  lengthOf,
  lengthOfAnswer,
  messageFrom,
  type TransactionDoor,
  viewOf,
} from "./carriage.ts";
import type { SimulatedChain } from "./chain.ts";
import type { SimulatedClock } from "./clock.ts";
import { type OpenedDisk, PowerCut, type SimulatedDisk } from "./disk/index.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { NodeId, Seen } from "./observation.ts";
import { firstSafetyState, restoreReplica } from "./restoration.ts";
import { Standstill } from "./standstill.ts";

export type Surroundings = {
  readonly chain: SimulatedChain;
  readonly agenda: Agenda;
  readonly network: SimulatedNetwork;
  readonly door: TransactionDoor;
  readonly clock: SimulatedClock;
  readonly disk: SimulatedDisk;
  readonly random: Random;
  /** A flush of the disk takes up to so long. */
  readonly maxFlushMs: number;
  /** Nobody starts again what its disk or its own assertion brought down. */
  readonly staysDown: boolean;
  /** All nodes, ourselves included. */
  readonly nodes: () => readonly SimulatedValidator[];
  readonly see: (seen: Seen) => void;
};

type Sign = Extract<ReplicaEffect, { type: "sign" }>;

const ANSWER_DEADLINE_MS = 300;
/** A process that its disk or its own assertion brought down is started again after so long, as a supervisor would. */
const RESTART_MS = 400;

export class SimulatedValidator {
  readonly node: NodeId;
  readonly index: ValidatorIndex;
  readonly clock: SimulatedClock;
  readonly disk: SimulatedDisk;
  /** Undefined for an honest validator. */
  conduct: Conduct | undefined;
  /** Killed by somebody who does not want it back. */
  isKeptDown = false;
  readonly #around: Surroundings;
  readonly #signer: Signer;
  #unsent: Sign[] = [];
  readonly #timers = new Map<Timer, number>();
  #replica: Replica | undefined;
  #ledger: Ledger | undefined;
  readonly #standstill: Standstill;
  /** Counts lives: what was scheduled in an earlier life no longer happens. */
  #life = 0;
  #timerSequence = 0;
  #isFlushing = false;
  #hasHalted = false;
  /** False once the message under way was found to be its sender's fault. */
  #isSound = true;
  #appliedTransactions = 0;
  /** What the pool said to what a client has just handed in. */
  #admissions: Admission[] = [];
  /** The mark beside the key: it is on no disk that a fault takes away. */
  #hasSigned = false;

  constructor(identity: { node: NodeId; index: ValidatorIndex }, around: Surroundings) {
    this.node = identity.node;
    this.index = identity.index;
    this.clock = around.clock;
    this.disk = around.disk;
    this.#around = around;
    this.#standstill = new Standstill(around.agenda);
    this.#signer = around.chain.signers[this.index] as Signer;
  }

  get replica(): Replica | undefined {
    return this.#replica;
  }

  get isRunning(): boolean {
    return this.#replica !== undefined;
  }

  get hasHalted(): boolean {
    return this.#hasHalted;
  }

  /** Paused without an end in sight. */
  get isHeld(): boolean {
    return this.#standstill.isHeld;
  }

  /** How many transactions have taken effect in the final blocks of this life and those it found on its disk. */
  get appliedTransactions(): number {
    return this.#appliedTransactions;
  }

  /** A value of the last final state; undefined if there is none, or nobody to ask. */
  read(key: Uint8Array): Uint8Array | undefined {
    return this.#ledger?.reader().get(key);
  }

  height(): Height {
    return this.#replica?.status.tip.height ?? this.disk.finalHeight();
  }

  start(): void {
    if (this.isRunning || this.#hasHalted || this.isKeptDown) return;
    this.#life += 1;
    const opened = this.#openDisk();
    if (opened === undefined) return;
    if (!opened.ok) return this.#around.see({ type: "refused-to-start", why: opened.message });
    const { chain } = this.#around;
    const restored = restoreReplica(opened, {
      chain,
      self: this.index,
      safety: opened.safety ?? firstSafetyState(chain, this.#hasSigned),
      hasSignedBefore: this.#hasSigned,
      application: (honest) => switchable(honest, () => this.conduct),
    });
    this.#replica = restored.replica;
    this.#ledger = restored.ledger;
    this.#appliedTransactions = restored.applied;
    this.#around.see({ type: "started", height: this.height() });
    this.step({ type: "start" });
    this.conduct?.started();
  }

  /** Undefined if the power went again, or the disk failed, while the logs were opened. */
  #openDisk(): OpenedDisk | undefined {
    try {
      const opened = this.disk.open();
      if (opened.ok && opened.safety === undefined) {
        // As a node does: no block is ever on a disk without a record of what was signed.
        this.disk.persist(firstSafetyState(this.#around.chain, this.#hasSigned));
        this.disk.flush();
      }
      return opened;
    } catch (error) {
      if (!(error instanceof PowerCut || error instanceof StorageError)) throw error;
      this.disk.crash();
      this.#around.see({ type: "crashed", why: error.message });
      this.#startLater();
      return undefined;
    }
  }

  crash(why = "killed"): void {
    if (!this.isRunning) return;
    this.#life += 1;
    this.#replica = undefined;
    this.#ledger = undefined;
    this.#standstill.forget();
    this.#isFlushing = false;
    this.#unsent = [];
    this.#timers.clear();
    this.disk.crash();
    this.#around.see({ type: "crashed", why });
  }

  /** Down now, back after so long. */
  restartAfter(downMs: number, why?: string): void {
    this.crash(why);
    this.#around.agenda.after(downMs, () => this.start());
  }

  /** Down by its own fault. */
  #fall(why: string): void {
    this.crash(why);
    this.#startLater();
  }

  #startLater(): void {
    if (!this.#around.staysDown) this.#around.agenda.after(RESTART_MS, () => this.start());
  }

  /** Stands still, as if stopped by a signal: what comes meanwhile is taken when it goes on. */
  pause(forMs: number): void {
    this.#standstill.pauseFor(forMs);
  }

  /** The same without an end, until `resume`. */
  hold(): void {
    if (this.isRunning) this.#standstill.hold();
  }

  resume(): void {
    this.#standstill.release();
  }

  /** A client hands transactions to this validator; what its pool says to each. */
  submit(transactions: readonly SignedTransaction[]): readonly Admission[] {
    this.#admissions = [];
    this.step({ type: "transactions", source: "local", transactions });
    return this.#admissions;
  }

  /** What the network brings from another node. */
  receive(from: SimulatedValidator, content: Delivery["content"]): void {
    const again = () => this.receive(from, content);
    if (this.#standstill.defers(again, "others") || !this.isRunning) return;
    // Two copies of one validator have one peer identity, and nobody connects to oneself.
    if (from.index === this.index) return;
    const { see, door } = this.#around;
    if (content.type === "transactions") {
      see({ type: "heard", from: from.node, message: "transactions", view: 0 });
      const transactions = door.sound(content.transactions);
      return this.step({ type: "transactions", source: "gossip", transactions });
    }
    const message = content.type === "message" ? content.message : messageFrom(content.bytes);
    const ids = content.type === "message" ? content.ids : [];
    const view = message === undefined ? 0 : viewOf(message);
    const heard = {
      type: "heard",
      from: from.node,
      message: message?.type ?? "garbage",
      view,
    } as const;
    see(message === undefined ? heard : { ...heard, content: message });
    if (message === undefined) return;
    if (this.conduct?.incoming(from.node, message, ids) === false) return;
    // Direct streams carry only what the validator at the other end says itself.
    if ("voter" in message && message.voter !== from.index) return;
    this.#isSound = true;
    this.step({ type: "message", from: from.index, message, ids });
    if (this.#isSound) this.#relay(from, message, ids);
  }

  step(event: ReplicaEvent): void {
    if (this.#replica === undefined) return;
    const life = this.#life;
    try {
      const now = { monotonicMs: this.#around.agenda.now, wallMs: this.clock.wallMs() };
      for (const effect of this.#replica.step(event, now)) {
        if (life === this.#life) this.#obey(effect);
      }
    } catch (error) {
      this.#around.see({ type: "threw", why: String((error as Error).stack ?? error) });
      this.#fall("threw");
    }
  }

  #obey(effect: ReplicaEffect): void {
    const { see } = this.#around;
    switch (effect.type) {
      case "persist":
        this.disk.persist(effect.state);
        return this.#flushSoon();
      case "store":
        this.disk.store(effect.hash, effect.stored);
        return this.#flushSoon();
      case "final": {
        const { receipts } = effect.final;
        this.#appliedTransactions += receipts.filter(({ result }) => result === "ok").length;
        see({ type: "final", final: effect.final });
        this.disk.finalize(effect.final);
        return this.#flushSoon();
      }
      case "certify":
        this.disk.certify(effect.cert);
        return this.#flushSoon();
      case "sign":
        this.#unsent.push(effect);
        return this.#flushSoon();
      case "timer":
        return this.#setTimer(effect.timer, effect.ms);
      case "gossip-transactions":
        return this.#toAll({ type: "transactions", transactions: effect.transactions });
      case "gossip-decision": {
        const message = { type: "decision", cert: effect.cert } as const;
        return this.#toAll({ type: "message", message, ids: [] });
      }
      case "ask":
        return this.#ask(effect.ask);
      case "enter-view":
        return see({ type: "view", view: effect.view });
      case "gave-up-view":
        return see({ type: "gave-up", view: effect.view });
      case "evidence":
        return see({ type: "evidence", evidence: effect.evidence });
      case "penalise":
        this.#isSound = false;
        return see({ type: "penalised", peer: effect.peer, reason: effect.reason });
      case "halt":
        this.#hasHalted = true;
        see({ type: "halted", halt: effect.halt });
        return this.crash("halted");
      case "admission":
        this.#admissions.push(effect.admission);
        return;
      case "included":
        return;
    }
  }

  // --- Writing, signing, sending ---------------------------------------------------------------------------------

  /** Persist, then sign, then send: what is unsigned waits for all writes before it. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#later(this.#around.random.fraction() * this.#around.maxFlushMs, () => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    try {
      this.disk.flush();
    } catch (error) {
      // A validator whose disk failed never goes on in this life.
      return this.#fall(`disk: ${(error as Error).message}`);
    }
    const unsent = this.#unsent;
    this.#unsent = [];
    const life = this.#life;
    for (const sign of unsent) if (life === this.#life) this.#signAndSend(sign);
  }

  #signAndSend({ draft, transactions = [] }: Sign): void {
    this.#hasSigned = true;
    const message = signDraft(draft, this.#around.chain.validators.chainId, this.#signer);
    this.#around.see({ type: "signed", message });
    const ids = transactions.map(({ id }) => id);
    this.#toAll({ type: "message", message, ids });
    this.step({ type: "message", from: this.index, message, ids });
  }

  #toAll(content: Delivery["content"]): void {
    const others = this.#around.nodes().filter((node) => node !== this);
    const deliveries = others.map(({ node }): Delivery => ({ to: node, content }));
    for (const each of this.conduct?.outgoing(deliveries) ?? deliveries) this.send(each);
  }

  /** Puts one delivery on the network as it is. */
  send({ to, content, delayMs = 0 }: Delivery): void {
    const target = this.#around.nodes()[to];
    if (target === undefined || target === this) return;
    const carried =
      content.type === "message" ? { ...content, message: carryMessage(content.message) } : content;
    const link = { from: this.node, to, bytes: () => lengthOf(carried) };
    this.#around.network.send(link, () => target.receive(this, carried), delayMs);
  }

  /** Gossip floods: what a liar sent to some, honest receivers pass on. What honest ones send goes to all anyway. */
  #relay(from: SimulatedValidator, message: Message, ids: readonly Hash[]): void {
    if (from.conduct === undefined || this.conduct !== undefined) return;
    if (message.type !== "proposal" && message.type !== "decision") return;
    if (this.#relayed.has(message)) return;
    this.#relayed.add(message);
    for (const { node } of this.#around.nodes()) {
      if (node === from.node || node === this.node) continue;
      this.send({ to: node, content: { type: "message", message, ids } });
    }
  }

  readonly #relayed = new WeakSet<Message>();

  // --- Questions -------------------------------------------------------------------------------------------------

  #ask({ id, to, question }: Ask): void {
    const { nodes, network, see } = this.#around;
    let isAnswered = false;
    const settle = (given: Answer | undefined) => {
      if (isAnswered) return;
      isAnswered = true;
      this.#take(id, given);
    };
    this.#later(ANSWER_DEADLINE_MS, () => settle(undefined));
    if (this.conduct?.asking(to, question) === false) return;
    const asked = nodes().filter(({ index }) => index === to);
    const peer = asked.find(({ node }) => !network.isCut(this.node, node)) ?? asked[0];
    if (peer === undefined) return;
    const carried = carryQuestion(question);
    const life = this.#life;
    network.send({ from: this.node, to: peer.node }, () => {
      peer.#reply(this, carried, (given) => {
        if (life !== this.#life) return;
        see({ type: "heard", from: peer.node, message: "answer", view: 0 });
        settle(given);
      });
    });
  }

  #reply(
    to: SimulatedValidator,
    question: Parameters<typeof answer>[0],
    deliver: (given: Answer) => void,
  ) {
    const held = this.#replica?.inventory;
    const again = () => this.#reply(to, question, deliver);
    if (held === undefined || this.#standstill.defers(again, "others")) return;
    this.#around.see({ type: "heard", from: to.node, message: "question", view: 0 });
    const honest = answer(question, held, this.disk.stored);
    const given =
      this.conduct === undefined ? honest : this.conduct.answer(to.node, question, honest);
    if (given === undefined) return;
    const carried = carryAnswer(given);
    const bytes = () => lengthOfAnswer(carried);
    this.#around.network.send({ from: this.node, to: to.node, bytes }, () => deliver(carried));
  }

  #take(id: number, given: Answer | undefined): void {
    if (given?.type === "bodies") {
      this.step({ type: "bodies", transactions: this.#around.door.fromBodies(given.bodies) });
    }
    this.step(given === undefined ? { type: "answer", id } : { type: "answer", id, answer: given });
  }

  // --- Time ------------------------------------------------------------------------------------------------------

  #setTimer(timer: Timer, ms: number): void {
    this.#timerSequence += 1;
    const sequence = this.#timerSequence;
    this.#timers.set(timer, sequence);
    this.#later(ms, () => {
      if (this.#timers.get(timer) !== sequence) return;
      this.#timers.delete(timer);
      this.step({ type: "timer", timer });
    });
  }

  /** Runs in this life only, and not while the process stands still. */
  #later(delayMs: number, run: () => void): void {
    const life = this.#life;
    const attempt = () => {
      if (life === this.#life && !this.#standstill.defers(attempt, "itself")) run();
    };
    this.#around.agenda.after(delayMs, attempt);
  }
}
