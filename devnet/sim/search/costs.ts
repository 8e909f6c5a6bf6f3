// What a decision costs under each rule set: message delays until it is final, messages and bytes a view, and what one
// dead validator does to it. Real engines on a network where every message takes one delay and local work none.

import {
  blockHash,
  LEADER_CHOICES,
  type LeaderChoiceName,
  type Message,
  messageCodec,
  RULE_SETS,
  type RuleSetName,
} from "../../../consensus/index.ts";
import { encode } from "../../../crypto/index.ts";
import { Agenda } from "../agenda.ts";
import { Judge } from "./judge.ts";
import { Node } from "./node.ts";
import { BASE_TIMEOUT_MS, Setting, wordOf } from "./setting.ts";

/** A view is given up after ten delays without progress. */
const DELAY_MS = BASE_TIMEOUT_MS / 10;
/** Views before the first one that counts, so that start-up is not measured. */
const WARM_UP_VIEWS = 4;

export type Traffic = { readonly messages: number; readonly bytes: number };

export type CostRow = {
  readonly rules: RuleSetName;
  readonly validators: number;
  /** From the proposal until every honest validator has committed the block; mean, in message delays. */
  readonly latencyDelays: number;
  /** Sent by all, a view; a message to all others counts once for each. */
  readonly perView: Traffic;
  /** Sent in a view by its leader, its proposal included, and by each of the others. */
  readonly leader: Traffic;
  readonly voter: Traffic;
  readonly oneDead: Readonly<Record<LeaderChoiceName, Degraded>>;
};

/** With one validator that says nothing. */
export type Degraded = {
  readonly givenUpPer100Views: number;
  readonly finalPer100Views: number;
  readonly latencyDelays: number;
};

export type CostOptions = {
  readonly sizes?: readonly number[];
  /** Counted views of the run without faults, and of those with a dead validator. */
  readonly views?: number;
  readonly degradedViews?: number;
};

export function costs(options: CostOptions = {}): readonly CostRow[] {
  const { sizes = [4, 7, 16, 31, 64], views = 8, degradedViews = 100 } = options;
  const names = Object.keys(RULE_SETS) as RuleSetName[];
  return sizes.flatMap((validators) =>
    names.map((rules) => row({ rules, validators, views, degradedViews })),
  );
}

export function costTable(rows: readonly CostRow[]): string {
  const header = [
    "rules | n | delays to finality | messages a view | KB a view | leader sends KB | voter sends KB",
    "given up | final blocks | delays, one dead, round robin | given up | final blocks | delays, reputation",
  ].join(" | ");
  const dashes = header.replaceAll(/[^|]+/g, "---");
  const lines = rows.map(
    ({ rules, validators, latencyDelays, perView, leader, voter, oneDead }) => {
      const kilobytes = [perView, leader, voter].map(({ bytes }) => (bytes / 1_000).toFixed(1));
      const dead = [oneDead["round-robin"], oneDead.reputation].flatMap((degraded) => [
        degraded.givenUpPer100Views.toFixed(0),
        degraded.finalPer100Views.toFixed(0),
        degraded.latencyDelays.toFixed(1),
      ]);
      const sent = perView.messages.toFixed(0);
      return [rules, validators, latencyDelays.toFixed(1), sent, ...kilobytes, ...dead].join(" | ");
    },
  );
  return [header, dashes, ...lines].map((line) => `| ${line} |`).join("\n");
}

function row(options: {
  readonly rules: RuleSetName;
  readonly validators: number;
  readonly views: number;
  readonly degradedViews: number;
}): CostRow {
  const { rules, validators, views, degradedViews } = options;
  const healthy = new Run({ rules, validators, leaders: "round-robin", dead: 0, views });
  healthy.play();
  const degraded = (leaders: LeaderChoiceName) => {
    const run = new Run({ rules, validators, leaders, dead: 1, views: degradedViews });
    run.play();
    return run.degraded();
  };
  return {
    rules,
    validators,
    latencyDelays: healthy.meanLatencyDelays(),
    ...healthy.traffic(),
    oneDead: { "round-robin": degraded("round-robin"), reputation: degraded("reputation") },
  };
}

type RunOptions = {
  readonly rules: RuleSetName;
  readonly validators: number;
  readonly leaders: LeaderChoiceName;
  /** So many of the last validators say nothing. */
  readonly dead: number;
  readonly views: number;
};

type Birth = { readonly view: number; readonly atMs: number; committedBy: number; finalMs: number };

class Run {
  readonly #options: RunOptions;
  readonly #agenda = new Agenda();
  readonly #judge: Judge;
  readonly #nodes: readonly Node[];
  /** When each block was proposed and committed by all. */
  readonly #births = new Map<string, Birth>();
  readonly #givenUp = new Set<number>();
  readonly #leaders = new Map<number, number>();
  readonly #sent: { readonly view: number; readonly by: number; readonly bytes: number }[] = [];
  readonly #timers = new Map<number, number>();

