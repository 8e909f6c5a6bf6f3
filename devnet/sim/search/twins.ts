// Twins (arXiv:2004.10617): a validator that equivocates is two honest nodes with one key. A scenario says for each view
// who leads and into which sets the nodes fall apart (the next partition comes early if no set can go on); afterwards all
// is well, and the chain has to go on. Scenarios are listed without those that only rename nodes, or drawn from a seed.

import { LEADER_CHOICES, type Message } from "../../../consensus/index.ts";
import { type Random, randomStream } from "../../random/index.ts";
import { Arena, type Seat, type Sent } from "./arena.ts";
import { heal } from "./healing.ts";
import { type Budget, type HuntReport, isOver, type Quarry, type Replay } from "./hunt.ts";
import type { Node } from "./node.ts";
import { type Move, Moves, partitionsOf, permutationsOf } from "./partitions.ts";
import { Setting } from "./setting.ts";

export type TwinsOptions = Pick<Quarry, "rules"> & {
  readonly seed: number;
  /** 4, with one pair of twins, or 7 with two. */
  readonly validators?: 4 | 7;
  /** Views that a scenario disturbs. */
  readonly views?: number;
  /** In order instead of drawn from the seed. */
  readonly isSystematic?: boolean;
};

export type TwinsReport = HuntReport & {
  /** Scenarios of so many views, and how many of them differ by more than names. */
  readonly total: number;
  readonly distinct: number;
};

/** What crosses between two sets is lost, or arrives when the receiver has left the view. */
const CROSSINGS = ["lost", "late"] as const;

type Scenario = { readonly moves: readonly Move[]; readonly crossing: (typeof CROSSINGS)[number] };

const MAX_SETS = 3;
/** Rounds of deliveries and timers in one scenario; each of its views takes one or two. */
const MAX_ROUNDS = 64;
const MAX_DELIVERIES = 20_000;

export function huntTwins(options: TwinsOptions & Budget): TwinsReport {
  const { views: length = 4, isSystematic = false } = options;
  const catalogue = new Catalogue(options);
  const counted = {
    total: CROSSINGS.length * catalogue.moves.total(length),
    distinct: CROSSINGS.length * catalogue.moves.distinct(length),
  };
  let scenarios = 0;
  let views = 0;
  let events = 0;
  for (let number = 0; !isOver(options, scenarios); number++) {
    if (isSystematic && number >= counted.total) break;
    const scenario = catalogue.scenario(number);
    if (scenario === undefined) continue;
    const run = new Run(options, catalogue, scenario);
    run.play();
    scenarios += 1;
    views += run.arena.highestView;
    events += run.arena.events;
    const { violation } = run.arena;
    if (violation === undefined) continue;
    const finding = { ...violation, replay: `twins ${options.seed}/${number}` };
    return { scenarios, views, events, ...counted, finding };
  }
  return { scenarios, views, events, ...counted };
}

/** One scenario again, with every step in words. */
export function replayTwins(options: TwinsOptions & { readonly scenario: number }): Replay {
  const trace: string[] = [];
  const catalogue = new Catalogue(options);
  const scenario = catalogue.scenario(options.scenario);
  if (scenario === undefined) return { trace: ["the same as another one"] };
  for (const [at, { partition, leader }] of scenario.moves.entries()) {
    trace.push(`view ${at + 1}: nodes in sets ${partition.join("")}, led by ${leader}`);
  }
  const run = new Run(options, catalogue, scenario, (line) => trace.push(line));
  run.play();
  const { violation } = run.arena;
  return violation === undefined ? { trace } : { trace, finding: violation };
}

/** All scenarios of one size, by number. */
class Catalogue {
  readonly validators: number;
  readonly twins: number;
  readonly moves: Moves;
  readonly #options: TwinsOptions;

