// Whole validators on virtual time: builds them from a seed, and lets whoever drives it load them, hurt them and watch.

import type { ValidatorIndex } from "../../consensus/index.ts";
import type { Hash, Height, Nonce, Signer } from "../../crypto/index.ts";
import { addressOf } from "../../crypto/index.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../node/transaction/index.ts";
import type { Behaviour, Control } from "../behaviours/index.ts";
import { Conduct } from "../behaviours/index.ts";
import { type Random, randomStream } from "../random/index.ts";
import { Agenda } from "./agenda.ts";
import { TransactionDoor } from "./carriage.ts";
import {
  accountAddress,
  type ChainOptions,
  MIN_FEE,
  type SimulatedChain,
  simulatedChain,
} from "./chain.ts";
import { SimulatedClock } from "./clock.ts";
import { SimulatedDisk, type SimulatedDiskOptions } from "./disk/index.ts";
import { CALM, type NetworkMood, SimulatedNetwork } from "./network.ts";
import type { NodeId, Observation } from "./observation.ts";
import { standInSigner } from "./stand-in.ts";
import { Trace } from "./trace.ts";
import { SimulatedValidator } from "./validator.ts";

export type SimulationOptions = Partial<ChainOptions> & {
  readonly seed: number;
  readonly mood?: NetworkMood;
  readonly maxFlushMs?: number;
  /** Validators that run a second time, with the same key, on a disk of its own. */
  readonly twins?: readonly ValidatorIndex[];
  /** How many of the newest events to keep for a recording. */
  readonly keepEvents?: number;
  /** What its disk or its own assertion brings down stays down until somebody starts it. */
  readonly staysDown?: boolean;
};

export type CallOptions = {
  readonly from: number;
  readonly nonce: number;
  readonly call: Uint8Array;
  readonly validUntilHeight?: number;
};

export type TransferOptions = Omit<CallOptions, "call"> & {
  readonly to: number;
  readonly amount: bigint;
};

const DEFAULTS: ChainOptions = {
  validators: 4,
  accounts: 8,
  baseTimeoutMs: 200,
  heartbeatMs: 200,
  signatures: "stand-in",
  rules: "commit-votes",
  leaders: "round-robin",
};

/** With real signatures, what it makes is not even a signature. */
const STRANGER = standInSigner(60_000);

/** Later than any simulated chain gets. */
const FAR_HEIGHT = 50_000;

export class Simulation {
  readonly agenda = new Agenda();
  readonly chain: SimulatedChain;
  readonly network: SimulatedNetwork;
  /** By node: the validators, then the twins. */
  readonly nodes: readonly SimulatedValidator[];
  readonly trace: Trace;
  readonly seed: number;
  readonly #observers: ((seen: Observation) => void)[] = [];
  readonly #nonces: number[];
  /** Those of all that ever lied. */
  readonly #liarKeys = new Map<ValidatorIndex, Signer>();
  /** How often each node began to lie. */
  readonly #corruptions = new Map<NodeId, number>();

  constructor(options: SimulationOptions) {
    const { seed, mood = CALM, maxFlushMs = 1, twins = [], keepEvents = 0, ...rest } = options;
    const { staysDown = false, ...given } = rest;
    this.seed = seed;
    this.chain = simulatedChain({ ...DEFAULTS, ...given });
    this.trace = new Trace(keepEvents);
    this.network = new SimulatedNetwork(this.agenda, seed, mood);
    this.#nonces = this.chain.accounts.map(() => 0);
    const { chainId, members } = this.chain.validators;
    const door = new TransactionDoor(this.chain.scheme, chainId);
    const indices = [...members.keys(), ...twins];
    this.nodes = indices.map((index, node) => {
      const random = randomStream(seed, `disk ${node}`);
      return new SimulatedValidator(
        { node, index },
        {
          chain: this.chain,
          agenda: this.agenda,
          network: this.network,
          door,
          clock: new SimulatedClock(this.agenda),
          disk: soundDisk({ chainId, random }),
          random,
          maxFlushMs,
          staysDown,
          nodes: () => this.nodes,
          see: (seen) => this.see({ ...seen, atMs: this.agenda.now, by: node }),
        },
      );
    });
  }

  /** The validators without twins. */
  get validators(): readonly SimulatedValidator[] {
    return this.nodes.slice(0, this.chain.validators.members.length);
  }

  /** Everything that happens from here on. */
  watch(observer: (seen: Observation) => void): void {
    this.#observers.push(observer);
  }

