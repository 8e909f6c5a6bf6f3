// Adversarial schedules: one seed draws a mix (which lies, which order, how many restarts), the mix plays some dozen
// coarse moves, then everything heals. Messages stay in pools until a move lets one node hear some of them, so that
// nodes see a certificate, half of it, or nothing. The moves of the liars stand in lies.ts.

import { LEADER_CHOICES, type LeaderChoice, type Message } from "../../../consensus/index.ts";
import { type Random, randomStream } from "../../random/index.ts";
import { Arena, type Sent } from "./arena.ts";
import { Forger } from "./forger.ts";
import { heal } from "./healing.ts";
import { type Budget, type HuntReport, isOver, type Quarry, type Replay } from "./hunt.ts";
import { type Lies, lie } from "./lies.ts";
import type { Node } from "./node.ts";
import { Setting } from "./setting.ts";
import { pickWeighted } from "./weights.ts";

export type ScheduleOptions = Quarry & {
  readonly seed: number;
  /** 4 or 7 if not said. */
  readonly validators?: number;
  /** More than a third, to see whether they can be convicted; else f. */
  readonly liars?: number;
};

type Moves = {
  readonly hearAll: number;
  readonly hearKind: number;
  readonly hearOne: number;
  readonly hearMost: number;
  readonly fireOne: number;
  readonly fireAll: number;
  readonly restart: number;
  readonly lose: number;
  readonly lie: number;
  readonly release: number;
};

/** How one schedule behaves throughout; drawn from its seed. */
type Mix = {
  readonly steps: number;
  readonly moves: Moves;
  readonly lies: Lies;
  /** Of the views that a schedule of leaders gives to liars. */
  readonly liarLeads: number;
  /** How many views that schedule has, before it goes round robin. */
  readonly chosenViews: number;
  readonly payloadsKept: number;
  readonly fetchFails: number;
  readonly isBacklogDelivered: boolean;
  /** Of each kind of message, the share that moves let nodes hear: certificates may be for liars only. */
  readonly heard: Readonly<Record<Message["type"], number>>;
};

const MAX_POOL = 400;

export function huntSchedules(options: ScheduleOptions & Budget): HuntReport {
  let scenarios = 0;
  let views = 0;
  let events = 0;
  let forks = 0;
  while (!isOver(options, scenarios)) {
    const run = new Schedule(options, scenarios);
    run.play();
    scenarios += 1;
    views += run.arena.highestView;
    events += run.arena.events;
    forks += run.arena.judge.isForked ? 1 : 0;
    const { violation } = run.arena;
    if (violation === undefined) continue;
    const replay = `schedule ${options.seed}/${scenarios - 1}`;
    return { scenarios, views, events, forks, finding: { ...violation, replay } };
  }
  return { scenarios, views, events, forks };
}

/** One schedule again, with every move in words. */
export function replaySchedule(options: ScheduleOptions & { readonly scenario: number }): Replay {
  const trace: string[] = [];
  const run = new Schedule(options, options.scenario, (line) => trace.push(line));
  run.play();
  const { violation } = run.arena;
  return violation === undefined ? { trace } : { trace, finding: violation };
}

class Schedule {
  readonly arena: Arena;
  readonly #random: Random;
  readonly #mix: Mix;
  readonly #forger: Forger;
  readonly #pools: Sent[][];
  readonly #isWithinBounds: boolean;

