// One question, several validators: the first sound answer wins. Who cannot be reached, lags, lies or says no is passed
// over, and everything it did wrong stands in the error if nobody answers.
//
// A node's no is not proven by anything, so that others are asked before it is believed. Rounds are bounded: a second one
// asks only those whose failure may pass.

import { record, text } from "./json-values.ts";
import type { Answer } from "./problem.ts";
import { ClientError, Lie, type LieCode, type Problem, type Suspicion } from "./problem.ts";
import { ask, type Call, type Transport } from "./transport.ts";

export type FailoverOptions = {
  readonly urls: readonly string[];
  readonly transport: Transport;
  /** Genesis's, 0x-hex. */
  readonly chainId: string;
  /** How often each validator is asked the same question. */
  readonly rounds: number;
  /** The wait before the second round; doubles with each. */
  readonly backoffMs: number;
  /** Called at once for every lie, and for what is stale; never for a validator that is merely down. */
  readonly onSuspicion: (suspicion: Suspicion) => void;
};

export type Question<T> = Omit<Call<T>, "url">;

/** They may be gone the next time the same validator is asked. */
const PASSING: readonly string[] = ["STALE", "BEHIND"] satisfies LieCode[];

/** Of these an honest node of another chain is accused, too. */
const OF_A_CHAIN: readonly string[] = ["BAD_CERTIFICATE", "FORGED_BLOCK"] satisfies LieCode[];

export class Failover {
  readonly #options: FailoverOptions;
  #current = 0;

  constructor(options: FailoverOptions) {
    this.#options = options;
  }

  get urls(): readonly string[] {
    return this.#options.urls;
  }

  /** Throws the last ClientError when nobody answers; a node's no before anything else. `read` may throw a Lie. */
  async ask<T>(question: Question<T>): Promise<T> {
    const { urls, rounds, backoffMs } = this.#options;
    const givenUp = new Set<string>();
    const failures: ClientError[] = [];
    const first = this.#current;
    for (let round = 0; round < rounds && givenUp.size < urls.length; round++) {
      if (round > 0) await pause(backoffMs * 2 ** (round - 1), question.signal);
      for (let step = 0; step < urls.length; step++) {
        const index = (first + step) % urls.length;
        const url = urls[index] as string;
        if (givenUp.has(url)) continue;
        try {
          const value = await this.askOne(url, question);
          this.#current = index;
          return value;
        } catch (error) {
          if (!(error instanceof ClientError)) throw error;
          failures.push(error);
          if (!error.retryable) givenUp.add(url);
        }
      }
    }
    throw conclusion(failures);
  }

  /** One validator only. Throws a ClientError, for a no and for a lie too. */
  async askOne<T>(url: string, question: Question<T>): Promise<T> {
    let answer: Answer<T>;
    try {
      answer = await ask(this.#options.transport, { ...question, url });
    } catch (error) {
      if (error instanceof Lie) throw await this.exposed(url, error, question.signal);
      throw error;
    }
    if (answer.ok) return answer.value;
    throw problemError(url, answer.problem);
  }

  /** As `caught`, after a look whether the node is of another chain: what holds there does not hold here. */
  async exposed(url: string, lie: Lie, signal: AbortSignal | undefined): Promise<ClientError> {
    const isOther = OF_A_CHAIN.includes(lie.code) && (await this.#isOfAnotherChain(url, signal));
    return this.caught(url, isOther ? new Lie("WRONG_CHAIN", "of-another-chain") : lie);
  }

  /** Tells of a lie, and makes the error of it. */
  caught(url: string, lie: Lie): ClientError {
    const { code, reason } = lie;
    this.#options.onSuspicion({ url, code, reason });
    const retryable = PASSING.includes(code);
    const remedy =
      code === "WRONG_CHAIN" ? "is the genesis the one of this very chain?" : undefined;
    const message =
      remedy === undefined
        ? `${url} gave an answer that does not hold: ${code} (${reason})`
        : `${url} is a node of another chain; ${remedy}`;
    return new ClientError({ code, url, message, reason, retryable, remedy, cause: lie });
  }

  /** By its own word. Who gives none is judged by the answer alone. */
  async #isOfAnotherChain(url: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { transport, chainId } = this.#options;
    const read = (body: unknown) => text(record(body, "status").chainId, "chainId");
    try {
      const status = await ask(transport, { url, path: "/v1/status", signal, read });
      return status.ok && status.value !== chainId;
    } catch (error) {
      if (error instanceof ClientError) return false;
      throw error;
    }
  }

  /** The validator after this one. */
  rotate(): string {
    const { urls } = this.#options;
    this.#current = (this.#current + 1) % urls.length;
    return this.current;
  }

  get current(): string {
    return this.#options.urls[this.#current] as string;
  }
}

export function problemError(url: string, problem: Problem): ClientError {
  const { code, message } = problem;
  const retryable = problem.retryable || problem.status >= 500;
  return new ClientError({ code, url, message, reason: code, retryable, problem });
}

/** The error that says most, with all that went wrong. */
export function conclusion(failures: readonly ClientError[]): ClientError {
  const said = failures.find(({ problem }) => problem !== undefined && problem.status < 500);
  const lied = failures.find(({ cause }) => cause instanceof Lie);
  const chosen = said ?? lied ?? failures.at(-1);
  const suspicions = failures.map(({ url, code, reason }) => ({ url, code, reason }));
  const { message } = chosen as ClientError;
  const retryable = failures.some((failure) => failure.retryable);
  const details = { ...(chosen as ClientError), message, retryable, suspicions, cause: chosen };
  return new ClientError(details);
}

/** Rejects with the signal's reason when it aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
