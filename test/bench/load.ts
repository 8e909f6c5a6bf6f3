// The load: a process of its own, so that signing and counting cost the validators no event loop. A closed loop: each
// account has one transaction under way and sends the next when that one is final. Everything is signed beforehand.
// Prints one JSON line when it begins to send, one when the window opens, one with the result.

import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { addressOf, fromHex, hash, type Signer, toHex } from "../../crypto/index.ts";
import { createSigner, hashIn } from "../../crypto/native/index.ts";
import { developmentKey } from "../../node/cli/index.ts";
import { Client, signTransfer } from "../../node/client/index.ts";
import { percentile } from "./statistics.ts";

export type LoadOptions = {
  /** Those that take transactions; the first one also tells what is final. */
  readonly urls: readonly string[];
  readonly chainId: string;
  readonly seed: string;
  readonly accounts: number;
  readonly transfersPerAccount: number;
  readonly batch: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
};

export type LoadResult = {
  readonly type: "load";
  /** Shorter than asked for if the signed transactions ran out. */
  readonly seconds: number;
  readonly finalized: number;
  readonly transactionsPerSecond: number;
  readonly blocks: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
  readonly ranOut: boolean;
};

type Transfer = { readonly id: string; readonly bytes: Uint8Array; readonly account: number };

const POLL_MS = 5;
const LINGER_MS = 5;
const SENDERS_PER_NODE = 2;
const RETRY_MS = 50;
const DEFAULT_FEE = 1n;

/** Where this program lies, for whoever starts it. */
export const LOAD_PROGRAM = fileURLToPath(import.meta.url);

class Load {
  readonly #options: LoadOptions;
  readonly #clients: readonly Client[];
  /** For each account what it has yet to send, last one first. */
  readonly #transfers: readonly Transfer[][];
  /** For each node, those that may go out now. */
  readonly #ready: readonly Transfer[][];
  readonly #underWay = new Map<string, { readonly account: number; readonly sentMs: number }>();
  #latenciesMs: number[] = [];
  #blocks = 0;
  #refused = 0;
  #isOver = false;

  constructor(options: LoadOptions, transfers: readonly Transfer[][]) {
    this.#options = options;
    this.#clients = options.urls.map((url) => new Client({ url }));
    this.#transfers = transfers;
    this.#ready = options.urls.map(() => []);
  }

  async run(): Promise<LoadResult> {
    const first = await this.#height();
    for (const account of this.#transfers.keys()) this.#next(account);
    const working = [
      this.#follow(first + 1),
      ...this.#clients.flatMap((client, node) =>
        Array.from({ length: SENDERS_PER_NODE }, () => this.#send(client, node)),
      ),
    ];
    await this.#pause(this.#options.warmUpMs);
    this.#latenciesMs = [];
    this.#blocks = 0;
    console.log(JSON.stringify({ type: "window" }));
    const start = performance.now();
    await this.#pause(this.#options.windowMs);
    const seconds = (performance.now() - start) / 1_000;
    const ranOut = this.#isOver;
    this.#isOver = true;
    const latencies = this.#latenciesMs;
    const blocks = this.#blocks;
    await Promise.all(working);
    return {
      type: "load",
      seconds,
      finalized: latencies.length,
      transactionsPerSecond: latencies.length / seconds,
      blocks,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      refused: this.#refused,
      ranOut,
    };
  }

  /** Ends early when there is nothing left to send. */
  async #pause(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (performance.now() < end && !this.#isOver) await sleep(POLL_MS);
  }

  #next(account: number): void {
    const transfer = this.#transfers[account]?.pop();
    if (transfer === undefined) this.#isOver = true;
    else this.#ready[account % this.#ready.length]?.push(transfer);
  }

  async #send(client: Client, node: number): Promise<void> {
    const queue = this.#ready[node] ?? [];
    while (!this.#isOver) {
      if (queue.length < this.#options.batch) await sleep(LINGER_MS);
      const batch = queue.splice(0, this.#options.batch);
      if (batch.length === 0) continue;
      const sentMs = performance.now();
      for (const { id, account } of batch) this.#underWay.set(id, { account, sentMs });
      const answer = await client.submitBatch(batch.map(({ bytes }) => bytes));
      const again = batch.filter((_, index) => !(answer.ok && answer.value[index]?.ok === true));
      this.#refused += again.length;
      for (const { id } of again) this.#underWay.delete(id);
      if (again.length > 0) {
        await sleep(RETRY_MS);
        queue.push(...again);
      }
    }
  }

  /** Every final block from `height` on, as soon as it is there. */
  async #follow(height: number): Promise<void> {
    const [client] = this.#clients;
    for (let next = height; !this.#isOver; ) {
      const answer = await client?.block(next);
      if (answer?.ok !== true) {
        await sleep(POLL_MS);
        continue;
      }
      const nowMs = performance.now();
      this.#blocks += 1;
      for (const id of answer.value.transactions) {
        const sent = this.#underWay.get(id);
        if (sent === undefined) continue;
        this.#underWay.delete(id);
        this.#latenciesMs.push(nowMs - sent.sentMs);
        this.#next(sent.account);
      }
      next += 1;
    }
  }

  async #height(): Promise<number> {
    const answer = await this.#clients[0]?.status();
    if (answer?.ok !== true) throw new Error("the first node gives no status");
    return answer.value.height;
  }
}

/** Each account sends 1 to the next. */
function signAll(options: LoadOptions): Transfer[][] {
  const { seed, accounts, transfersPerAccount } = options;
  const chainId = hash(fromHex(options.chainId) ?? new Uint8Array());
  const signers = Array.from(
    { length: accounts },
    (_, index): Signer => createSigner(developmentKey({ seed, name: `dev${index}` })),
  );
  const addresses = signers.map(({ publicKey }) => addressOf(publicKey));
  return signers.map((signer, account) => {
    const to = addresses[(account + 1) % accounts] ?? addressOf(signer.publicKey);
    const list = Array.from({ length: transfersPerAccount }, (_, nonce): Transfer => {
      const details = {
        chainId,
        to,
        amount: 1n,
        nonce,
        fee: DEFAULT_FEE,
        validUntilHeight: 90_000,
      };
      const signed = signTransfer(details, signer, hashIn);
      return { id: toHex(signed.id), bytes: signed.bytes, account };
    });
    return list.reverse();
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (argv[1] === LOAD_PROGRAM) {
  const options = JSON.parse(argv[2] ?? "{}") as LoadOptions;
  const load = new Load(options, signAll(options));
  console.log(JSON.stringify({ type: "begin" }));
  console.log(JSON.stringify(await load.run()));
}
