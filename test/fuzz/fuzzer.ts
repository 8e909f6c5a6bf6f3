// The loop: takes an input that was worth keeping, changes it, has the oracle judge it, and keeps the result if it
// reached something new. The seed and the number of inputs decide everything but the measure of memory.

import { memoryUsage } from "node:process";
import { type Random, randomStream } from "../../devnet/random/index.ts";
import type { Coverage } from "./coverage.ts";
import { minimised } from "./minimisation.ts";
import { mutate } from "./mutation.ts";
import { DEFAULT_FREE_BYTES, DEFAULT_MAX_BYTES, type Target, Violation } from "./target.ts";

export type Failure = {
  readonly target: string;
  readonly seed: number;
  /** The first input that failed was this one, counted from 1; the seeds of the target come first. */
  readonly inputs: number;
  readonly sentence: string;
  /** The smallest input found that fails in the same way. */
  readonly input: Uint8Array;
};

export type Report = {
  readonly target: string;
  readonly inputs: number;
  readonly corpus: number;
  /** Counters hit at least once. */
  readonly covered: number;
  readonly accepted: number;
  readonly failure: Failure | undefined;
};

export type FuzzOptions = {
  readonly seed: number;
  readonly coverage: Coverage;
  /** Asked before each input with the number of those done; a failure ends the run too. */
  readonly goOn: (inputs: number) => boolean;
};

const MAX_CORPUS = 2_048;
const MAX_OUTCOMES = 1_024;
/** Besides new ones, each so-manieth input is measured. */
const MEASURED_EVERY = 256;
/** What judging may take up: the oracle's own copies, and what a decoder makes of short fields. */
const BYTES_PER_INPUT_BYTE = 256;

export async function fuzz(target: Target, options: FuzzOptions): Promise<Report> {
  return await new Fuzzer(target, options).run();
}

class Fuzzer {
  readonly #target: Target;
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #maxBytes: number;
  readonly #corpus: Uint8Array[] = [];
  readonly #outcomes = new Set<string>();
  #inputs = 0;
  #accepted = 0;

  constructor(target: Target, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = randomStream(options.seed, target.name);
    this.#maxBytes = target.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  async run(): Promise<Report> {
    for (const seed of this.#target.seeds()) {
      const failure = await this.#try(seed, true);
      if (failure !== undefined) return this.#report(failure);
      this.#corpus.push(seed);
    }
    while (this.#options.goOn(this.#inputs)) {
      const failure = await this.#try(this.#next(), false);
      if (failure !== undefined) return this.#report(failure);
    }
    return this.#report(undefined);
  }

  /** Half of the time something found lately, which has been tried less. */
  #next(): Uint8Array {
    const corpus = this.#corpus;
    const oldest = this.#random.chance(0.5) ? Math.max(0, corpus.length - 16) : 0;
    const base = corpus[this.#random.between(oldest, corpus.length - 1)] ?? new Uint8Array(0);
    const { words = [] } = this.#target;
    return mutate(base, this.#random, { corpus, words, maxBytes: this.#maxBytes });
  }

  async #try(input: Uint8Array, isSeed: boolean): Promise<Failure | undefined> {
    this.#inputs += 1;
    const { coverage } = this.#options;
    coverage.clear();
    let outcome: string;
    try {
      const judged = this.#target.check(input);
      // Waiting for what is there already would halve the speed.
      outcome = typeof judged === "string" ? judged : await judged;
    } catch (error) {
      return await this.#failed(input, sentenceOf(error), (smaller) => this.#complaint(smaller));
    }
    if (outcome.startsWith("accepted")) this.#accepted += 1;
    else if (isSeed) return this.#failure(input, `a seed is not accepted: ${outcome}`);
    const isNew = coverage.isNew() || this.#isNewOutcome(outcome);
    if (isNew && !isSeed) this.#keep(input);
    if (!isNew && this.#inputs % MEASURED_EVERY !== 0) return undefined;
    if ((await this.#excess(input)) === undefined) return undefined;
    return await this.#failed(input, TOO_MUCH_MEMORY, (smaller) => this.#excess(smaller));
  }

  #isNewOutcome(outcome: string): boolean {
    if (this.#outcomes.has(outcome) || this.#outcomes.size >= MAX_OUTCOMES) return false;
    this.#outcomes.add(outcome);
    return true;
  }

  #keep(input: Uint8Array): void {
    if (this.#corpus.length < MAX_CORPUS) this.#corpus.push(input);
    else this.#corpus[this.#random.between(0, MAX_CORPUS - 1)] = input;
  }

  /** What the oracle says against `input`, if anything. */
  async #complaint(input: Uint8Array): Promise<string | undefined> {
    try {
      await this.#target.check(input);
      return undefined;
    } catch (error) {
      return sentenceOf(error);
    }
  }

  /** Three times in a row, for the collector may run at any moment, and compiled code takes memory once. */
  async #excess(input: Uint8Array): Promise<string | undefined> {
    const free = this.#target.freeBytes ?? DEFAULT_FREE_BYTES;
    for (let times = 0; times < 3; times++) {
      const before = memoryUsage();
      await this.#complaint(input);
      const after = memoryUsage();
      const taken =
        Math.max(0, after.arrayBuffers - before.arrayBuffers) +
        Math.max(0, after.heapUsed - before.heapUsed);
      if (taken <= free + BYTES_PER_INPUT_BYTE * input.length) return undefined;
    }
    return TOO_MUCH_MEMORY;
  }

  async #failed(
    input: Uint8Array,
    sentence: string,
    judge: (input: Uint8Array) => Promise<string | undefined>,
  ): Promise<Failure> {
    return this.#failure(await minimised(input, sentence, judge), sentence);
  }

  #failure(input: Uint8Array, sentence: string): Failure {
    const { seed } = this.#options;
    return { target: this.#target.name, seed, inputs: this.#inputs, sentence, input };
  }

  #report(failure: Failure | undefined): Report {
    return {
      target: this.#target.name,
      inputs: this.#inputs,
      corpus: this.#corpus.length,
      covered: this.#options.coverage.covered(),
      accepted: this.#accepted,
      failure,
    };
  }
}

const TOO_MUCH_MEMORY = "judging the input takes memory far beyond its length";

/** The complaint without the numbers of the input, so that a smaller input can have the same. */
function sentenceOf(error: unknown): string {
  if (error instanceof Violation) return error.message;
  if (error instanceof Error) return `threw ${error.name}: ${error.message}`;
  return `threw ${String(error)}`;
}
