// One real engine, driven as a validator drives it, with local work done at once: what it asks to persist is durable,
// then it signs, and hears itself; payloads are held unless the search says no; the state is a hash chain.

import {
  type Block,
  type CommitCert,
  type Effect,
  type Engine,
  type Event,
  initialSafetyState,
  type Message,
  type SafetyState,
  type Tip,
  type Verified,
} from "../../../consensus/index.ts";
import { equalBytes, type Hash } from "../../../crypto/index.ts";
import type { Judge, Signatory } from "./judge.ts";
import { hashOfText, type Setting, stateAfter, wordOf } from "./setting.ts";

/** A commit that this node made durable. */
export type Final = { readonly block: Block; readonly tip: Tip; cert: CommitCert | undefined };

export type NodeSurroundings = {
  readonly setting: Setting;
  readonly judge: Judge;
  readonly onSigned: (node: Node, message: Message) => void;
  /** Undefined: not to be had at present. */
  readonly fetch: (node: Node, hash: Hash) => Block | undefined;
  /** Runs of final blocks above the node's tip, the last one certified. */
  readonly catchUp: (node: Node) => readonly Final[];
  readonly holdsPayload: (node: Node, block: Block) => boolean;
  readonly isHonest: (validator: number) => boolean;
  readonly onTimer?: (node: Node, view: number, timeoutMs: number) => void;
  readonly onCommitted?: (node: Node, block: Block) => void;
};

/** More local work than this for one event can only be an endless loop. */
const MAX_LOCAL_EVENTS = 2_000;

export class Node implements Signatory {
  readonly id: number;
  readonly validator: number;
  readonly isHonest: boolean;
  readonly #around: NodeSurroundings;
  readonly #queue: Event[] = [];
  readonly #stored = new Map<string, Block>();
  readonly #roots = new Map<string, Hash>();
  /** Blocks whose bodies are kept back, and their hashes. */
  readonly #unheld = new Map<string, Hash>();
  readonly finals: Final[] = [];
  durable: SafetyState;
  #engine: Engine;
  /** Events and restarts so far. */
  events = 0;

  constructor(signatory: Signatory, around: NodeSurroundings) {
    this.id = signatory.id;
    this.validator = signatory.validator;
    this.isHonest = signatory.isHonest;
    this.#around = around;
    this.durable = initialSafetyState(around.setting.genesisQc);
    this.#engine = this.#newEngine();
  }

  get engine(): Engine {
    return this.#engine;
  }

  get view(): number {
    return this.#engine.view;
  }

  get tip(): Tip {
    return this.finals.at(-1)?.tip ?? this.#around.setting.genesisTip;
  }

  start(): void {
    this.step({ type: "start" });
  }

