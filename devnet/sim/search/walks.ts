// Random walks through what the exhaustive search would visit if it had the time: the same honest validators, the same
// menu, many views deep. What one validator does is remembered, so that a step costs little more than a look-up. Each walk
// draws from its seed how it likes to move.

import type { RuleSet } from "../../../consensus/index.ts";
import { type Random, randomStream } from "../../random/index.ts";
import { type Budget, type HuntReport, isOver, type Replay } from "./hunt.ts";
import type { Violation } from "./judge.ts";
import { type Action, type LocalState, LocalStates, wordsOf } from "./local-states.ts";
import { Menu } from "./menu.ts";
import { Setting } from "./setting.ts";
import { Statements } from "./statements.ts";
import { pickWeighted } from "./weights.ts";

export type WalkOptions = {
  readonly seed: number;
  readonly rules?: RuleSet;
  /** How deep a walk may go. */
  readonly views?: number;
};

const HONEST = 3;
/** So many walks share what they learn about single validators; then all is forgotten, to bound the memory. */
const WALKS_TOGETHER = 2_000;
const MAX_STEPS = 80;
/** Moves without any effect in a row, after which a walk is at its end. */
const MAX_IDLE = 48;

export function huntWalks(options: WalkOptions & Budget): HuntReport {
  let ground = new Ground(options);
  let scenarios = 0;
  let views = 0;
  let events = 0;
  while (!isOver(options, scenarios)) {
    if (scenarios % WALKS_TOGETHER === 0) {
      events += ground.locals.events;
      ground = new Ground(options);
    }
    const walk = ground.walk(scenarios);
    scenarios += 1;
    views += walk.views;
    if (walk.violation === undefined) continue;
    const finding = { ...walk.violation, replay: `walk ${options.seed}/${scenarios - 1}` };
    return { scenarios, views, events: events + ground.locals.events, finding };
  }
  return { scenarios, views, events: events + ground.locals.events };
}

/** One walk again, in words. The walks before it, since the last forgetting, are taken too. */
export function replayWalk(options: WalkOptions & { readonly scenario: number }): Replay {
  const ground = new Ground(options);
  const first = options.scenario - (options.scenario % WALKS_TOGETHER);
  for (let number = first; number < options.scenario; number++) ground.walk(number);
  const trace: string[] = [];
  const { violation } = ground.walk(options.scenario, (line) => trace.push(line));
  return violation === undefined ? { trace } : { trace, finding: violation };
}

class Ground {
  readonly locals: LocalStates;
  readonly #seed: number;
  readonly #statements: Statements;
  readonly #menu: Menu;

  constructor({ seed, rules, views = 7 }: WalkOptions) {
    this.#seed = seed;
    const setting = new Setting({
      validators: 1 + HONEST,
      leaders: () => HONEST,
      ...(rules === undefined ? {} : { rules }),
    });
    this.#statements = new Statements(setting, HONEST);
    this.locals = new LocalStates(this.#statements, { restarts: true });
    const liarLeads = () => true;
    this.#menu = new Menu(this.#statements, { views, liarLeads, variants: 1, restarts: true });
  }

  walk(
    number: number,
    onLine?: (line: string) => void,
  ): { readonly views: number; readonly violation: Violation | undefined } {
    const random = randomStream(this.#seed + Math.imul(number, 0x9e37_79b1), "walk");
    const likes = likesOf(random);
    const states = Array.from({ length: HONEST }, () => this.locals.start(0));
    let violation: Violation | undefined;
    for (let step = 0, idle = 0; step < MAX_STEPS && idle < MAX_IDLE; step++, idle++) {
      const common = this.#menu.common(states.map(({ facts }) => facts));
      const ends = [...common.final, ...states.map(({ facts }) => facts.tip)];
      const conflict = this.#statements.conflictIn(ends);
      violation = conflict === undefined ? undefined : { oracle: "agreement", what: conflict };
      violation ??= this.locals.violation;
      if (violation !== undefined) break;
      const place = random.between(0, HONEST - 1);
      const state = states[place] as LocalState;
      const action = choose([...this.#menu.actions(0, state.facts, common)], likes, random);
      const next = action === undefined ? state : this.locals.after(state, action);
      if (action === undefined || next === state) continue;
      states[place] = next;
      idle = -1;
      onLine?.(`validator ${place}, in view ${state.facts.view}: ${wordsOf(action)}`);
    }
    return { views: Math.max(...states.map(({ facts }) => facts.view)), violation };
  }
}

type Kind = "proposal" | "QC" | "TC" | "timer" | "restart" | "weak";
type Likes = Readonly<Record<Kind, number>>;

function likesOf(random: Random): Likes {
  const weight = (most: number) => most * random.fraction() ** 3;
  return {
    proposal: 1 + weight(8),
    timer: 0.3 + weight(4),
    QC: 0.02 + weight(3),
    TC: weight(2),
    restart: random.pick([0, weight(1)]),
    weak: weight(0.5),
  };
}

/** First a kind of action, then one of that kind: there are many proposals and one timer. */
function choose(actions: readonly Action[], likes: Likes, random: Random): Action | undefined {
  const kind = pickWeighted(random, likes);
  const fitting = actions.filter(({ name }) => name.startsWith(kind));
  return fitting.length === 0 ? undefined : random.pick(fitting);
}
