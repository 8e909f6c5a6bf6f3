// Watches all validators of a live devnet from outside, as anybody could: the blocks that each calls final and the evidence
// that it found, as a stream of events that goes on where it broke, and twice a second its status. To be watched is not
// free: each validator sends every block, with the hash of each transaction.

import { Client, eventsIn } from "../../node/client/index.ts";
import type { Proofs } from "./proofs.ts";
import type { SeenBlock, Sightings } from "./sightings.ts";

export type ObserverOptions = {
  /** By validator index. */
  readonly urls: readonly string[];
  readonly sightings: Sightings;
  readonly proofs: Pick<Proofs, "take" | "isSettled">;
  /** May its blocks move the chain's height, or does it lie? */
  readonly counts: (validator: number) => boolean;
  /** Since the run began. */
  readonly nowMs: () => number;
};

const STATUS_INTERVAL_MS = 500;
const STATUS_LIMIT_MS = 1_000;
const RECONNECT_MS = 200;
/** The problem PRUNED: it came by a snapshot, and holds no blocks of before. */
const PRUNED = 410;

export class Observer {
  readonly #options: ObserverOptions;
  readonly #end = new AbortController();
  readonly #withoutPast = new Set<number>();
  #from = 1;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Once. `from`: the height at which the blocks of each begin; whoever does not hold that one begins at its newest. */
  start(from: number): void {
    this.#from = from;
    for (const [validator, url] of this.#options.urls.entries()) {
      this.#forever(RECONNECT_MS, () => this.#follow(validator, url));
      this.#forever(STATUS_INTERVAL_MS, () => this.#ask(validator, url));
    }
  }

  stop(): void {
    this.#end.abort();
  }

  /** The status of each, once more. */
  async askAll(): Promise<void> {
    await Promise.allSettled(
      [...this.#options.urls.entries()].map(([validator, url]) => this.#ask(validator, url)),
    );
  }

  /** Again and again, with a pause between. A validator that is dead, paused or starting does not answer: the next try will tell, and so does its silence. */
  #forever(pauseMs: number, act: () => Promise<void>): void {
    if (this.#end.signal.aborted) return;
    const again = () => void setTimeout(() => this.#forever(pauseMs, act), pauseMs).unref();
    act().then(again, again);
  }

  async #follow(validator: number, url: string): Promise<void> {
    const seen = this.#options.sightings.nextOf(validator);
    const first = this.#withoutPast.has(validator) ? undefined : this.#from;
    const next = seen ?? first;
    const from = next === undefined ? "" : `&from=${next}`;
    const { signal } = this.#end;
    const answer = await fetch(`${url}/v1/events?topics=block,evidence${from}`, { signal });
    if (answer.status === PRUNED) this.#withoutPast.add(validator);
    if (!answer.ok || answer.body === null) return void (await answer.body?.cancel());
    for await (const { name, data } of eventsIn(answer.body)) {
      if (name === "block") this.#block(validator, JSON.parse(data));
      if (name === "evidence") this.#evidence(validator, JSON.parse(data));
    }
  }

  async #ask(validator: number, url: string): Promise<void> {
    const client = new Client({ url, callTimeoutMs: STATUS_LIMIT_MS });
    const answer = await client.status();
    if (!answer.ok) return;
    const { view, finalized } = answer.value;
    const { height, hash: block, stateRoot } = finalized;
    this.#options.sightings.status(validator, { height, view, block, stateRoot });
  }

  #block(validator: number, json: unknown): void {
    const block = blockIn(json);
    const { sightings, counts, nowMs } = this.#options;
    if (block !== undefined) sightings.block(validator, block, nowMs(), counts(validator));
  }

  #evidence(validator: number, json: unknown): void {
    const { proofs } = this.#options;
    const { offender, first, second } = Object(json) as Readonly<Record<string, unknown>>;
    if (typeof first !== "string" || typeof second !== "string") return;
    if (proofs.isSettled(Number(offender), validator)) return;
    proofs.take(validator, { first, second });
  }
}

function blockIn(json: unknown): SeenBlock | undefined {
  const { height, hash, stateRoot, transactions } = Object(json) as Readonly<
    Record<string, unknown>
  >;
  if (!Number.isSafeInteger(height) || typeof hash !== "string") return undefined;
  return {
    height: height as number,
    hash,
    stateRoot: typeof stateRoot === "string" ? stateRoot : undefined,
    transactions: Array.isArray(transactions) ? transactions.length : 0,
  };
}
