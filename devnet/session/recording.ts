// A live run as a scenario that the simulator can read: its commands at the moments at which they really came. What was
// left to the network and the scheduler of the machine is not in it.

import type { FaultCommand } from "../faults/index.ts";
import {
  type Expectations,
  formatScenario,
  type Moment,
  type Scenario,
} from "../scenario/index.ts";
import type { Verdict } from "../verdict/index.ts";

export type Recorded = {
  readonly name: string;
  readonly validators: number;
  readonly seed: number;
  readonly baseTimeoutMs: number;
  readonly leaders: Scenario["leaders"];
  readonly perSecond: number;
  readonly moments: readonly Moment[];
  readonly endedMs: number;
  readonly expect: Expectations;
};

/** An idle devnet tells nothing: of the time before the first command, and then from one to the next, no more is kept. */
const LEAD_MS = 2_000;
const IDLE_MS = 60_000;
const LEAST_TAIL_MS = 1_000;
/** As many as a scenario may have: whatever comes after them is not recorded. */
const MAX_MOMENTS = 256;
const MAX_COMMENTS = 200;
const MAX_COMMENT_CHARACTERS = 160;

export class Moments {
  readonly #moments: Moment[] = [];

  get all(): readonly Moment[] {
    return this.#moments;
  }

  note(atMs: number, command: FaultCommand): void {
    if (this.#moments.length < MAX_MOMENTS) {
      this.#moments.push({ atMs: Math.max(0, Math.round(atMs)), command });
    }
  }
}

/** The scenario alone, its idle stretches cut short. */
export function scenarioOf(recorded: Recorded): Scenario {
  const { name, validators, seed, baseTimeoutMs, leaders, perSecond, moments, expect } = recorded;
  const timeline = withoutIdling(moments);
  const last = timeline.at(-1)?.atMs ?? 0;
  const tailMs = Math.round(recorded.endedMs) - (moments.at(-1)?.atMs ?? 0);
  return {
    name,
    story: "Recorded from a live devnet.",
    validators,
    seed,
    baseTimeoutMs,
    leaders,
    load: { perSecond },
    timeline,
    random: undefined,
    durationMs: last + Math.max(LEAST_TAIL_MS, Math.min(IDLE_MS, tailMs)),
    expect,
  };
}

function withoutIdling(moments: readonly Moment[]): readonly Moment[] {
  let before = 0;
  let at = 0;
  return moments.map((moment, index) => {
    at += Math.min(index === 0 ? LEAD_MS : IDLE_MS, moment.atMs - before);
    before = moment.atMs;
    return { ...moment, atMs: at };
  });
}

/** The file: the scenario, and above it what the run came to. */
export function recordingText(recorded: Recorded, verdict: Verdict, verdictText: string): string {
  const lines = [
    `Recorded from a live devnet: seed ${verdict.seed}, ${verdict.validators} validators.`,
    ...verdictText.split("\n"),
  ];
  const comments = lines
    .slice(0, MAX_COMMENTS)
    .map((line) => `# ${printable(line).slice(0, MAX_COMMENT_CHARACTERS)}`.trimEnd());
  return `${comments.join("\n")}\n${formatScenario(scenarioOf(recorded), { isRecording: true })}`;
}

/** A last word of a log must not end its comment. */
function printable(line: string): string {
  return line.replaceAll("…", "..").replaceAll(/[^\x20-\x7e]/g, "?");
}
