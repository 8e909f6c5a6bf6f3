// Several engines on a virtual clock and network: bytes travel, disks survive crashes, one seed decides all. Small on
// purpose; the simulator of whole validators is another one. The oracle shares no code with the engine.

import {
  type Block,
  blockHash,
  type CommitCert,
  type Draft,
  type Effect,
  Engine,
  type EngineStatus,
  type Event,
  initialSafetyState,
  type LeaderChoice,
  type Message,
  messageCodec,
  type RuleSet,
  safetyStateCodec,
  type Tip,
  type Verified,
  type Verifier,
} from "../../consensus/index.ts";
import { decode, encode, equalBytes, type Hash, toHex, type View } from "../../crypto/index.ts";
import { execute, hashOf, type World } from "./fixtures.ts";

export type NetworkOptions = {
  readonly seed?: number;
  /** A message takes 1 .. this many milliseconds; 0 is immediate delivery in order. */
  readonly maxDelayMs?: number;
  /** Of 1. */
  readonly loss?: number;
  /** How long executing one block takes. */
  readonly executionMs?: number;
  /** Both as the engine has them unless given. */
  readonly rules?: RuleSet;
  readonly leaders?: LeaderChoice;
};

type Final = {
  readonly block: Block;
  readonly tip: Tip;
  /** In which life of the replica. */
  readonly life: number;
  cert: CommitCert | undefined;
};

type Disk = {
  safety: Uint8Array;
  readonly blocks: Map<string, Block>;
  readonly final: Final[];
};

type Planned = {
  readonly atMs: number;
  readonly sequence: number;
  readonly to: number;
  readonly life: number;
  readonly act: () => void;
};

/** mulberry32: enough for tests, and the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Network {
  readonly world: World;
  readonly replicas: Replica[];
  readonly random: () => number;
  readonly #planned: Planned[] = [];
  readonly #signed = new Map<string, string>();
  readonly #finalAt = new Map<number, string>();
  #sequence = 0;
  nowMs = 0;
  maxDelayMs: number;
  loss: number;
  readonly executionMs: number;
  readonly protocol: Pick<NetworkOptions, "rules" | "leaders">;
  /** Says which links are cut. */
  isCut: (from: number, to: number) => boolean = () => false;
  /** Every violation of what honest validators promise; a test expects it empty. */
  readonly violations: string[] = [];

  constructor(world: World, options: NetworkOptions = {}) {
    this.world = world;
    this.random = randomOf(options.seed ?? 1);
    this.maxDelayMs = options.maxDelayMs ?? 0;
    this.loss = options.loss ?? 0;
    this.executionMs = options.executionMs ?? 0;
    const { rules, leaders } = options;
    this.protocol = { ...(rules && { rules }), ...(leaders && { leaders }) };
    this.replicas = world.validators.members.map((_, index) => new Replica(this, index));
  }

  /** A replica without a key, which hears what is sent to all. */
  addFollower(): Replica {
    const follower = new Replica(this, this.replicas.length);
    this.replicas.push(follower);
    return follower;
  }

  start(): void {
    for (const replica of this.replicas) replica.start();
  }

  /** Runs until `isDone`, or until a virtual time has passed; says which. */
  runUntil(isDone: () => boolean, limits: { readonly withinMs: number }): boolean {
    const endMs = this.nowMs + Math.floor(limits.withinMs);
    while (!isDone()) {
      const due = this.#takeNext(endMs);
      if (due === undefined) {
        this.nowMs = endMs;
        return false;
      }
      this.nowMs = due.atMs;
      if (this.replicas[due.to]?.life === due.life) due.act();
    }
    return true;
  }

  plan(to: number, delayMs: number, act: () => void): void {
    this.#sequence += 1;
    const life = this.replicas[to]?.life ?? 0;
    const atMs = this.nowMs + delayMs;
    this.#planned.push({ atMs, sequence: this.#sequence, to, life, act });
  }

  broadcast(from: number, message: Message): void {
    const bytes = encode(messageCodec, message);
    for (const { index } of this.replicas) {
      if (index === from) this.plan(index, 0, () => this.replicas[index]?.receive(bytes));
      else this.send({ from, to: index }, bytes);
    }
  }

  send(link: { readonly from: number; readonly to: number }, bytes: Uint8Array): void {
    if (this.isCut(link.from, link.to) || this.random() < this.loss) return;
    this.plan(link.to, this.delayMs(), () => this.replicas[link.to]?.receive(bytes));
  }

  delayMs(): number {
    return this.maxDelayMs === 0 ? 0 : 1 + Math.floor(this.random() * this.maxDelayMs);
  }

  /** Two different statements of one kind in one view are what no honest validator signs, restarts included. */
  witnessSignature(by: number, draft: Draft): void {
    const slot = `${by} ${draft.type} ${draft.type === "proposal" ? draft.block.view : draft.content.view}`;
    const statement =
      draft.type === "proposal"
        ? toHex(blockHash(draft.block))
        : JSON.stringify(draft.content, (_, value) =>
            value instanceof Uint8Array ? toHex(value) : value,
          );
    const earlier = this.#signed.get(slot);
    if (earlier !== undefined && earlier !== statement)
      this.violations.push(`${slot}: signed twice`);
    this.#signed.set(slot, statement);
  }

  witnessCommit(by: number, tip: Tip): void {
    const what = `${toHex(tip.hash)} ${toHex(tip.stateRoot)}`;
    const agreed = this.#finalAt.get(tip.height) ?? what;
    if (agreed !== what) this.violations.push(`${by}: another block at height ${tip.height}`);
    this.#finalAt.set(tip.height, agreed);
  }

  /** Removes and gives the earliest plan, unless it lies beyond `endMs`. */
  #takeNext(endMs: number): Planned | undefined {
    let best = 0;
    for (let index = 1; index < this.#planned.length; index++) {
      const left = this.#planned[index] as Planned;
      const right = this.#planned[best] as Planned;
      if (left.atMs < right.atMs || (left.atMs === right.atMs && left.sequence < right.sequence)) {
        best = index;
      }
    }
    const earliest = this.#planned[best];
    if (earliest === undefined || earliest.atMs > endMs) return undefined;
    this.#planned.splice(best, 1);
    return earliest;
  }
}

