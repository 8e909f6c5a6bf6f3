// Final blocks as they come, over server-sent events of one validator at a time. A stream that breaks, lies or stands
// still is left for the next validator's, from the first block that was not handed out: no gap, no repeat.

import type { Height } from "../../crypto/index.ts";
import type { Belief } from "./belief.ts";
import { eventsIn } from "./event-source.ts";
import { conclusion, type Failover, pause, problemError } from "./failover.ts";
import { type FinalBlock, FinalBlocks } from "./final-blocks.ts";
import { ClientError, Lie, problemFrom } from "./problem.ts";
import { noAnswer, open, type Transport } from "./transport.ts";

export type BlockWatchOptions = {
  readonly belief: Belief;
  readonly failover: Failover;
  readonly transport: Transport;
  readonly from: Height;
  readonly signal?: AbortSignal | undefined;
};

/** Streams in a row that brought nothing, for each validator, before the watch gives up. */
const MAX_FRUITLESS_ROUNDS = 8;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5_000;

/** Ends only with the caller, the signal's reason, or a ClientError after many fruitless streams. */
export async function* watchBlocks(options: BlockWatchOptions): AsyncGenerator<FinalBlock> {
  const { belief, failover, signal } = options;
  const blocks = new FinalBlocks(belief, options.from);
  let failures: ClientError[] = [];
  for (;;) {
    const url = failover.current;
    try {
      for await (const believed of streamOf(url, blocks, options)) {
        failures = [];
        yield* believed;
      }
      throw noAnswer({ url }, undefined, undefined);
    } catch (error) {
      signal?.throwIfAborted();
      failures.push(await failureOf(error, url, options));
    }
    blocks.forget();
    if (failures.length >= MAX_FRUITLESS_ROUNDS * failover.urls.length) throw conclusion(failures);
    failover.rotate();
    const round = Math.floor(failures.length / failover.urls.length);
    await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round), signal);
  }
}

/** What one validator's stream adds to `blocks`, never empty. */
async function* streamOf(
  url: string,
  blocks: FinalBlocks,
  { belief, transport, signal }: BlockWatchOptions,
): AsyncGenerator<readonly FinalBlock[]> {
  const patienceMs = belief.maxStalenessMs;
  const stalled = new AbortController();
  const giveUp = () => stalled.abort(new Lie("STALE", `no block for ${patienceMs} ms`));
  let timer = setTimeout(giveUp, patienceMs);
  const either = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]);
  try {
    const path = `/v1/events?from=${blocks.next}&topics=block`;
    const response = await open(transport, { url, path }, either);
    if (!response.ok) throw problemError(url, problemFrom(response.status, await bodyOf(response)));
    if (response.body === null) return;
    for await (const { name, data } of eventsIn(response.body)) {
      if (name !== "block") continue;
      const believed = blocks.take(JSON.parse(data));
      if (believed.length === 0) continue;
      // However long the reader takes, it is not the validator that stands still.
      clearTimeout(timer);
      yield believed;
      timer = setTimeout(giveUp, patienceMs);
    }
  } finally {
    clearTimeout(timer);
    stalled.abort();
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

async function failureOf(
  error: unknown,
  url: string,
  { failover, signal }: BlockWatchOptions,
): Promise<ClientError> {
  if (error instanceof Lie) return failover.exposed(url, error, signal);
  if (error instanceof ClientError) return error;
  if (error instanceof SyntaxError || isOurTypeError(error)) {
    const message = `${url} sent an event that is none of Quorate's: ${(error as Error).message}`;
    return new ClientError({ code: "BAD_ANSWER", url, message, retryable: true, cause: error });
  }
  return noAnswer({ url }, undefined, error);
}

/** `fetch` throws TypeErrors as well, with a cause. */
function isOurTypeError(error: unknown): boolean {
  return error instanceof TypeError && error.cause === undefined;
}