  constructor(options: RunOptions) {
    this.#options = options;
    const { validators, dead } = options;
    const setting = new Setting({
      validators,
      rules: RULE_SETS[options.rules],
      leaders: LEADER_CHOICES[options.leaders],
    });
    this.#judge = new Judge(setting, dead);
    this.#nodes = Array.from({ length: validators - dead }, (_, id) => {
      const signatory = { id, validator: id, isHonest: true };
      return new Node(signatory, {
        setting,
        judge: this.#judge,
        onSigned: (node, message) => this.#send(node, message),
        fetch: (_node, hash) => this.#nodes.map((peer) => peer.blockBy(hash)).find(Boolean),
        catchUp: () => [],
        holdsPayload: () => true,
        isHonest: (validator) => validator < validators - dead,
        onTimer: (node, view, timeoutMs) => this.#startTimer(node, view, timeoutMs),
        onCommitted: (_node, block) => this.#committed(wordOf(blockHash(block))),
      });
    });
  }

  play(): void {
    for (const node of this.#nodes) this.#agenda.after(0, () => node.start());
    const last = this.#lastView + WARM_UP_VIEWS;
    while (this.#nodes.some(({ view }) => view <= last)) {
      if (this.#judge.violation !== undefined) throw new Error(this.#judge.violation.what);
      if (!this.#agenda.advance()) throw new Error("nothing is left to happen");
    }
  }

  meanLatencyDelays(): number {
    const whole = this.#finals();
    const total = whole.reduce((sum, { atMs, finalMs }) => sum + finalMs - atMs, 0);
    return total / whole.length / DELAY_MS;
  }

  traffic(): Pick<CostRow, "perView" | "leader" | "voter"> {
    const counted = this.#sent.filter(({ view }) => this.#counts(view));
    const isLeader = ({ view, by }: { view: number; by: number }) => this.#leaders.get(view) === by;
    const { views, validators } = this.#options;
    return {
      perView: this.#mean(counted, views),
      leader: this.#mean(counted.filter(isLeader), views),
      voter: this.#mean(
        counted.filter((one) => !isLeader(one)),
        views * (validators - 1),
      ),
    };
  }

  /** Each message goes to all others, the dead included. */
  #mean(sent: readonly { readonly bytes: number }[], over: number): Traffic {
    const copies = this.#options.validators - 1;
    const bytes = sent.reduce((sum, one) => sum + one.bytes, 0);
    return { messages: (copies * sent.length) / over, bytes: (copies * bytes) / over };
  }

  degraded(): Degraded {
    const { views } = this.#options;
    const givenUp = [...this.#givenUp].filter((view) => this.#counts(view)).length;
    return {
      givenUpPer100Views: (100 * givenUp) / views,
      finalPer100Views: (100 * this.#finals().length) / views,
      latencyDelays: this.meanLatencyDelays(),
    };
  }

  get #lastView(): number {
    return WARM_UP_VIEWS + this.#options.views;
  }

  #counts(view: number): boolean {
    return view > WARM_UP_VIEWS && view <= this.#lastView;
  }

  #finals(): readonly Birth[] {
    return [...this.#births.values()].filter(({ view, committedBy }) => {
      return this.#counts(view) && committedBy === this.#nodes.length;
    });
  }

  #committed(name: string): void {
    const birth = this.#births.get(name);
    if (birth === undefined) return;
    birth.committedBy += 1;
    birth.finalMs = this.#agenda.now;
  }

  #send(from: Node, message: Message): void {
    const atMs = this.#agenda.now;
    if (message.type === "proposal") {
      const { view, proposer } = message.block;
      this.#leaders.set(view, proposer);
      const name = wordOf(blockHash(message.block));
      this.#births.set(name, { view, atMs, committedBy: 0, finalMs: atMs });
    }
    const view = viewOf(message);
    if (message.type === "timeout") this.#givenUp.add(view);
    const bytes = encode(messageCodec, message).length;
    this.#sent.push({ view, by: from.id, bytes });
    this.#agenda.after(DELAY_MS, () => {
      for (const to of this.#nodes) if (to !== from) to.hear(message);
    });
  }

  #startTimer(node: Node, view: number, timeoutMs: number): void {
    const sequence = (this.#timers.get(node.id) ?? 0) + 1;
    this.#timers.set(node.id, sequence);
    this.#agenda.after(timeoutMs, () => {
      if (this.#timers.get(node.id) === sequence && node.view === view) node.fireTimer();
    });
  }
}

function viewOf(message: Message): number {
  if (message.type === "proposal") return message.block.view;
  return message.type === "decision" ? message.cert.view : message.content.view;
}
