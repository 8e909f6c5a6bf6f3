// A bounded pool of worker threads that check transactions off the main loop. Votes go before admissions, so that a flood
// of transactions delays no block by more than the chunks already under way; within a rule, checks take turns.

import { Worker } from "node:worker_threads";
import { assert, type Hash } from "../../crypto/index.ts";
import { MAX_TRANSACTION_BYTES } from "../transaction/index.ts";
import { readCandidate } from "./candidate.ts";
import { packQuestion, readAnswer } from "./chunk.ts";
import { Lane, type Task } from "./lane.ts";
import {
  type Checked,
  type CheckOutcome,
  type CheckRule,
  type Overloaded,
  VerificationError,
  type VerificationPool,
} from "./verification.ts";

export type VerificationPoolOptions = {
  /** Threads: 1 .. MAX_WORKERS. */
  readonly workers: number;
  readonly chainId: Hash;
  /** Transactions accepted and not answered, for each rule: admissions never use up the room of votes. */
  readonly maxBacklog: number;
  /** The same in bytes; 1 KiB for each transaction of `maxBacklog` unless given, and at least 4 MiB. */
  readonly maxBacklogBytes?: number;
  /** Called once if a worker dies, also when nobody waits for it: a reason to stop the process. */
  readonly onFailure?: (error: VerificationError) => void;
  /** The built `worker.js`; needed only where this module runs from source. */
  readonly workerUrl?: URL;
};

const MAX_WORKERS = 64;
/** Chunks a worker holds: one that it checks, one so that it need not wait for the main loop. */
const MAX_CHUNKS_UNDER_WAY = 2;
/** About 2 ms of checking: longer chunks gain no throughput, and everyone else waits for them. */
const MAX_CHUNK_TRANSACTIONS = 32;
const MAX_CHUNK_BYTES = 128 * 1024;
/** Fewer are not worth waking another worker. */
const MIN_CHUNK_TRANSACTIONS = 4;
/** Chunks are short-lived: a small young generation saves about 10 MB a worker and costs no time (measured). */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };
const BACKLOG_BYTES_PER_TRANSACTION = 1024;
/** No block or gossip message carries more. */
const MIN_BACKLOG_BYTES = 4 * 1024 * 1024;

export function createVerificationPool(options: VerificationPoolOptions): VerificationPool {
  return new ThreadPool(options);
}

type OpenCheck = {
  readonly queue: Queue;
  readonly results: Checked[];
  /** Accepted transactions and their bytes: given back to the backlog with the answer. */
  readonly count: number;
  readonly bytes: number;
  /** Transactions that no worker has answered yet. */
  unanswered: number;
  readonly resolve: (outcome: CheckOutcome) => void;
  readonly reject: (error: VerificationError) => void;
};

type Queue = {
  readonly rule: CheckRule;
  readonly lane: Lane<OpenCheck>;
  backlog: number;
  backlogBytes: number;
};

type Thread = {
  readonly worker: Worker;
  /** Chunks sent and not answered, oldest first: a worker answers in order. */
  readonly underWay: (readonly Task<OpenCheck>[])[];
};

type State =
  | { readonly type: "open" }
  | { readonly type: "closed"; readonly ended: Promise<unknown> }
  | {
      readonly type: "failed";
      readonly error: VerificationError;
      readonly ended: Promise<unknown>;
    };

class ThreadPool implements VerificationPool {
  readonly #chainId: Hash;
  readonly #maxBacklog: number;
  readonly #maxBacklogBytes: number;
  readonly #onFailure: ((error: VerificationError) => void) | undefined;
  readonly #threads: readonly Thread[];
  readonly #votes: Queue = emptyQueue("vote");
  readonly #admissions: Queue = emptyQueue("admission");
  readonly #open = new Set<OpenCheck>();
  #state: State = { type: "open" };
  #dispatchScheduled = false;

  constructor(options: VerificationPoolOptions) {
    const { workers, chainId, maxBacklog, onFailure } = options;
    assert(
      Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS,
      `a verification pool has 1..${MAX_WORKERS} workers, not ${workers}`,
    );
    assert(Number.isInteger(maxBacklog) && maxBacklog >= 1, "a backlog has room for one");
    this.#chainId = chainId;
    this.#maxBacklog = maxBacklog;
    this.#maxBacklogBytes =
      options.maxBacklogBytes ??
      Math.max(MIN_BACKLOG_BYTES, maxBacklog * BACKLOG_BYTES_PER_TRANSACTION);
    this.#onFailure = onFailure;
    const url = options.workerUrl ?? new URL("./worker.js", import.meta.url);
    this.#threads = Array.from({ length: workers }, () => this.#startThread(url));
  }

  get backlog(): number {
    return this.#votes.backlog + this.#admissions.backlog;
  }