export class Replica {
  readonly index: number;
  readonly #network: Network;
  readonly #self: number | undefined;
  readonly disk: Disk;
  #engine: Engine;
  #verifier: Verifier;
  /** Raised by each crash: what was planned for an earlier life does not happen. */
  life = 0;
  isRunning = false;
  #timer = 0;
  #roots = new Map<string, Hash>();

  constructor(network: Network, index: number) {
    const { world } = network;
    this.#network = network;
    this.index = index;
    this.#self = index < world.validators.members.length ? index : undefined;
    const safety = encode(safetyStateCodec, initialSafetyState(world.genesis));
    this.disk = { safety, blocks: new Map(), final: [] };
    this.#engine = this.#newEngine();
    this.#verifier = world.verifier(network.protocol.leaders);
  }

  get height(): number {
    return this.disk.final.length;
  }

  get view(): number {
    return this.#engine.status.view;
  }

  get status(): EngineStatus {
    return this.#engine.status;
  }

  get tip(): Tip {
    return this.disk.final.at(-1)?.tip ?? this.#network.world.genesisTip;
  }

  start(): void {
    this.isRunning = true;
    this.#engine = this.#newEngine();
    this.#verifier = this.#network.world.verifier(this.#network.protocol.leaders);
    this.#roots = new Map();
    const { height } = this.tip;
    const stored = [...this.disk.blocks.values()].filter((block) => block.height > height);
    stored.sort((left, right) => left.height - right.height);
    this.#step({ type: "blocks", blocks: stored });
    this.#step({ type: "start" });
  }

  crash(): void {
    this.isRunning = false;
    this.life += 1;
  }

  receive(bytes: Uint8Array): void {
    if (!this.isRunning) return;
    const decoded = decode(messageCodec, bytes);
    if (!decoded.ok) return this.#violation(`own codec refuses: ${decoded.refusal}`);
    const checked = this.#verifier.verify(decoded.value, this.#engine.highQc);
    if (!checked.ok) return this.#violation(`${decoded.value.type} refused: ${checked.refusal}`);
    this.#step({ type: "message", message: checked.message });
  }

  /** From memory or disk. */
  blockBy(hash: Hash): Block | undefined {
    return this.#engine.block(hash) ?? this.disk.blocks.get(toHex(hash));
  }

