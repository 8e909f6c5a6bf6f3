// Every request of the HTTP interface as a schema: what validates them is what documents them. Bodies of raw bytes have
// no schema; their formats stand with `transactionBytes` and `batchItems`.

import { z } from "zod";
import { MAX_KEY_BYTES } from "../ledger/index.ts";
import { MAX_RECORD_KEY_BYTES } from "../transaction/index.ts";
import { EVENT_ID, EVENT_TOPICS, type EventTopic, parseEventId } from "./event-frames.ts";
import type { RpcLimits } from "./limits.ts";

/** `what` describes to people what the text should have been. */
function textLike(pattern: RegExp, what: string) {
  return z.string({ error: what }).regex(pattern, { error: what }).describe(what);
}

const hashText = textLike(/^0x[0-9a-f]{64}$/, "0x and 64 lower-case hex digits");
const EXPECTED_HEIGHT = "a height in 0..2^53-1";
const heightText = textLike(/^(?:0|[1-9][0-9]{0,15})$/, EXPECTED_HEIGHT)
  .transform(Number)
  .refine(Number.isSafeInteger, { error: EXPECTED_HEIGHT });

export const transactionParams = z.strictObject({ hash: hashText });

export const accountParams = z.strictObject({
  address: textLike(/^qr1[02-9ac-hj-np-z]{1,80}$/, "an address: qr1..., bech32m, lower case"),
});

/** `latest`, a height, or a block hash. */
export const blockParams = z.strictObject({
  selector: z.union([z.literal("latest"), hashText, heightText], {
    error: "`latest`, a height, or 0x and 64 lower-case hex digits",
  }),
});

function bytesText({ min, max }: { readonly min: number; readonly max: number }) {
  const what = `0x and the lower-case hex digits of ${min}..${max} bytes`;
  return textLike(new RegExp(`^0x(?:[0-9a-f]{2}){${min},${max}}$`), what);
}

/** Any key of the state, as proofs name it. */
export const stateParams = z.strictObject({ key: bytesText({ min: 1, max: MAX_KEY_BYTES }) });

export const recordParams = z.strictObject({
  key: bytesText({ min: 1, max: MAX_RECORD_KEY_BYTES }),
});

export const queryParams = z.strictObject({
  path: textLike(
    /^[A-Za-z0-9._~/-]{1,128}$/,
    "1..128 of A-Z, a-z, 0-9, `.`, `_`, `~`, `-` and `/`",
  ),
});

const proofFlag = z.enum(["0", "1"], { error: "1 for an answer with a proof, or 0" }).default("0");

export const proofQuery = z.strictObject({ proof: proofFlag });

/** A longer argument would not fit into a request's headers. */
const MAX_ARGUMENT_BYTES = 2_048;

export const machineQuery = z.strictObject({
  argument: bytesText({ min: 0, max: MAX_ARGUMENT_BYTES }).default("0x"),
  proof: proofFlag,
});

/** For calls without parameters: a name that nobody reads was surely meant for something. */
export const noQuery = z.strictObject({});

const TOPICS = `a list of ${EVENT_TOPICS.join(", ")} with commas between`;

export const eventsQuery = z.strictObject({
  /** The height of the first block; from the next final block on if neither this nor an id is given. */
  from: heightText.optional(),
  topics: textLike(/^(?:block|tx|view|evidence)(?:,(?:block|tx|view|evidence)){0,7}$/, TOPICS)
    .default("block,tx")
    .transform((text) => new Set(text.split(",") as EventTopic[])),
});

export type EventsQuery = z.output<typeof eventsQuery>;

/** The id of the last event seen; it goes before `from`. */
export const eventsHeaders = z.strictObject({
  "last-event-id": textLike(EVENT_ID, "the id of an event, such as 41.0")
    .transform(parseEventId)
    .optional(),
});

const WAITS = ["none", "accepted", "included", "final"] as const;

export function submitQuery({ maxWaitMs, defaultWaitMs }: RpcLimits) {
  const time = `an integer in 0..${maxWaitMs}`;
  return z.strictObject({
    /** What to wait for; `none` answers as soon as this node has checked the transaction. */
    wait: z.enum(WAITS, { error: `one of ${WAITS.join(", ")}` }).default("none"),
    timeoutMs: textLike(/^[0-9]{1,9}$/, time)
      .default(`${defaultWaitMs}`)
      .transform(Number)
      .refine((ms) => ms <= maxWaitMs, { error: time }),
  });
}

export type SubmitQuery = z.output<ReturnType<typeof submitQuery>>;

const transactionText = z.string({ error: "the bytes of a transaction as 0x-hex" });

export const submitBody = z.strictObject({ tx: transactionText });

/** One result for each, whatever is in it: a text that is no hex gets a problem of its own. */
export function batchBody({ maxBatchTransactions }: RpcLimits) {
  const error = `a list of 1..${maxBatchTransactions} transactions as 0x-hex`;
  return z.strictObject({
    txs: z.array(transactionText, { error }).min(1, { error }).max(maxBatchTransactions, { error }),
  });
}
