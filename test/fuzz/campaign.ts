// All targets one after the other, each for its share of the time or for a number of inputs, over one set of counters.

import { type Counters, coverageOf, layOut } from "./coverage.ts";
import { type Failure, fuzz, type Report } from "./fuzzer.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

export type CampaignOptions = {
  readonly seed: number;
  /** For all targets together. */
  readonly seconds: number;
  /** For each target, instead of a share of the time. */
  readonly inputs: number | undefined;
  readonly targets: readonly Target[];
  readonly onBegin: (target: Target, position: number) => void;
  readonly onEnd: (report: TimedReport) => void;
};

export type TimedReport = Report & { readonly seconds: number };

export type Summary = {
  readonly targets: number;
  readonly inputs: number;
  readonly seconds: number;
  /** Counters in all instrumented modules. */
  readonly counters: number;
  readonly modules: number;
  readonly failures: readonly Failure[];
};

/** Asking for the time before each input would cost more than many inputs do. */
const CLOCK_EVERY = 64;

export async function campaign(options: CampaignOptions): Promise<Summary> {
  const { targets, onBegin, onEnd } = options;
  const counters: Counters = layOut();
  const reports: TimedReport[] = [];
  for (const [position, target] of targets.entries()) {
    onBegin(target, position);
    const startMs = performance.now();
    const untilMs = startMs + (1_000 * options.seconds) / targets.length;
    const goOn = (inputs: number) => {
      if (options.inputs !== undefined) return inputs < options.inputs;
      return inputs % CLOCK_EVERY !== 0 || performance.now() < untilMs;
    };
    const report = await fuzz(target, { seed: options.seed, coverage: coverageOf(counters), goOn });
    const timed = { ...report, seconds: (performance.now() - startMs) / 1_000 };
    reports.push(timed);
    onEnd(timed);
  }
  return {
    targets: targets.length,
    inputs: reports.reduce((sum, { inputs }) => sum + inputs, 0),
    seconds: reports.reduce((sum, { seconds }) => sum + seconds, 0),
    counters: counters.hits.length,
    modules: counters.modules,
    failures: reports.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
  };
}

/** What the oracle of a target says of one input: a word, or the sentence that condemns it. */
export async function replay(
  target: Target,
  input: Uint8Array,
): Promise<{ readonly ok: boolean; readonly said: string }> {
  try {
    return { ok: true, said: await target.check(input) };
  } catch (error) {
    return { ok: false, said: error instanceof Error ? `${error.stack}` : String(error) };
  }
}

export function targetsNamed(name: string | undefined): readonly Target[] {
  return name === undefined ? TARGETS : TARGETS.filter((target) => target.name === name);
}
