// Everything that one liar and any order of events can do to three honest validators within a few views: breadth first
// over the real engine. A global state is what the three have become; all that was ever sent follows from it. When the
// liar leads every view the three are interchangeable, and states are kept once for all orders of them.

import { LEADER_CHOICES, type RuleSet } from "../../../consensus/index.ts";
import type { HuntReport, Replay } from "./hunt.ts";
import type { Violation } from "./judge.ts";
import { type Action, type LocalState, LocalStates, wordsOf } from "./local-states.ts";
import { Menu } from "./menu.ts";
import { Setting } from "./setting.ts";
import { Statements } from "./statements.ts";

export type ExhaustiveOptions = {
  readonly rules?: RuleSet;
  /** Views that are played out; 2 takes a moment, more take much longer. */
  readonly views: number;
  /** "liar": it leads them all. "round-robin": it leads one in four; `liar` says which validator it is. */
  readonly leaders?: "liar" | "round-robin";
  readonly liar?: number;
  readonly variants?: number;
  readonly restarts?: boolean;
} & (
  | { readonly maxStates: number; readonly until?: never }
  | { readonly until: () => boolean; readonly maxStates?: never }
);

export type ExhaustiveReport = HuntReport & {
  readonly states: number;
  readonly transitions: number;
  readonly localStates: number;
  /** New states after so many steps. */
  readonly perDepth: readonly number[];
  /** Nothing was left out. */
  readonly isComplete: boolean;
  /** Merged histories that were compared by their answers to every action, and those that differed. */
  readonly mergesChecked: number;
  readonly mergesWrong: number;
};

const HONEST = 3;
/** Local states are numbered below this, so that three fit into one number. */
const MAX_LOCAL_STATES = 2 ** 17;
/** How often the clock that is handed in is asked. */
const STATES_PER_LOOK = 256;

export function huntExhaustively(options: ExhaustiveOptions): ExhaustiveReport {
  const search = new Search(options);
  const isComplete = search.run();
  return search.report(isComplete);
}

/** The steps to the finding, for the same options. */
export function replayExhaustive(options: ExhaustiveOptions): Replay {
  const search = new Search(options);
  search.run();
  const { violation } = search;
  const trace = search.traceOfLast();
  return violation === undefined ? { trace } : { trace, finding: violation };
}

class Search {
  readonly #options: ExhaustiveOptions;
  readonly #statements: Statements;
  readonly #locals: LocalStates;
  readonly #menu: Menu;
  readonly #isSymmetric: boolean;
  readonly #visited = new Set<number>();
  /** Local states by threes, in the order of discovery. */
  readonly #tuples: number[] = [];
  readonly #parents: number[] = [];
  readonly #vias: (Action | undefined)[] = [];
  readonly #perDepth: number[] = [1];
  #transitions = 0;
  /** The state that was looked at or reached last. */
  #last = 0;
  violation: Violation | undefined;

