// One simulated validator: the real replica on virtual time, network and disk. It can crash and come back with nothing
// but what its disk had made durable.

import {
  type Draft,
  genesisQc,
  initialSafetyState,
  type Message,
  messageCodec,
  signDraft,
  type ValidatorIndex,
  type ValidatorSet,
} from "../../consensus/index.ts";
import {
  decode,
  encode,
  type Hash,
  type Height,
  type Signer,
  type View,
} from "../../crypto/index.ts";
import {
  type AccountGenesis,
  createAccountLedger,
  Ledger,
  type LedgerOptions,
} from "../../node/ledger/index.ts";
import {
  Replica,
  type ReplicaEffect,
  type ReplicaEvent,
  type Timer,
} from "../../node/replica/index.ts";
import { type Answer, type Ask, answer, wholeBlock } from "../../node/sync/index.ts";
import { decodeSignedTransaction, type SignedTransaction } from "../../node/transaction/index.ts";
import type { Agenda } from "./agenda.ts";
import { SimulatedDisk } from "./disk.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { Random } from "./random.ts";
import { standInScheme } from "./stand-in.ts";

export type SimulatedChain = {
  readonly validators: ValidatorSet;
  readonly genesisBlock: Hash;
  readonly genesis: AccountGenesis;
  readonly baseTimeoutMs: number;
};

export type ValidatorSurroundings = {
  readonly agenda: Agenda;
  readonly network: SimulatedNetwork;
  readonly random: Random;
  readonly peers: () => readonly SimulatedValidator[];
  /** Every message that this validator signs, for the oracles. */
  readonly onSigned: (voter: ValidatorIndex, message: Message) => void;
};

const GENESIS_TIME_MS = 1_700_000_000_000;
const ANSWER_DEADLINE_MS = 300;

export class SimulatedValidator {
  readonly index: ValidatorIndex;
  readonly disk = new SimulatedDisk();
  readonly #chain: SimulatedChain;
  readonly #signer: Signer;
  readonly #around: ValidatorSurroundings;
  readonly #unsent: Extract<ReplicaEffect, { type: "sign" }>[] = [];
  readonly #timers = new Map<Timer, number>();
  #replica: Replica | undefined;
  /** Counts lives: what was scheduled in an earlier life no longer happens. */
  #life = 0;
  #timerSequence = 0;
  #isFlushing = false;

  constructor(
    index: ValidatorIndex,
    signer: Signer,
    chain: SimulatedChain,
    around: ValidatorSurroundings,
  ) {
    this.index = index;
    this.#signer = signer;
    this.#chain = chain;
    this.#around = around;
  }

  get replica(): Replica | undefined {
    return this.#replica;
  }

  start(): void {
    this.#life += 1;
    this.#replica = this.#restore();
    this.step({ type: "start" });
  }

  crash(): void {
    this.#life += 1;
    this.#replica = undefined;
    this.#isFlushing = false;
    this.#unsent.length = 0;
    this.#timers.clear();
    this.disk.crash();
  }

  /** A client hands a transaction to this validator. */
  submit(transactions: readonly SignedTransaction[]): void {
    this.step({ type: "transactions", source: "local", transactions });
  }

  step(event: ReplicaEvent): void {
    if (this.#replica === undefined) return;
    for (const effect of this.#replica.step(event, this.#now)) this.#obey(effect);
  }

  get #now(): number {
    return GENESIS_TIME_MS + 1 + Math.floor(this.#around.agenda.now);
  }

  #restore(): Replica {
    const { validators, genesisBlock, genesis, baseTimeoutMs } = this.#chain;
    const qc = genesisQc({ epoch: validators.epoch, block: genesisBlock });
    const machine = createAccountLedger({ minFee: 1n, feesTo: "nobody" });
    const options: LedgerOptions<AccountGenesis> = { machine, chainId: validators.chainId };
    const last = this.disk.finals.at(-1);
    const ledger = this.#restoreLedger(options, genesis);
    const { hash, height, stateRoot } = ledger.committed;
    return new Replica({
      validators,
      self: this.index,
      scheme: standInScheme,
      genesisQc: qc,
      baseTimeoutMs,
      pacing: { blockIntervalMs: 0, emptyBlockIntervalMs: 200 },
      limits: { maxBlockTransactions: 1_000, maxBlockBytes: 1 << 20, maxClockDriftMs: 5_000 },
      pool: {},
      ledger,
      safety: this.disk.safety ?? initialSafetyState(qc),
      tip: { hash, height, stateRoot, view: last?.view ?? (0 as View) },
      tipTimestampMs: last?.timestampMs ?? GENESIS_TIME_MS,
      stored: this.disk.unfinished().flatMap((stored) => {
        const whole = wholeBlock(stored);
        return whole.ok ? [whole.value] : [];
      }),
    });
  }

  #restoreLedger(options: LedgerOptions<AccountGenesis>, genesis: AccountGenesis): Ledger {
    const last = this.disk.finals.at(-1);
    const first = Ledger.fromGenesis(options, {
      timestampMs: GENESIS_TIME_MS,
      application: genesis,
      hash: this.#chain.genesisBlock,
    });
    if (last === undefined) return first as Ledger;
    // The disk holds what blocks changed; what only genesis wrote comes from there.
    const entries = this.disk.entriesOver(first.entries());
    const restored = Ledger.restore(options, { hash: last.hash, height: last.height, entries });
    if (!restored.ok) throw new Error(`the state on disk is damaged: ${restored.refusal}`);
    return restored.ledger as Ledger;
  }