  see(seen: Observation): void {
    this.trace.add(seen);
    for (const observe of this.#observers) observe(seen);
  }

  start(): this {
    for (const node of this.nodes) node.start();
    return this;
  }

  /** From now on these nodes lie, each in all of its ways and in no others; liars know each other's keys. */
  corrupt(liars: ReadonlyMap<NodeId, readonly Behaviour[]>): void {
    for (const node of liars.keys()) {
      const index = this.validatorOf(node);
      this.#liarKeys.set(index, this.chain.signers[index] as Signer);
    }
    for (const [node, behaviours] of liars) {
      const liar = this.nodes[node] as SimulatedValidator;
      liar.conduct = this.#conduct(liar, behaviours);
      if (liar.isRunning) liar.conduct.started();
    }
  }

  /** Lies no more. */
  absolve(node: NodeId): void {
    const liar = this.nodes[node];
    if (liar !== undefined) liar.conduct = undefined;
  }

  validatorOf(node: NodeId): ValidatorIndex {
    return (this.nodes[node] as SimulatedValidator).index;
  }

  /** A signed transfer with the sender's next nonce. */
  transfer(from: number, to: number, amount: bigint): SignedTransaction {
    return this.signedTransfer({ from, to, amount, nonce: this.takeNonce(from) });
  }

  /** The account's next nonce, which is used now. */
  takeNonce(account: number): number {
    const nonce = this.nonceOf(account);
    this.#nonces[account] = nonce + 1;
    return nonce;
  }

  nonceOf(account: number): number {
    return this.#nonces[account] ?? 0;
  }

  /** A signed transfer as asked, sound or not. */
  signedTransfer(options: TransferOptions): SignedTransaction {
    const { to, amount } = options;
    const recipient = accountAddress(this.chain, to);
    const memo = new Uint8Array();
    const call = encodeCall({ type: "transfer", to: recipient, amount, memo });
    return this.signedCall({ ...options, call });
  }

  /** A signed call as asked, sound or not. */
  signedCall(options: CallOptions): SignedTransaction {
    const { from, call, nonce, validUntilHeight = FAR_HEIGHT } = options;
    const signer = this.chain.accounts[from] as Signer;
    const unsigned = {
      chainId: this.chain.validators.chainId,
      sender: addressOf(signer.publicKey),
      publicKey: signer.publicKey,
      nonce: nonce as Nonce,
      fee: MIN_FEE,
      validUntilHeight: validUntilHeight as Height,
      call,
    };
    return signTransaction(unsigned, signer);
  }

  /** Runs until the condition holds; false if the virtual time is up first. */
  runUntil(condition: () => boolean, forMs: number): boolean {
    const end = this.agenda.now + forMs;
    while (!condition()) {
      if (this.agenda.now > end || !this.agenda.advance()) return false;
    }
    return true;
  }

  run(forMs: number): void {
    this.runUntil(() => false, forMs);
  }

  /** The lowest final height among these nodes; all validators by default. */
  lowestHeight(among: readonly NodeId[] = this.validators.map(({ node }) => node)): number {
    return Math.min(...among.map((node) => this.nodes[node]?.height() ?? 0));
  }

  highestHeight(): number {
    return Math.max(...this.nodes.map((node) => node.height()));
  }

  #conduct(liar: SimulatedValidator, behaviours: readonly Behaviour[]): Conduct {
    const conduct: Conduct = new Conduct(
      behaviours,
      this.#control(liar, () => liar.conduct === conduct),
    );
    return conduct;
  }

  #control(liar: SimulatedValidator, isCurrent: () => boolean): Control {
    const { node, index } = liar;
    const others = this.nodes.filter((other) => other !== liar).map((other) => other.node);
    return {
      node,
      self: index,
      validators: this.chain.validators,
      others,
      validatorOf: (other) => this.validatorOf(other),
      keys: this.#liarKeys,
      stranger: STRANGER,
      random: this.#adversary(node),
      now: () => this.agenda.now,
      view: () => liar.replica?.status.view ?? 0,
      baseTimeoutMs: this.chain.options.baseTimeoutMs,
      send: (delivery) => liar.send(delivery),
      sendAll: (message, ids: readonly Hash[] = []) => {
        for (const to of others) liar.send({ to, content: { type: "message", message, ids } });
      },
      after: (delayMs, act) => {
        this.agenda.after(delayMs, () => {
          if (liar.isRunning && isCurrent()) act();
        });
      },
      transfer: (options) => this.signedTransfer(options),
      nonceOf: (account) => this.nonceOf(account),
      accounts: this.chain.accounts.length,
      transaction: (id) => liar.replica?.inventory.find(id),
      restart: (downMs) => liar.restartAfter(downMs, "its own wish"),
    };
  }

  #adversary(node: NodeId): Random {
    const before = this.#corruptions.get(node) ?? 0;
    this.#corruptions.set(node, before + 1);
    const again = before === 0 ? "" : ` again ${before}`;
    return randomStream(this.seed, `adversary ${node}${again}`);
  }
}

/** A disk that writes once what it writes: a copy of the last write at the end of a file is a lying disk's doing. */
function soundDisk(options: SimulatedDiskOptions): SimulatedDisk {
  const disk = new SimulatedDisk(options);
  disk.files.odds = { ...disk.files.odds, duplicated: 0 };
  return disk;
}