  constructor(options: ExhaustiveOptions) {
    const { views, leaders = "liar", variants = 2, restarts = false } = options;
    const liar = leaders === "liar" ? HONEST : (options.liar ?? HONEST);
    this.#options = options;
    this.#isSymmetric = leaders === "liar";
    const setting = new Setting({
      validators: 1 + HONEST,
      leaders: leaders === "liar" ? () => liar : LEADER_CHOICES["round-robin"],
      ...(options.rules === undefined ? {} : { rules: options.rules }),
    });
    this.#statements = new Statements(setting, liar);
    this.#locals = new LocalStates(this.#statements, { restarts });
    const liarLeads = (view: number) => leaders === "liar" || view % (1 + HONEST) === liar;
    this.#menu = new Menu(this.#statements, { views, liarLeads, variants, restarts });
    const selves = [0, 1, 2, 3].filter((self) => self !== liar);
    const started = selves.map((self) => this.#locals.start(this.#isSymmetric ? 0 : self).id);
    this.#add(started, -1, undefined);
  }

  /** True if it came to an end by itself. */
  run(): boolean {
    let depthEnd = this.#parents.length;
    for (let at = 0; at < this.#parents.length; at++) {
      if (at === depthEnd) {
        this.#perDepth.push(this.#parents.length - depthEnd);
        depthEnd = this.#parents.length;
      }
      if (this.#isOver(at)) return false;
      this.#expand(at);
      if (this.violation !== undefined) return false;
    }
    return true;
  }

  report(isComplete: boolean): ExhaustiveReport {
    const { mergesChecked, mergesWrong } = this.#checkMerges();
    const states = this.#parents.length;
    const views = Math.max(...this.#tuples.slice(-3).map((id) => this.#locals.get(id).facts.view));
    const replay = `exhaustive ${this.#options.views} views, ${this.#options.leaders ?? "liar"} leads`;
    return {
      scenarios: states,
      views,
      events: this.#locals.events,
      states,
      transitions: this.#transitions,
      localStates: this.#locals.count,
      perDepth: this.#perDepth,
      isComplete,
      mergesChecked,
      mergesWrong,
      ...(this.violation === undefined ? {} : { finding: { ...this.violation, replay } }),
    };
  }

  /** From the start to the state that was found last. */
  traceOfLast(): readonly string[] {
    const lines: string[] = [];
    for (let at = this.#last; at > 0; at = this.#parents[at] as number) {
      const via = this.#vias[at];
      const after = this.#tupleOf(at)
        .map(
          (id) => `view ${this.#locals.get(id).facts.view} tip ${this.#locals.get(id).facts.tip}`,
        )
        .join(", ");
      lines.unshift(`${via === undefined ? "" : wordsOf(via)} => ${after}`);
    }
    return lines;
  }

  #isOver(at: number): boolean {
    const { maxStates, until } = this.#options;
    if (this.#locals.count >= MAX_LOCAL_STATES) return true;
    if (maxStates !== undefined) return this.#parents.length >= maxStates;
    return at % STATES_PER_LOOK === 0 && until?.() === true;
  }

  #tupleOf(at: number): readonly number[] {
    return this.#tuples.slice(HONEST * at, HONEST * at + HONEST);
  }

  #expand(at: number): void {
    this.#last = at;
    const tuple = this.#tupleOf(at);
    const locals = tuple.map((id) => this.#locals.get(id));
    const common = this.#menu.common(locals.map(({ facts }) => facts));
    this.#checkFinal(locals, common.final);
    if (this.violation !== undefined) return;
    for (const [place, local] of locals.entries()) {
      // The same state twice: what one can do the other can.
      if (this.#isSymmetric && place > 0 && tuple[place - 1] === local.id) continue;
      for (const action of this.#menu.actions(local.self, local.facts, common)) {
        const next = this.#locals.after(local, action);
        if (next === local) continue;
        this.#transitions += 1;
        const following = [...tuple];
        following[place] = next.id;
        this.#add(following, at, action);
        if (this.#locals.violation === undefined) continue;
        this.violation = this.#locals.violation;
        this.#last = this.#parents.length - 1;
        return;
      }
    }
  }

  #add(tuple: number[], parent: number, via: Action | undefined): void {
    if (this.#isSymmetric) tuple.sort((left, right) => left - right);
    const [first = 0, second = 0, third = 0] = tuple;
    // 51 bits: exact in a number.
    const key = (first * MAX_LOCAL_STATES + second) * MAX_LOCAL_STATES + third;
    if (this.#visited.has(key)) return;
    this.#visited.add(key);
    this.#tuples.push(first, second, third);
    this.#parents.push(parent);
    this.#vias.push(via);
  }

  /** No two of all that somebody committed, or could commit, may conflict. */
  #checkFinal(locals: readonly LocalState[], final: readonly number[]): void {
    const what = this.#statements.conflictIn([...final, ...locals.map(({ facts }) => facts.tip)]);
    if (what !== undefined) this.violation ??= { oracle: "agreement", what };
  }

  /** Every action that was tried on the first history, on both. */
  #checkMerges(): { readonly mergesChecked: number; readonly mergesWrong: number } {
    let mergesWrong = 0;
    const { sample } = this.#locals;
    for (const { state, twin } of sample) {
      const tried = [...state.next.keys()].slice(0, 8);
      const isAlike = tried.every((name) => {
        const action = this.#menu.named(name);
        return action === undefined || this.#locals.agree(state, twin, action);
      });
      if (!isAlike) mergesWrong += 1;
    }
    return { mergesChecked: sample.length, mergesWrong };
  }
}
