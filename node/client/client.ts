// One node's HTTP interface as typed calls over `fetch`. Portable. A problem comes back as a value, a node that cannot
// be reached throws a ClientError; nothing is retried behind the caller's back, except by `submitAndWait`, which says so.

import { type Address, formatAddress, type Hash, toHex } from "../../crypto/index.ts";
import {
  type AccountState,
  type BatchResult,
  type BlockSummary,
  readAccount,
  readBatch,
  readBlock,
  readStatus,
  readTransaction,
  type Status,
  type TransactionState,
} from "./answers.ts";
import {
  aCounter,
  aDurationMs,
  aFunction,
  aHash,
  anAddress,
  aTimeMs,
  aUrl,
  type Check,
  only,
  optional,
  taken,
} from "./arguments.ts";
import { type Answer, ClientError } from "./problem.ts";
import {
  ask,
  type Call,
  DEFAULT_CALL_TIMEOUT_MS,
  type Transport,
  withoutSlash,
} from "./transport.ts";

export type Wait = "none" | "accepted" | "included" | "final";

export type ClientOptions = {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** How long one call may take beyond the wait that it asks for. Default 10 s. */
  readonly callTimeoutMs?: number;
  readonly fetch?: typeof fetch;
};

export type SubmitOptions = {
  readonly wait?: Wait;
  /** How long the node may wait before it answers with the state so far. */
  readonly timeoutMs?: number;
};

export type WaitOptions = {
  /** `final`, unless less will do. */
  readonly wait?: Exclude<Wait, "none">;
  /** After this long the state so far is the answer: not a failure, the transaction may still become final. */
  readonly deadlineMs: number;
};

/** One wait of the node; longer deadlines ask again with the same bytes. */
const MAX_WAIT_MS = 20_000;

const WAITS: readonly unknown[] = ["none", "accepted", "included", "final"] satisfies Wait[];

const someBytes = only<Uint8Array>("a Uint8Array", (given) => given instanceof Uint8Array);
const aWait: Check<unknown> = only(`one of ${WAITS.join(", ")}`, (given) => WAITS.includes(given));
const aList = only<readonly Uint8Array[]>("a list of Uint8Arrays", (given) => {
  return Array.isArray(given) && given.every((each) => each instanceof Uint8Array);
});
const CLIENT: { readonly [K in keyof ClientOptions]-?: Check<unknown> } = {
  url: aUrl,
  callTimeoutMs: optional(aTimeMs),
  fetch: optional(aFunction),
};
const SUBMISSION = { wait: optional(aWait), timeoutMs: optional(aCounter) };
const WAITING = { wait: optional(aWait), deadlineMs: aDurationMs };

/** Wrong arguments are refused with a ClientError BAD_ARGUMENT before anything is sent. */
export class Client {
  readonly url: string;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    taken("Client", options, CLIENT);
    const { url, callTimeoutMs, fetch: given } = options;
    this.url = withoutSlash(url);
    this.#transport = {
      callTimeoutMs: callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
      fetch: given ?? fetch,
    };
  }

  status(): Promise<Answer<Status>> {
    return this.#call({ path: "/v1/status", read: readStatus });
  }

  async account(who: Address | string): Promise<Answer<AccountState>> {
    const address = formatAddress(anAddress(who, "account"));
    return await this.#call({ path: `/v1/accounts/${address}`, read: readAccount });
  }

  async transaction(id: Hash): Promise<Answer<TransactionState>> {
    return await this.#call({ path: `/v1/txs/${toHex(aHash(id, "id"))}`, read: readTransaction });
  }

  async block(at: number | "latest" | Hash): Promise<Answer<BlockSummary>> {
    const name = at instanceof Uint8Array ? toHex(aHash(at, "block")) : heightName(at);
    return await this.#call({ path: `/v1/blocks/${name}`, read: readBlock });
  }

  /** The same bytes again give the same answer, so asking twice is always safe. */
  async submit(bytes: Uint8Array, options: SubmitOptions = {}): Promise<Answer<TransactionState>> {
    const { wait = "accepted", timeoutMs } = taken("submit", options, SUBMISSION);
    const timeout = timeoutMs === undefined ? "" : `&timeoutMs=${timeoutMs}`;
    return await this.#call({
      path: `/v1/txs?wait=${wait}${timeout}`,
      body: someBytes(bytes, "bytes"),
      extraMs: timeoutMs ?? MAX_WAIT_MS,
      read: readTransaction,
    });
  }

  /** One result for each transaction, in order. */
  async submitBatch(transactions: readonly Uint8Array[]): Promise<Answer<readonly BatchResult[]>> {
    return await this.#call({
      path: "/v1/txs/batch",
      body: framed(aList(transactions, "transactions")),
      read: readBatch,
    });
  }

  /**
   * Submits until the wait is fulfilled, the transaction is beyond hope, or the deadline passes. A connection lost after
   * the first answer is asked again: the bytes are the same, so nothing is paid twice.
   */
  async submitAndWait(bytes: Uint8Array, options: WaitOptions): Promise<Answer<TransactionState>> {
    taken("submitAndWait", options, WAITING);
    const { wait = "final", deadlineMs } = options;
    const start = performance.now();
    let last: Answer<TransactionState> | undefined;
    for (;;) {
      const leftMs = deadlineMs - (performance.now() - start);
      const timeoutMs = Math.ceil(Math.min(MAX_WAIT_MS, Math.max(1, leftMs)));
      const answer = await this.#again(last, () => this.submit(bytes, { wait, timeoutMs }));
      if (!answer.ok || isReached(answer.value.state, wait)) return answer;
      last = answer;
      if (performance.now() - start >= deadlineMs) return answer;
    }
  }

  /** Once the node has taken the transaction, a broken connection is news about the connection only. */
  async #again(
    last: Answer<TransactionState> | undefined,
    submit: () => Promise<Answer<TransactionState>>,
  ): Promise<Answer<TransactionState>> {
    try {
      return await submit();
    } catch (error) {
      if (last === undefined || !(error instanceof ClientError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      return last;
    }
  }

  #call<T>(call: Omit<Call<T>, "url">): Promise<Answer<T>> {
    return ask(this.#transport, { url: this.url, ...call });
  }
}

const RECONNECT_MS = 250;

function heightName(at: unknown): string {
  return at === "latest" ? at : `${aCounter(at, "block")}`;
}

/** Each transaction after its length as a big-endian uint32. */
function framed(transactions: readonly Uint8Array[]): Uint8Array {
  const length = transactions.reduce((sum, bytes) => sum + LENGTH_BYTES + bytes.length, 0);
  const frame = new Uint8Array(length);
  const data = new DataView(frame.buffer);
  let offset = 0;
  for (const bytes of transactions) {
    data.setUint32(offset, bytes.length);
    frame.set(bytes, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + bytes.length;
  }
  return frame;
}

const LENGTH_BYTES = 4;

function isReached(state: TransactionState["state"], wait: Exclude<Wait, "none">): boolean {
  if (state === "final" || state === "rejected" || state === "expired") return true;
  if (wait === "included") return state === "included";
  return wait === "accepted" && state !== "unknown";
}
