// The load of a scenario: transfers among the development accounts, through validators that are honest and alive. What is
// lost with a validator that dies is sent again, byte for byte, through another: it takes effect once.

import { addressOf, type Hash } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { Client, ClientError, signTransfer } from "../../node/client/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Account } from "../directory/index.ts";

export type LoadOptions = {
  readonly chainId: Hash;
  readonly accounts: readonly Account[];
  readonly fee: bigint;
  readonly perSecond: number;
  /** RPC addresses of those that may be asked at this moment. */
  readonly urls: () => readonly string[];
  /** Something that is no fault of a validator. */
  readonly onFailure: (error: unknown) => void;
};

const TICK_MS = 100;
/** Transfers of one account that wait for their turn; what comes on top is not sent. */
const MAX_WAITING = 1_000;
const MAX_BATCH = 100;
/** Then another validator is asked. */
const FINAL_LIMIT_MS = 3_000;
const RETRY_MS = 200;
const VALID_FOR_BLOCKS = 50_000;
const AMOUNT = 1n;

export class Load {
  readonly #options: LoadOptions;
  readonly #senders: readonly Sender[];
  #timer: NodeJS.Timeout | undefined;
  #credit = 0;
  #next = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#senders = options.accounts.map((_, index) => new Sender(options, index));
  }

  start(): void {
    if (this.#options.perSecond === 0 || this.#senders.length === 0) return;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const sender of this.#senders) sender.stop();
  }

  #tick(): void {
    this.#credit += (this.#options.perSecond * TICK_MS) / 1_000;
    for (; this.#credit >= 1; this.#credit--) {
      this.#senders[this.#next % this.#senders.length]?.order();
      this.#next += 1;
    }
  }
}

/** One account: a batch at a time, in the order of its nonces. */
class Sender {
  readonly #options: LoadOptions;
  readonly #index: number;
  #waiting = 0;
  #isBusy = false;
  #hasStopped = false;
  #attempts = 0;
  /** Undefined: the chain is asked. */
  #nonce: number | undefined;

  constructor(options: LoadOptions, index: number) {
    this.#options = options;
    this.#index = index;
  }

  order(): void {
    this.#waiting = Math.min(MAX_WAITING, this.#waiting + 1);
    if (this.#isBusy) return;
    this.#isBusy = true;
    const rest = () => {
      this.#isBusy = false;
    };
    this.#work().then(rest, (error: unknown) => {
      rest();
      this.#options.onFailure(error);
    });
  }

  stop(): void {
    this.#hasStopped = true;
  }

  async #work(): Promise<void> {
    while (this.#waiting > 0 && !this.#hasStopped) {
      const count = Math.min(this.#waiting, MAX_BATCH);
      this.#waiting -= count;
      const batch = await this.#sign(count);
      if (batch !== undefined) await this.#deliver(batch);
    }
  }

  async #sign(count: number): Promise<readonly SignedTransaction[] | undefined> {
    const { chainId, accounts, fee } = this.#options;
    const account = accounts[this.#index] as Account;
    const receiver = accounts[(this.#index + 1) % accounts.length] as Account;
    const known = await this.#ask(async (client) => {
      const status = await client.status();
      const state = await client.account(addressOf(account.publicKey));
      if (!status.ok || !state.ok) return undefined;
      return { height: status.value.height, nonce: state.value.nonce };
    });
    if (known === undefined) return undefined;
    const first = Math.max(known.nonce, this.#nonce ?? 0);
    this.#nonce = first + count;
    const terms = { chainId, fee, to: addressOf(receiver.publicKey), amount: AMOUNT };
    const validUntilHeight = known.height + VALID_FOR_BLOCKS;
    const signer = createSigner(account.secretKey);
    return Array.from({ length: count }, (_, at) =>
      signTransfer({ ...terms, nonce: first + at, validUntilHeight }, signer),
    );
  }

  /** Until the last of them is final, or somebody says that it never will be. */
  async #deliver(batch: readonly SignedTransaction[]): Promise<void> {
    const last = batch.at(-1) as SignedTransaction;
    const before = batch.slice(0, -1).map(({ bytes }) => bytes);
    while (!this.#hasStopped) {
      const end = await this.#ask(async (client) => {
        if (before.length > 0) await client.submitBatch(before);
        // One wait only: what retries by itself would outlive the devnet.
        const wait = { wait: "final", timeoutMs: FINAL_LIMIT_MS } as const;
        const answer = await client.submit(last.bytes, wait);
        if (answer.ok) return answer.value.state === "final" ? "final" : undefined;
        return answer.problem.retryable ? undefined : "refused";
      });
      if (end === "final") return;
      if (end === "refused") {
        this.#nonce = undefined;
        return;
      }
    }
  }

  /** Of one validator after the other; undefined if it did not answer, after a pause. */
  async #ask<T>(question: (client: Client) => Promise<T | undefined>): Promise<T | undefined> {
    const urls = this.#options.urls();
    const url = urls[(this.#index + this.#attempts) % Math.max(1, urls.length)];
    try {
      const answer = url === undefined ? undefined : await question(new Client({ url }));
      if (answer !== undefined) return answer;
    } catch (error) {
      // It was killed, or stands still: the next one is asked.
      if (!(error instanceof ClientError)) throw error;
    }
    this.#attempts += 1;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    return undefined;
  }
}
