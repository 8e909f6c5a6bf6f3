// What one honest validator may have become: a real engine with a history. A transition is run once, on a fresh engine
// that replays its history, and remembered. Two histories are one state if they agree on all that decides the future:
// the durable and the present safety state, the view, the tip, all that was signed, and the first proposal heard of each
// view not yet over. Assumed to be without a future: tallies (whoever counts later is told all again), older certificates.

import type { Block, Message, QuorumCert, SafetyState } from "../../../consensus/index.ts";
import { blockHash } from "../../../consensus/index.ts";
import { Judge, type Violation } from "./judge.ts";
import { Node } from "./node.ts";
import { wordOf } from "./setting.ts";
import type { BlockNumber, Statements } from "./statements.ts";
import { describe } from "./wording.ts";

/** What the adversary does to one validator. Actions of one name are the same. */
export type Action = {
  readonly name: string;
  readonly messages: readonly Message[];
  readonly also?: "timer" | "restart";
  /** The proposal in it. */
  readonly proposes?: BlockNumber;
};

export type Facts = {
  readonly view: number;
  readonly highQc: BlockNumber;
  readonly tip: BlockNumber;
  readonly voted: readonly BlockNumber[];
  readonly commitVoted: readonly BlockNumber[];
  readonly timeouts: readonly { readonly view: number; readonly high: BlockNumber }[];
  readonly proposals: readonly { readonly message: Message; readonly block: BlockNumber }[];
};

export type LocalState = {
  readonly id: number;
  readonly self: number;
  readonly from: LocalState | undefined;
  readonly via: Action | undefined;
  readonly facts: Facts;
  readonly next: Map<string, LocalState>;
};

/** A live engine and what is noted beside it. */
type Life = {
  readonly node: Node;
  readonly judge: Judge;
  readonly signed: Message[];
  heard: BlockNumber[];
};

const MAX_LIVES = 1_024;

export class LocalStates {
  readonly #statements: Statements;
  readonly #restarts: boolean;
  readonly #byKey = new Map<string, LocalState>();
  readonly #all: LocalState[] = [];
  /** Engines that are in a state at this moment, by its number: to go on with them saves a replay. */
  readonly #lives = new Map<number, Life>();
  events = 0;
  merges = 0;
  /** Merges to check by hand: another history that led to a known state. */
  readonly sample: { readonly state: LocalState; readonly twin: LocalState }[] = [];
  violation: Violation | undefined;

  /** `restarts`: what is durable counts as well as what is remembered. */
  constructor(statements: Statements, { restarts }: { readonly restarts: boolean }) {
    this.#statements = statements;
    this.#restarts = restarts;
  }

  get count(): number {
    return this.#all.length;
  }

  get(id: number): LocalState {
    return this.#all[id] as LocalState;
  }

  start(self: number): LocalState {
    const life = this.#born(self);
    return this.#settle({ life, self, from: undefined, via: undefined });
  }

  /** The state after an action; the same state if the action changes nothing that matters. */
  after(state: LocalState, action: Action): LocalState {
    const known = state.next.get(action.name);
    if (known !== undefined) return known;
    const isRefused =
      action.also === undefined && action.messages.every((message) => !this.#isAccepted(message));
    const next = isRefused ? state : this.#run(state, action);
    state.next.set(action.name, next);
    return next;
  }

  /** Do both histories of a merged state answer this action alike? */
  agree(left: LocalState, right: LocalState, action: Action): boolean {
    const [first, second] = [left, right].map((state) => {
      const life = this.#relive(state);
      this.#act(life, action);
      return this.#keyOf(life, state.self);
    });
    return first === second;
  }

  #run(state: LocalState, action: Action): LocalState {
    const life = this.#lives.get(state.id) ?? this.#relive(state);
    this.#lives.delete(state.id);
    this.#act(life, action);
    const { violation } = life.judge;
    if (violation !== undefined) this.violation ??= violation;
    const next = this.#settle({ life, self: state.self, from: state, via: action });
    // What changed nothing may have left a trace all the same: such a life is not gone on with.
    if (next !== state) this.#keep(next, life);
    return next;
  }

  #keep(state: LocalState, life: Life): void {
    if (this.#lives.size >= MAX_LIVES) this.#lives.clear();
    this.#lives.set(state.id, life);
  }