  /** Comes back with what was durable: the last persisted state, stored blocks, commits. */
  restart(): void {
    this.#engine = this.#newEngine();
    this.#unheld.clear();
    const above = [...this.#stored.values()].filter(({ height }) => height > this.tip.height);
    above.sort((left, right) => left.height - right.height);
    this.step({ type: "blocks", blocks: above });
    this.step({ type: "start" });
  }

  /** False if the verifier refuses it. */
  hear(message: Message): boolean {
    try {
      const verdict = this.#around.setting.verify(message, this.#engine.highQc);
      if (verdict.ok) this.step({ type: "message", message: verdict.message });
      return verdict.ok;
    } catch (error) {
      this.#around.judge.report("assertion", `${this.id} verifies a ${message.type}: ${error}`);
      return false;
    }
  }

  fireTimer(): void {
    this.step({ type: "timer", view: this.#engine.view });
  }

  /** The bodies that the search kept back arrive. */
  releasePayloads(): void {
    const blocks = [...this.#unheld.values()];
    this.#unheld.clear();
    for (const block of blocks) this.step({ type: "payload-held", block });
  }

  /** Memory, then disk. */
  blockBy(hash: Hash): Block | undefined {
    const held = this.#engine.block(hash) ?? this.#stored.get(wordOf(hash));
    if (held !== undefined && this.#unheld.has(wordOf(hash))) return undefined;
    return held;
  }

  step(event: Event): void {
    this.#queue.push(event);
    let count = 0;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.events += 1;
        count += 1;
        if (count > MAX_LOCAL_EVENTS) {
          this.#around.judge.report("endless", `${this.id} works without end in ${this.view}`);
          break;
        }
        for (const effect of this.#engine.step(next)) this.#obey(effect);
      }
    } catch (error) {
      // An assertion of the engine is a finding, whoever runs it.
      this.#around.judge.report("assertion", `${this.id} in view ${this.view}: ${error}`);
    }
    this.#queue.length = 0;
  }

  #newEngine(): Engine {
    return this.#around.setting.newEngine(this.validator, this.durable, this.tip);
  }

  #obey(effect: Effect): void {
    const { setting, judge } = this.#around;
    switch (effect.type) {
      case "persist":
        this.durable = effect.state;
        return;
      case "store":
        this.#stored.set(wordOf(effect.hash), effect.block);
        return;
      case "sign": {
        const message = setting.sign(effect.draft);
        judge.signed(this, message);
        this.#around.onSigned(this, message);
        const own = setting.verify(message, this.#engine.highQc);
        if (own.ok) this.#queue.push({ type: "message", message: own.message });
        else judge.report("refused-by-itself", `${this.id}: ${message.type} ${own.refusal}`);
        return;
      }
      case "enter-view":
      case "restart-timer":
        return this.#around.onTimer?.(this, effect.view, effect.timeoutMs);
      case "propose": {
        const { view } = effect;
        const payload = hashOfText(`${this.id} in ${view} on ${wordOf(effect.parent)}`);
        this.#queue.push({ type: "payload", view, payload, timestampMs: view });
        return;
      }
      case "obtain-payload":
        return this.#obtain(effect.block, effect.hash);
      case "fetch": {
        const block = this.blockBy(effect.hash) ?? this.#around.fetch(this, effect.hash);
        if (block !== undefined) this.#queue.push({ type: "blocks", blocks: [block] });
        return;
      }
      case "catch-up":
        return this.#catchUp();
      case "execute":
        return this.#execute(effect.block, effect.hash);
      case "commit":
        judge.committed(this, effect);
        return this.#commit(effect);
      case "certify": {
        const final = this.finals[effect.cert.height - 1];
        if (final !== undefined) final.cert = effect.cert;
        return;
      }
      case "evidence":
        return judge.accused(this, effect, this.#around.isHonest(effect.evidence.offender));
      case "halt":
        return judge.halted(this, effect);
    }
  }

  #obtain(block: Block, hash: Hash): void {
    if (this.#around.holdsPayload(this, block)) {
      this.#queue.push({ type: "payload-held", block: hash });
      return;
    }
    this.#unheld.set(wordOf(hash), hash);
  }

  #catchUp(): void {
    const run = this.#around.catchUp(this);
    const cert = run.at(-1)?.cert as Verified<CommitCert> | undefined;
    if (cert === undefined) return;
    this.#queue.push({ type: "blocks", blocks: run.map(({ block }) => block), cert });
  }

  #execute(block: Block, hash: Hash): void {
    const isOnTip = equalBytes(block.parent, this.tip.hash);
    const below = isOnTip ? this.tip.stateRoot : this.#roots.get(wordOf(block.parent));
    if (below === undefined) {
      this.#around.judge.report("execution", `${this.id} executes before its parent`);
      return;
    }
    const stateRoot = stateAfter(below, block.payload);
    this.#roots.set(wordOf(hash), stateRoot);
    this.#queue.push({ type: "executed", block: hash, stateRoot });
  }

  #commit({ block, hash, stateRoot, cert }: Extract<Effect, { type: "commit" }>): void {
    const { height, view, timestampMs } = block;
    if (!this.#stored.has(wordOf(hash))) {
      this.#around.judge.report("durability", `${this.id} commits ${height} before storing it`);
    }
    this.finals.push({ block, tip: { hash, height, view, timestampMs, stateRoot, block }, cert });
    this.#around.onCommitted?.(this, block);
  }
}