  constructor(options: TwinsOptions) {
    this.#options = options;
    this.validators = options.validators ?? 4;
    this.twins = Math.floor((this.validators - 1) / 3);
    const nodes = this.validators + this.twins;
    const partitions = partitionsOf(nodes, MAX_SETS);
    const leaders = Array.from({ length: this.validators }, (_, leader) => leader);
    const all = partitions.flatMap((partition) => leaders.map((leader) => ({ partition, leader })));
    // With seven validators all symmetries are thousands; scenarios are drawn, and none is met twice anyway.
    this.moves = new Moves(all, this.validators === 4 ? this.#symmetries() : [identity(nodes)]);
  }

  /** Nodes 0 .. n-1 are the validators; those above are second copies of the first few. */
  get seats(): readonly Seat[] {
    const first = Array.from({ length: this.validators }, (_, validator) => {
      return { validator, isHonest: validator >= this.twins };
    });
    const second = Array.from({ length: this.twins }, (_, validator) => {
      return { validator, isHonest: false };
    });
    return [...first, ...second];
  }

  /** Undefined if another number stands for the same scenario. */
  scenario(number: number): Scenario | undefined {
    const { seed, views = 4, isSystematic = false } = this.#options;
    const random = randomStream(seed + Math.imul(number, 0x9e37_79b1), "twins");
    const chosen: number[] = [];
    let rest = Math.floor(number / CROSSINGS.length);
    for (let view = 0; view < views; view++) {
      chosen.push(isSystematic ? rest % this.moves.all.length : this.#draw(random));
      rest = Math.floor(rest / this.moves.all.length);
    }
    if (isSystematic && !this.moves.isCanonical(chosen)) return undefined;
    const moves = chosen.map((move) => this.moves.all[move] as Move);
    return { moves, crossing: CROSSINGS[number % CROSSINGS.length] ?? "lost" };
  }

  #draw(random: Random): number {
    return random.between(0, this.moves.all.length - 1);
  }

  /** The honest may trade places, and so may the two twins. */
  #symmetries() {
    const honest = [1, 2, 3];
    return permutationsOf(honest).flatMap((order) =>
      [false, true].map((isSwapped) => ({
        nodes: [isSwapped ? 4 : 0, ...order, isSwapped ? 0 : 4],
        validators: [0, ...order],
      })),
    );
  }
}

function identity(nodes: number) {
  const same = Array.from({ length: nodes }, (_, node) => node);
  return { nodes: same, validators: same };
}

class Run {
  readonly arena: Arena;
  readonly #scenario: Scenario;
  /** In the order of sending. */
  readonly #queue: (readonly [to: Node, sent: Sent, view: number])[] = [];
  #late: (readonly [to: Node, sent: Sent, view: number])[] = [];

  /** By so many partitions the scenario is ahead of the views. */
  #stalls = 0;

  constructor(
    { rules }: TwinsOptions,
    catalogue: Catalogue,
    scenario: Scenario,
    onLine?: (line: string) => void,
  ) {
    this.#scenario = scenario;
    const fair = LEADER_CHOICES["round-robin"];
    const setting = new Setting({
      validators: catalogue.validators,
      leaders: (question) => scenario.moves[question.view - 1]?.leader ?? fair(question),
      ...(rules === undefined ? {} : { rules }),
    });
    this.arena = new Arena({ setting, seats: catalogue.seats, onLine });
    this.arena.onSent = (sent) => this.#send(sent);
    this.arena.reaches = (asker, holder) => this.#isTogether(asker, holder, asker.view);
  }

  play(): void {
    const { arena } = this;
    const { length } = this.#scenario.moves;
    arena.start();
    let standing = "";
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.#deliverAll();
      if (arena.violation !== undefined) return;
      const now = arena.standing();
      // No set can go on: the next partition comes early, for the same view.
      if (now === standing) this.#stalls += 1;
      standing = now;
      if (arena.honest.every(({ view }) => view + this.#stalls > length)) break;
      for (const node of arena.nodes) arena.fireTimer(node);
    }
    const backlog = this.#late.map(([to, sent]): [Node, Sent] => [to, sent]);
    heal(arena, { backlog, fairFrom: length });
  }

  #deliverAll(): void {
    let count = 0;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      count += 1;
      if (this.arena.violation !== undefined || count > MAX_DELIVERIES) return;
      const [to, sent, view] = next;
      // Beyond the scenario everything waits for the healing.
      if (this.#isBeyond(view)) this.#late.push(next);
      else this.arena.deliver(to, sent);
      this.#releaseLate(to);
    }
  }

  /** What was late for a view arrives once its receiver is in the next one. */
  #releaseLate(to: Node): void {
    if (this.#late.length === 0) return;
    const isDue = ([receiver, , view]: readonly [Node, Sent, number]) =>
      receiver === to && view < to.view && !this.#isBeyond(view);
    this.#queue.push(...this.#late.filter(isDue));
    this.#late = this.#late.filter((one) => !isDue(one));
  }

  #send(sent: Sent): void {
    const from = this.arena.nodes[sent.from ?? 0] as Node;
    const view = viewOf(sent.message);
    for (const to of this.arena.nodes) {
      if (to === from) continue;
      if (this.#isTogether(from, to, view)) this.#queue.push([to, sent, view]);
      else if (this.#scenario.crossing === "late") this.#late.push([to, sent, view]);
    }
  }

  #isBeyond(view: number): boolean {
    return view + this.#stalls > this.#scenario.moves.length;
  }

  #isTogether(left: Node, right: Node, view: number): boolean {
    const partition = this.#scenario.moves[view - 1 + this.#stalls]?.partition;
    return partition === undefined || partition[left.id] === partition[right.id];
  }
}

function viewOf(message: Message): number {
  if (message.type === "proposal") return message.block.view;
  return message.type === "decision" ? message.cert.view : message.content.view;
}