  #isAccepted(message: Message): boolean {
    const { setting } = this.#statements;
    return setting.verify(message, setting.genesisQc).ok;
  }

  #relive(state: LocalState): Life {
    const actions: Action[] = [];
    for (let at: LocalState | undefined = state; at?.via !== undefined; at = at.from) {
      actions.unshift(at.via);
    }
    const life = this.#born(state.self);
    for (const action of actions) this.#act(life, action);
    return life;
  }

  #born(self: number): Life {
    const { setting, made } = this.#statements;
    const judge = new Judge(setting, 1, made);
    const signed: Message[] = [];
    const node = new Node(
      { id: self, validator: self, isHonest: true },
      {
        setting,
        judge,
        onSigned: (_, message) => {
          signed.push(message);
          if (message.type === "proposal") this.#statements.add(message.block);
        },
        fetch: (_, hash) => this.#statements.block(this.#statements.numberOf(hash)).block,
        catchUp: () => [],
        holdsPayload: () => true,
        isHonest: (validator) => validator !== this.#statements.liar,
      },
    );
    node.start();
    return { node, judge, signed, heard: [] };
  }

  #act(life: Life, action: Action): void {
    this.events += 1;
    for (const message of action.messages) {
      this.#supply(life.node, message);
      const isHeard = life.node.hear(message);
      if (isHeard && message.type === "proposal") {
        life.heard.push(this.#statements.numberOf(blockHash(message.block)));
      }
    }
    if (action.also === "timer") life.node.fireTimer();
    if (action.also === "restart") {
      life.heard = [];
      life.node.restart();
    }
  }

  /** Whoever hears of a certificate holds what it certifies: else the same state would depend on what was heard before. */
  #supply(node: Node, message: Message): void {
    if (!this.#isAccepted(message)) return;
    const missing = new Map<string, Block>();
    for (const { block: hash } of certificatesIn(message)) {
      let { block } = this.#statements.block(this.#statements.numberOf(hash));
      while (block !== undefined && block.height > node.tip.height) {
        if (node.engine.block(blockHash(block)) === undefined)
          missing.set(wordOf(blockHash(block)), block);
        block = this.#statements.block(this.#statements.numberOf(block.parent)).block;
      }
    }
    const blocks = [...missing.values()].sort((left, right) => left.height - right.height);
    if (blocks.length > 0) node.step({ type: "blocks", blocks });
  }

  #settle(found: {
    readonly life: Life;
    readonly self: number;
    readonly from: LocalState | undefined;
    readonly via: Action | undefined;
  }): LocalState {
    const { life, self, from, via } = found;
    const key = this.#keyOf(life, self);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      if (known !== from) this.#noteMerge(known, found);
      return known;
    }
    const id = this.#all.length;
    const state = { id, self, from, via, facts: this.#factsOf(life), next: new Map() };
    this.#byKey.set(key, state);
    this.#all.push(state);
    return state;
  }

  #noteMerge(state: LocalState, other: Pick<LocalState, "self" | "from" | "via">): void {
    this.merges += 1;
    // Every 16th, up to a few hundred: a sample over the whole search.
    if (this.merges % 16 !== 1 || this.sample.length >= 400) return;
    const { self, from, via } = other;
    const twin = { id: state.id, self, from, via, facts: state.facts, next: new Map() };
    this.sample.push({ state, twin });
  }

  #factsOf({ node, signed }: Life): Facts {
    const number = (hash: Parameters<Statements["numberOf"]>[0]) => this.#statements.numberOf(hash);
    return {
      view: node.view,
      highQc: number(node.engine.highQc.block),
      tip: number(node.tip.hash),
      voted: distinct(
        signed.flatMap((message) =>
          message.type === "vote" ? [number(message.content.block)] : [],
        ),
      ),
      commitVoted: distinct(
        signed.flatMap((message) =>
          message.type === "commit-vote" ? [number(message.content.block)] : [],
        ),
      ),
      // A validator that is stuck says the same again.
      timeouts: [
        ...new Map(
          signed.flatMap((message) => {
            if (message.type !== "timeout") return [];
            const said = { view: message.content.view, high: number(message.highQc.block) };
            return [[`${said.view} ${said.high}`, said]];
          }),
        ).values(),
      ],
      proposals: signed.flatMap((message) =>
        message.type === "proposal" ? [{ message, block: number(blockHash(message.block)) }] : [],
      ),
    };
  }

  #keyOf(life: Life, self: number): string {
    const { voted, commitVoted, timeouts, proposals, ...present } = this.#factsOf(life);
    const given = distinct(timeouts.map(({ view, high }) => view * 4096 + high));
    const own = distinct(proposals.map(({ block }) => block));
    const first = new Map<number, BlockNumber>();
    for (const number of life.heard) {
      const { view } = this.#statements.block(number);
      if (view >= present.view && !first.has(view)) first.set(view, number);
    }
    const { view, highQc, tip } = present;
    const memory = `${self} ${view} ${highQc} ${tip} ${life.node.engine.status.halted}`;
    const said = `${voted.toSorted()}|${commitVoted.toSorted()}|${given.toSorted()}|${own.toSorted()}`;
    const heard = [...first.values()].toSorted();
    return `${memory} ${said}|${heard}|${this.#durableKey(life.node.durable)}`;
  }

  #durableKey(state: SafetyState): string {
    const { lastVotedView, lockedView, highTc } = state;
    // A TC that no longer opens the view has done its work; what it shows is in the highest QC as well.
    const isOpen = highTc !== undefined && highTc.view > state.highQc.view;
    const present = `${lastVotedView} ${lockedView} ${isOpen ? highTc.view : 0}`;
    if (!this.#restarts) return present;
    const { lastVote } = state;
    const vote = lastVote === undefined ? -1 : this.#statements.numberOf(lastVote.block);
    return `${present} ${this.#statements.numberOf(state.highQc.block)} ${vote}`;
  }
}

function certificatesIn(message: Message): readonly QuorumCert[] {
  switch (message.type) {
    case "proposal":
      return [message.block.justify, ...(message.tc === undefined ? [] : [message.tc.highQc])];
    case "commit-vote":
      return message.qc === undefined ? [] : [message.qc];
    case "timeout":
      return [message.highQc, ...(message.highTc === undefined ? [] : [message.highTc.highQc])];
    default:
      return [];
  }
}

function distinct(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)];
}

export function wordsOf({ name, messages, also }: Action): string {
  const said = messages.map(describe).join("; ");
  return [name, said, also].filter((part) => part !== undefined && part !== "").join(": ");
}