  check(transactions: readonly Uint8Array[], rule: CheckRule): Promise<CheckOutcome> {
    if (this.#state.type === "closed") return Promise.resolve({ ok: false, refusal: "closed" });
    if (this.#state.type === "failed") return Promise.reject(this.#state.error);
    const queue = rule === "vote" ? this.#votes : this.#admissions;
    const overloaded = this.#overload(transactions, queue);
    if (overloaded !== undefined) return Promise.resolve(overloaded);
    return new Promise((resolve, reject) => this.#accept(transactions, queue, { resolve, reject }));
  }

  close(): Promise<void> {
    if (this.#state.type === "open") {
      this.#state = { type: "closed", ended: this.#endThreads() };
      for (const check of this.#open) check.resolve({ ok: false, refusal: "closed" });
      this.#forgetAll();
    }
    return this.#state.ended.then(() => undefined);
  }

  #overload(transactions: readonly Uint8Array[], queue: Queue): Overloaded | undefined {
    let bytes = 0;
    // What is too long will be refused, not kept.
    for (const given of transactions) bytes += Math.min(given.length, MAX_TRANSACTION_BYTES);
    const { backlog, backlogBytes } = queue;
    const maxBacklog = this.#maxBacklog;
    const maxBacklogBytes = this.#maxBacklogBytes;
    const fits =
      backlog + transactions.length <= maxBacklog && backlogBytes + bytes <= maxBacklogBytes;
    if (fits) return undefined;
    return {
      ok: false,
      refusal: "overloaded",
      backlog,
      maxBacklog,
      backlogBytes,
      maxBacklogBytes,
    };
  }

  #accept(
    transactions: readonly Uint8Array[],
    queue: Queue,
    { resolve, reject }: Pick<OpenCheck, "resolve" | "reject">,
  ): void {
    const read = transactions.map((given) => readCandidate(given, this.#chainId));
    let count = 0;
    let bytes = 0;
    for (const candidate of read) {
      if (!candidate.ok) continue;
      count += 1;
      bytes += candidate.value.bytes.length;
    }
    // Until a worker has answered, a candidate counts as wrongly signed.
    const results = read.map(
      (candidate): Checked => (candidate.ok ? { ok: false, refusal: "bad-signature" } : candidate),
    );
    if (count === 0) {
      resolve({ ok: true, results });
      return;
    }
    const check = { queue, results, count, bytes, unanswered: count, resolve, reject };
    const tasks: Task<OpenCheck>[] = [];
    read.forEach((candidate, position) => {
      if (candidate.ok) tasks.push({ check, position, candidate: candidate.value });
    });
    queue.backlog += count;
    queue.backlogBytes += bytes;
    queue.lane.add(tasks);
    this.#open.add(check);
    this.#scheduleDispatch();
  }

  /** After the events of this turn of the loop, so that their small checks travel together. */
  #scheduleDispatch(): void {
    if (this.#dispatchScheduled) return;
    this.#dispatchScheduled = true;
    setImmediate(() => {
      this.#dispatchScheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (const queue of [this.#votes, this.#admissions]) {
      // Spread what waits over all workers, but in chunks that are worth a message.
      const share = Math.ceil(queue.lane.waiting / this.#threads.length);
      const maxCount = Math.min(MAX_CHUNK_TRANSACTIONS, Math.max(MIN_CHUNK_TRANSACTIONS, share));
      while (queue.lane.waiting > 0) {
        const thread = idlest(this.#threads);
        if (thread.underWay.length >= MAX_CHUNKS_UNDER_WAY) return;
        const chunk = queue.lane.take({ maxCount, maxBytes: MAX_CHUNK_BYTES });
        const question = packQuestion(
          chunk.map((task) => task.candidate.bytes),
          queue.rule,
        );
        thread.underWay.push(chunk);
        thread.worker.postMessage(question, [question]);
      }
    }
  }

  #receive(thread: Thread, answer: ArrayBuffer): void {
    if (this.#state.type !== "open") return;
    const chunk = thread.underWay.shift();
    assert(chunk !== undefined, "a worker answers only what it was asked");
    // First of all: the worker should not wait while we read its answer.
    this.#dispatch();
    const ids = readAnswer(answer, chunk.length);
    chunk.forEach(({ check, position, candidate }, index) => {
      const id = ids[index];
      if (id !== undefined) {
        const { bytes, transaction } = candidate;
        check.results[position] = { ok: true, transaction: { id, bytes, transaction } };
      }
      check.unanswered -= 1;
      if (check.unanswered === 0) this.#answer(check);
    });
  }

  #answer(check: OpenCheck): void {
    check.queue.backlog -= check.count;
    check.queue.backlogBytes -= check.bytes;
    this.#open.delete(check);
    check.resolve({ ok: true, results: check.results });
  }

  #startThread(url: URL): Thread {
    const worker = new Worker(url, { resourceLimits: WORKER_LIMITS });
    const thread: Thread = { worker, underWay: [] };
    worker.on("message", (answer: ArrayBuffer) => this.#receive(thread, answer));
    worker.on("messageerror", (cause) =>
      this.#fail("an answer of a verification worker could not be read", cause),
    );
    worker.on("error", (cause) =>
      this.#fail(`a verification worker failed (${reasonOf(cause)})`, cause),
    );
    worker.on("exit", (code) =>
      this.#fail(`a verification worker ended by itself with code ${code}`),
    );
    return thread;
  }

  #fail(what: string, cause?: unknown): void {
    if (this.#state.type !== "open") return;
    const error = new VerificationError({ what, cause });
    this.#state = { type: "failed", error, ended: this.#endThreads() };
    for (const check of this.#open) check.reject(error);
    this.#forgetAll();
    this.#onFailure?.(error);
  }

  #forgetAll(): void {
    this.#open.clear();
    for (const thread of this.#threads) thread.underWay.length = 0;
    for (const queue of [this.#votes, this.#admissions]) {
      queue.lane.clear();
      queue.backlog = 0;
      queue.backlogBytes = 0;
    }
  }

  #endThreads(): Promise<unknown> {
    return Promise.all(this.#threads.map((thread) => thread.worker.terminate()));
  }
}

function emptyQueue(rule: CheckRule): Queue {
  return { rule, lane: new Lane<OpenCheck>(), backlog: 0, backlogBytes: 0 };
}

function idlest(threads: readonly Thread[]): Thread {
  return threads.reduce((best, thread) =>
    thread.underWay.length < best.underWay.length ? thread : best,
  );
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
