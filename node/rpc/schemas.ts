// Every request of the HTTP interface as a schema: what validates them is what documents them. Bodies of raw bytes have
// no schema; their formats stand with `transactionBytes` and `batchItems`.

import { z } from "zod";
import type { RpcLimits } from "./limits.ts";

/** `what` describes to people what the text should have been. */
function textLike(pattern: RegExp, what: string) {
  return z.string({ error: what }).regex(pattern, { error: what });
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

/** For calls without parameters: a name that nobody reads was surely meant for something. */
export const noQuery = z.strictObject({});

const WAITS = ["none", "accepted", "included", "final"] as const;

export function submitQuery({ maxWaitMs, defaultWaitMs }: RpcLimits) {
  const time = `an integer in 0..${maxWaitMs}`;
  return z.strictObject({
    /** What to wait for; `none` answers as soon as this node has checked the transaction. */
    wait: z.enum(WAITS, { error: `one of ${WAITS.join(", ")}` }).default("none"),
    timeoutMs: textLike(/^[0-9]{1,9}$/, time)
      .transform(Number)
      .refine((ms) => ms <= maxWaitMs, { error: time })
      .default(defaultWaitMs),
  });
}

export type SubmitQuery = z.output<ReturnType<typeof submitQuery>>;

const bytesText = z.string({ error: "the bytes of a transaction as 0x-hex" });

export const submitBody = z.strictObject({ tx: bytesText });

/** One result for each, whatever is in it: a text that is no hex gets a problem of its own. */
export function batchBody({ maxBatchTransactions }: RpcLimits) {
  const error = `a list of 1..${maxBatchTransactions} transactions as 0x-hex`;
  return z.strictObject({
    txs: z.array(bytesText, { error }).min(1, { error }).max(maxBatchTransactions, { error }),
  });
}
