// Real engines in memory and every message they sign. Nothing moves by itself: a search decides who hears what and whose
// timer fires. Whoever wants to know whether the chain still lives lets the arena heal.

import type { Block, Message } from "../../../consensus/index.ts";
import { type Hash, toHex } from "../../../crypto/index.ts";
import { Judge, type Violation } from "./judge.ts";
import { Node } from "./node.ts";
import { type Setting, shortName } from "./setting.ts";
import { describe } from "./wording.ts";

/** Who sits at a place: a real engine with this validator's key. */
export type Seat = { readonly validator: number; readonly isHonest: boolean };

export type Sent = {
  readonly message: Message;
  /** Undefined: forged by a liar without an engine. */
  readonly from: number | undefined;
};

export type ArenaOptions = {
  readonly setting: Setting;
  readonly seats: readonly Seat[];
  /** Validators without an engine, whose keys the search itself uses. */
  readonly forgers?: readonly number[];
  readonly onLine?: ((line: string) => void) | undefined;
};

/** Blocks that a node far behind gets in one go. */
const CATCH_UP_BLOCKS = 64;

export class Arena {
  readonly setting: Setting;
  readonly judge: Judge;
  readonly nodes: readonly Node[];
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #liars: ReadonlySet<number>;
  /** Called with each message when it is signed. */
  onSent: (sent: Sent) => void = () => {};
  /** May the asker have a block from this holder? */
  reaches: (asker: Node, holder: Node) => boolean = () => true;
  holdsPayload: (node: Node, block: Block) => boolean = () => true;
  deliveries = 0;
  /** Set while all is well again: nothing is forged or kept back any more. */
  isHealed = false;

  constructor({ setting, seats, forgers = [], onLine }: ArenaOptions) {
    this.setting = setting;
    this.#onLine = onLine;
    const twins = seats.filter(({ isHonest }) => !isHonest).map(({ validator }) => validator);
    this.#liars = new Set([...forgers, ...twins]);
    this.judge = new Judge(setting, this.#liars.size);
    this.nodes = seats.map((seat, id) => {
      return new Node(
        { id, ...seat },
        {
          setting,
          judge: this.judge,
          onSigned: (node, message) => this.#send({ message, from: node.id }),
          fetch: (node, hash) => this.#fetch(node, hash),
          catchUp: (node) => this.#catchUp(node),
          holdsPayload: (node, block) => this.isHealed || this.holdsPayload(node, block),
          isHonest: (validator) => !this.#liars.has(validator),
        },
      );
    });
  }

  get honest(): readonly Node[] {
    return this.nodes.filter(({ isHonest }) => isHonest);
  }

  get violation(): Violation | undefined {
    return this.judge.violation;
  }

  get events(): number {
    return this.nodes.reduce((total, { events }) => total + events, 0);
  }

  get highestView(): number {
    return Math.max(...this.nodes.map(({ view }) => view));
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  deliver(to: Node, { message }: Sent): void {
    this.deliveries += 1;
    const before = this.#onLine === undefined ? "" : this.#stateOf(to);
    const isHeard = to.hear(message);
    if (this.#onLine === undefined) return;
    const outcome = isHeard ? this.#changeOf(to, before) : ": refused";
    this.#onLine(`n${to.id} hears ${describe(message)}${outcome}`);
  }

  fireTimer(of: Node): void {
    this.#onLine?.(`n${of.id} times out in ${of.view}`);
    of.fireTimer();
  }

  restart(node: Node): void {
    this.#onLine?.(`n${node.id} restarts in ${node.view}`);
    node.restart();
  }

  note(line: () => string): void {
    this.#onLine?.(line());
  }

  /** A liar without an engine says something. */
  forge(message: Message): Sent {
    const validator =
      message.type === "decision"
        ? -1
        : message.type === "proposal"
          ? message.block.proposer
          : message.voter;
    this.judge.signed({ id: -1, validator, isHonest: false }, message);
    const sent = { message, from: undefined };
    this.onSent(sent);
    return sent;
  }

  #send(sent: Sent): void {
    this.#onLine?.(`n${sent.from} signs ${describe(sent.message)}`);
    this.onSent(sent);
  }

  #fetch(asker: Node, hash: Hash): Block | undefined {
    for (const holder of this.nodes) {
      if (holder === asker || !(this.isHealed || this.reaches(asker, holder))) continue;
      const block = holder.blockBy(hash);
      if (block !== undefined) return block;
    }
    return undefined;
  }

  #catchUp(asker: Node): Node["finals"] {
    let best: Node["finals"] = [];
    for (const holder of this.nodes) {
      if (!holder.isHonest || !(this.isHealed || this.reaches(asker, holder))) continue;
      const run = holder.finals.slice(asker.finals.length, asker.finals.length + CATCH_UP_BLOCKS);
      while (run.length > 0 && run.at(-1)?.cert === undefined) run.pop();
      if (run.length > best.length) best = run;
    }
    return best;
  }

  #stateOf({ view, engine, finals }: Node): string {
    const qc = engine.highQc;
    return `view ${view}, QC ${shortName(qc.view, qc.block)}, height ${finals.length}`;
  }

  #changeOf(node: Node, before: string): string {
    const after = this.#stateOf(node);
    return after === before ? "" : `: ${after}`;
  }

  /** All that an honest observer can see of where the nodes stand. */
  standing(): string {
    return this.honest
      .map(({ view, engine, finals, durable }) => {
        const given = durable.lastTimeout?.view ?? 0;
        const { highTc } = durable;
        return `${view} ${toHex(engine.highQc.block)} ${highTc?.view ?? 0} ${finals.length} ${given}`;
      })
      .join("; ");
  }
}