  #newEngine(): Engine {
    const { world } = this.#network;
    const safety = decode(safetyStateCodec, this.disk.safety);
    if (!safety.ok) throw new Error("the safety state does not survive its own codec");
    return new Engine({
      validators: world.validators,
      self: this.#self,
      pacemaker: { baseTimeoutMs: 100 },
      safety: safety.value,
      tip: this.tip,
      ...this.#network.protocol,
    });
  }

  #later(delayMs: number, act: () => void): void {
    this.#network.plan(this.index, delayMs, act);
  }

  #step(event: Event): void {
    if (!this.isRunning) return;
    for (const effect of this.#engine.step(event)) this.#obey(effect);
  }

  #obey(effect: Effect): void {
    switch (effect.type) {
      case "persist":
        this.disk.safety = encode(safetyStateCodec, effect.state);
        return;
      case "store":
        this.disk.blocks.set(toHex(effect.hash), effect.block);
        return;
      case "sign":
        this.#network.witnessSignature(this.index, effect.draft);
        return this.#network.broadcast(this.index, this.#network.world.signed(effect.draft));
      case "enter-view":
      case "restart-timer":
        return this.#startTimer(effect.view, effect.timeoutMs);
      case "propose": {
        const payload = hashOf(`${this.index} in ${effect.view} on ${toHex(effect.parent)}`);
        const event = { type: "payload", view: effect.view, payload } as const;
        const parent = this.#engine.block(effect.parent) ?? this.tip;
        const timestampMs = Math.max(this.#network.nowMs, parent.timestampMs + 1);
        return this.#later(0, () => this.#step({ ...event, timestampMs }));
      }
      case "obtain-payload": {
        const { hash } = effect;
        return this.#later(this.#network.delayMs(), () =>
          this.#step({ type: "payload-held", block: hash }),
        );
      }
      case "fetch":
        return this.#fetch(effect.hash);
      case "catch-up":
        return this.#catchUp();
      case "execute":
        return this.#execute(effect.block, effect.hash);
      case "commit":
        return this.#commit(effect);
      case "certify": {
        const final = this.disk.final[effect.cert.height - 1];
        if (final?.cert !== undefined && final.life === this.life) {
          this.#violation("certified a second time");
        }
        if (final !== undefined) final.cert = effect.cert;
        return;
      }
      case "evidence":
        return this.#violation(`evidence against honest ${effect.evidence.offender}`);
      case "halt":
        return this.#violation(`halt: ${effect.halt.reason}`);
    }
  }

  #startTimer(ofView: View, timeoutMs: number): void {
    this.#timer += 1;
    const timer = this.#timer;
    this.#later(timeoutMs, () => {
      if (timer === this.#timer) this.#step({ type: "timer", view: ofView });
    });
  }

  #fetch(hash: Hash): void {
    const { replicas } = this.#network;
    const holders = replicas.filter((peer) => this.#reaches(peer) && peer.blockBy(hash));
    const block = this.blockBy(hash) ?? holders[0]?.blockBy(hash);
    if (block === undefined) return;
    this.#later(this.#network.delayMs(), () => this.#step({ type: "blocks", blocks: [block] }));
  }

  /** Certified blocks of whoever is furthest, a batch of 64 at a time. */
  #catchUp(): void {
    const best = this.#network.replicas
      .filter((peer) => this.#reaches(peer))
      .reduce<Replica | undefined>(
        (best, peer) => (peer.height > (best?.height ?? this.height) ? peer : best),
        undefined,
      );
    const batch = best?.disk.final.slice(this.height, this.height + 64) ?? [];
    while (batch.length > 0 && batch.at(-1)?.cert === undefined) batch.pop();
    const cert = batch.at(-1)?.cert as Verified<CommitCert> | undefined;
    if (cert === undefined) return;
    const blocks = batch.map(({ block }) => block);
    this.#later(this.#network.delayMs(), () => this.#step({ type: "blocks", blocks, cert }));
  }

  #reaches(peer: Replica): boolean {
    return peer !== this && peer.isRunning && !this.#network.isCut(this.index, peer.index);
  }

  #execute(block: Block, hash: Hash): void {
    const isOnTip = equalBytes(block.parent, this.tip.hash);
    const below = isOnTip ? this.tip.stateRoot : this.#roots.get(toHex(block.parent));
    if (below === undefined) return this.#violation("executed before its parent");
    const stateRoot = execute(below, block.payload);
    this.#roots.set(toHex(hash), stateRoot);
    this.#later(this.#network.executionMs, () =>
      this.#step({ type: "executed", block: hash, stateRoot }),
    );
  }

  #commit(effect: Extract<Effect, { type: "commit" }>): void {
    const { block, hash, stateRoot, cert } = effect;
    const { height, view, timestampMs } = block;
    const isNext = equalBytes(block.parent, this.tip.hash) && height === this.tip.height + 1;
    if (!isNext) this.#violation(`commits height ${height} on ${this.tip.height}`);
    if (!this.disk.blocks.has(toHex(hash))) this.#violation("commits what is not stored");
    const tip: Tip = { hash, height, view, timestampMs, stateRoot, block };
    this.disk.final.push({ block, tip, life: this.life, cert });
    this.#network.witnessCommit(this.index, tip);
    if (cert === undefined || block.proposer !== this.index) return;
    const bytes = encode(messageCodec, { type: "decision", cert });
    for (const { index } of this.#network.replicas) {
      if (index !== this.index) this.#network.send({ from: this.index, to: index }, bytes);
    }
  }

  #violation(what: string): void {
    this.#network.violations.push(`${this.index} in view ${this.view}: ${what}`);
  }
}