  constructor(options: ScheduleOptions, scenario: number, onLine?: (line: string) => void) {
    const seed =
      (Math.imul(options.seed, 0x9e37_79b1) ^ Math.imul(scenario + 1, 0x85eb_ca6b)) >>> 0;
    const random = randomStream(seed, "mix");
    const validators = options.validators ?? (random.chance(0.85) ? 4 : 7);
    const faulty = Math.floor((validators - 1) / 3);
    const liars = options.liars ?? random.pick([faulty, faulty, faulty, 0]);
    this.#isWithinBounds = liars <= faulty;
    this.#mix = mixOf(random);
    const first = validators - liars;
    const forgers = Array.from({ length: liars }, (_, at) => first + at);
    const leaders = leadersOf(options.leaders, { random, forgers, mix: this.#mix });
    const rules = options.rules === undefined ? {} : { rules: options.rules };
    const setting = new Setting({ validators, leaders, ...rules });
    const seats = Array.from({ length: first }, (_, validator) => ({ validator, isHonest: true }));
    this.arena = new Arena({ setting, seats, forgers, onLine });
    this.#forger = new Forger(setting, forgers, (message) => this.arena.judge.sealed(message));
    this.#random = randomStream(seed, "moves");
    this.#pools = seats.map(() => []);
    this.arena.onSent = (sent) => this.#post(sent);
    this.arena.reaches = () => !this.#random.chance(this.#mix.fetchFails);
    this.arena.holdsPayload = () => !this.#random.chance(this.#mix.payloadsKept);
  }

  play(): void {
    this.arena.start();
    for (let step = 0; step < this.#mix.steps; step++) {
      if (this.arena.violation !== undefined) return;
      this.#move();
    }
    if (!this.#isWithinBounds) return;
    const pending = this.arena.nodes.flatMap((node) => {
      return this.#poolOf(node).map((sent): [Node, Sent] => [node, sent]);
    });
    const backlog = this.#mix.isBacklogDelivered ? pending : [];
    heal(this.arena, { backlog, fairFrom: this.#mix.chosenViews });
  }

  #move(): void {
    const random = this.#random;
    const node = random.pick(this.arena.nodes);
    switch (pickWeighted(random, this.#mix.moves)) {
      case "hearAll":
        return this.#hear(node, () => true);
      case "hearKind": {
        const kind = kindOf(random.pick(this.#poolOf(node))?.message);
        return this.#hear(node, ({ message }) => kindOf(message) === kind);
      }
      case "hearOne": {
        const one = random.pick(this.#poolOf(node));
        return this.#hear(node, (sent) => sent === one);
      }
      case "hearMost": {
        const share = random.fraction();
        return this.#hear(node, () => random.chance(share));
      }
      case "fireOne":
        return this.arena.fireTimer(node);
      case "fireAll":
        for (const each of this.arena.nodes) this.arena.fireTimer(each);
        return;
      case "restart":
        return this.arena.restart(node);
      case "lose": {
        const share = random.fraction();
        const kept = this.#poolOf(node).filter(() => !random.chance(share));
        this.#pools[node.id] = kept;
        return;
      }
      case "release":
        return node.releasePayloads();
      case "lie":
        if (this.#forger.liars.length === 0) return this.#hear(node, () => true);
        return lie({
          arena: this.arena,
          forger: this.#forger,
          random,
          lies: this.#mix.lies,
          say: (message, now) => this.#say(message, now),
        });
    }
  }

  /** To the pools of all; to those that `now` names, at once. */
  #say(message: Message, now: readonly Node[]): void {
    const sent = this.arena.forge(message);
    for (const node of now) {
      this.#pools[node.id] = this.#poolOf(node).filter((other) => other !== sent);
      this.arena.deliver(node, sent);
    }
  }

  #post(sent: Sent): void {
    this.#forger.observe(sent.message);
    for (const node of this.arena.nodes) {
      const pool = this.#poolOf(node);
      if (node.id !== sent.from && pool.length < MAX_POOL) pool.push(sent);
    }
  }

  #poolOf(node: Node): Sent[] {
    return this.#pools[node.id] as Sent[];
  }

  #hear(node: Node, isHeard: (sent: Sent) => boolean): void {
    const heard: Sent[] = [];
    const kept: Sent[] = [];
    const { heard: shares } = this.#mix;
    for (const sent of this.#poolOf(node)) {
      const reaches = isHeard(sent) && this.#random.chance(shares[sent.message.type]);
      (reaches ? heard : kept).push(sent);
    }
    this.#pools[node.id] = kept;
    // In any order: which of two contradicting messages comes first matters.
    if (this.#random.chance(0.3)) shuffle(heard, this.#random);
    for (const sent of heard) {
      if (this.arena.violation !== undefined) return;
      this.arena.deliver(node, sent);
    }
  }
}

function mixOf(random: Random): Mix {
  // Cubed: in most mixes most moves are rare and a few are frequent.
  const weight = (most: number) => most * random.fraction() ** 3;
  return {
    steps: random.between(20, 90),
    moves: {
      hearAll: 0.2 + weight(2),
      hearKind: 0.3 + weight(6),
      hearOne: weight(3),
      hearMost: weight(3),
      fireOne: 0.05 + weight(2),
      fireAll: weight(random.pick([0.4, 4])),
      restart: weight(0.6),
      lose: weight(0.5),
      lie: 0.2 + weight(5),
      release: weight(0.5),
    },
    lies: {
      propose: 0.2 + weight(4),
      vote: weight(3),
      certify: weight(3),
      commitVote: weight(2),
      timeout: 0.1 + weight(2),
      timeoutCert: weight(3),
      understate: random.pick([0, 0.5, 0.9]),
      decide: weight(1),
      cheat: weight(1),
      wrongRoot: random.chance(0.3) ? 0.3 : 0,
      atOnce: random.pick([random.fraction(), 0.9, 1]),
    },
    liarLeads: random.pick([0, 0.25, 0.5, 0.9]),
    chosenViews: random.between(3, 12),
    payloadsKept: random.pick([0, 0, 0.1, 0.5]),
    fetchFails: random.pick([0, 0, 0.3, 0.9]),
    isBacklogDelivered: random.chance(0.5),
    heard: {
      proposal: random.pick([1, 1, 1, 0.5]),
      vote: random.pick([1, 1, 0.5, 0.1, 0]),
      "commit-vote": random.pick([1, 1, 0.5, 0.1, 0]),
      timeout: random.pick([1, 1, 0.5, 0.1, 0]),
      decision: 1,
    },
  };
}

/** The given choice or, as often, a schedule of leaders drawn from the seed that ends in round robin. */
function leadersOf(
  given: LeaderChoice | undefined,
  drawn: { readonly random: Random; readonly forgers: readonly number[]; readonly mix: Mix },
): LeaderChoice {
  const fair = LEADER_CHOICES["round-robin"];
  const { random, forgers, mix } = drawn;
  if (given !== undefined) return given;
  if (forgers.length === 0 || mix.liarLeads === 0) return fair;
  const leaders = Array.from({ length: mix.chosenViews }, () => {
    return random.chance(mix.liarLeads) ? random.pick(forgers) : undefined;
  });
  return (question) => leaders[question.view] ?? fair(question);
}

function kindOf(message: Message | undefined): string {
  if (message === undefined || message.type === "decision") return "decision";
  const view = message.type === "proposal" ? message.block.view : message.content.view;
  return `${message.type} ${view}`;
}

function shuffle(items: Sent[], random: Random): void {
  for (let at = items.length - 1; at > 0; at--) {
    const other = random.between(0, at);
    [items[at], items[other]] = [items[other] as Sent, items[at] as Sent];
  }
}
