// How a devnet stands, as one line of a terminal: height, transactions per second, who is alive, what is wrong. Rewritten once
// a second from the metrics of the first validator that answers; a slow or dead validator never holds it up for long.

import type { Output } from "../../node/cli/index.ts";
import type { LiveValidator } from "../live/index.ts";
import type { BottomLines } from "./bottom-lines.ts";

const INTERVAL_MS = 1_000;
const ANSWER_LIMIT_MS = 800;

type Sample = { readonly atMs: number; readonly height: number; readonly transactions: number };

/** What is declared to be wrong. */
export type Wrong = { readonly faults: number; readonly liars: readonly number[] };

export type LiveLineOptions = {
  readonly bottom: BottomLines;
  readonly validators: readonly LiveValidator[];
  readonly wrong: () => Wrong;
};

export class LiveLine {
  readonly #output: Output;
  readonly #bottom: BottomLines;
  readonly #validators: readonly LiveValidator[];
  readonly #wrong: () => Wrong;
  #timer: NodeJS.Timeout | undefined;
  /** By the index of the validator that it came from: counters of two of them do not compare. */
  #last: { readonly index: number; readonly sample: Sample } | undefined;

  constructor(output: Output, { bottom, validators, wrong }: LiveLineOptions) {
    this.#output = output;
    this.#bottom = bottom;
    this.#validators = validators;
    this.#wrong = wrong;
  }

  start(): void {
    if (!this.#output.interactive) return;
    const tick = () => {
      this.#timer = setTimeout(() => this.#refresh().finally(tick), INTERVAL_MS);
    };
    tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #refresh(): Promise<void> {
    const alive = this.#validators.filter((validator) => validator.isAlive);
    const found = await firstAnswer(alive);
    if (this.#timer === undefined) return;
    const { paint } = this.#output;
    const dead = this.#validators
      .filter((validator) => !validator.isAlive)
      .map((validator) => `v${validator.plan.index}`);
    const parts =
      found === undefined
        ? [paint.yellow("no validator answers")]
        : [`height ${paint.bold(String(found.sample.height))}`, `${this.#rate(found)} tx/s`];
    parts.push(`${alive.length} of ${this.#validators.length} alive`);
    if (dead.length > 0) parts.push(paint.red(`dead: ${dead.join(" ")}`));
    const wrong = wrongText(this.#wrong());
    if (wrong !== undefined) parts.push(paint.yellow(wrong));
    this.#last = found;
    this.#bottom.status(parts.join("   "));
  }

  #rate({ index, sample }: { readonly index: number; readonly sample: Sample }): number {
    const before = this.#last?.index === index ? this.#last.sample : undefined;
    if (before === undefined || sample.transactions < before.transactions) return 0;
    const seconds = (sample.atMs - before.atMs) / 1_000;
    return Math.round((sample.transactions - before.transactions) / seconds);
  }
}

/** Undefined while nothing is wrong. */
export function wrongText({ faults, liars }: Wrong): string | undefined {
  if (faults === 0) return undefined;
  const count = faults === 1 ? "1 fault" : `${faults} faults`;
  if (liars.length === 0) return count;
  const names = liars.map((index) => `v${index}`).join(" ");
  return `${count}, ${names} ${liars.length === 1 ? "lies" : "lie"}`;
}

async function firstAnswer(validators: readonly LiveValidator[]) {
  for (const { plan } of validators) {
    const sample = await sampleOf(plan.rpcUrl);
    if (sample !== undefined) return { index: plan.index, sample };
  }
  return undefined;
}

async function sampleOf(rpcUrl: string): Promise<Sample | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const response = await fetch(`${rpcUrl}/metrics`, { signal });
    const text = await response.text();
    return {
      atMs: performance.now(),
      height: metric(text, "quorate_height"),
      transactions: metric(text, "quorate_transactions_committed_total"),
    };
  } catch {
    // Dead, busy or starting: the next validator is asked, and the line says what is known.
    return undefined;
  }
}

function metric(text: string, name: string): number {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}