  #obey(effect: ReplicaEffect): void {
    switch (effect.type) {
      case "persist":
        this.disk.persist(effect.state);
        return this.#flushSoon();
      case "store":
        this.disk.store(effect.hash, effect.stored);
        return this.#flushSoon();
      case "final":
        this.disk.finalize(effect.final);
        return this.#flushSoon();
      case "certify":
        this.disk.certify(effect.cert);
        return this.#flushSoon();
      case "sign":
        this.#unsent.push(effect);
        return this.#flushSoon();
      case "timer":
        return this.#setTimer(effect.timer, effect.ms);
      case "gossip-transactions":
        return this.#gossip(effect.transactions);
      case "gossip-decision":
        return this.#broadcast({ type: "decision", cert: effect.cert }, []);
      case "ask":
        return this.#ask(effect.ask);
      case "halt":
        throw new Error(`validator ${this.index} halted: ${effect.halt.reason}`);
    }
  }

  /** Persist, then sign, then send: what is unsigned waits for all writes before it. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#later(this.#around.random.fraction(), () => {
      this.#isFlushing = false;
      this.disk.flush();
      for (const { draft, transactions = [] } of this.#unsent.splice(0)) {
        this.#signAndSend(draft, transactions);
      }
    });
  }

  #signAndSend(draft: Draft, transactions: readonly SignedTransaction[]): void {
    const message = signDraft(draft, this.#chain.validators.chainId, this.#signer);
    this.#around.onSigned(this.index, message);
    this.#broadcast(message, transactions);
    const ids = transactions.map(({ id }) => id);
    this.step({ type: "message", from: this.index, message, ids });
  }

  #broadcast(message: Message, transactions: readonly SignedTransaction[]): void {
    const bytes = encode(messageCodec, message);
    const ids = transactions.map(({ id }) => id);
    this.#toOthers((peer) => {
      const decoded = decode(messageCodec, bytes);
      if (!decoded.ok) throw new Error(`our own message does not decode: ${decoded.refusal}`);
      peer.step({ type: "message", from: this.index, message: decoded.value, ids });
    });
  }

  #gossip(transactions: readonly SignedTransaction[]): void {
    this.#toOthers((peer) => peer.step({ type: "transactions", source: "gossip", transactions }));
  }

  #toOthers(deliver: (peer: SimulatedValidator) => void): void {
    for (const peer of this.#around.peers()) {
      if (peer === this) continue;
      this.#around.network.send(this.index, peer.index, () => deliver(peer));
    }
  }

  #ask({ id, to, question }: Ask): void {
    let isAnswered = false;
    const settle = (given: Answer | undefined) => {
      if (isAnswered) return;
      isAnswered = true;
      this.#take(id, given);
    };
    const life = this.#life;
    const peer = this.#around.peers()[to];
    this.#later(ANSWER_DEADLINE_MS, () => settle(undefined));
    if (peer === undefined) return;
    this.#around.network.send(this.index, to, () => {
      const held = peer.replica?.inventory;
      if (held === undefined) return;
      const given = answer(question, held, peer.disk.stored);
      this.#around.network.send(to, this.index, () => {
        if (life === this.#life) settle(given);
      });
    });
  }

  #take(id: number, given: Answer | undefined): void {
    if (given?.type === "bodies") {
      const transactions = given.bodies.flatMap((body) => {
        const decoded = decodeSignedTransaction(body);
        return decoded.ok ? [decoded.value] : [];
      });
      this.step({ type: "bodies", transactions });
    }
    this.step(given === undefined ? { type: "answer", id } : { type: "answer", id, answer: given });
  }

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

  #later(delayMs: number, run: () => void): void {
    const life = this.#life;
    this.#around.agenda.after(delayMs, () => {
      if (life === this.#life) run();
    });
  }

  height(): Height {
    return this.disk.stored.finalHeight();
  }
}
