// No transaction takes effect twice, and those of one sender take effect in the order of their nonces, without a gap.

import { formatAddress } from "../../../crypto/index.ts";
import { followBranch } from "./branch.ts";
import { readEnvelope } from "./envelope.ts";
import type { OracleMaker } from "./oracle.ts";
import { short, wordOf } from "./words.ts";

export const atMostOnce: OracleMaker = (premises, report) => {
  /** Height at which each took effect. */
  const done = new Map<string, number>();
  const nextNonces = new Map<string, number>();
  return {
    name: "at-most-once",
    observe: followBranch(premises, ({ block, transactions, receipts }) => {
      for (const [at, { bytes }] of transactions.entries()) {
        const envelope = readEnvelope(bytes);
        const result = receipts[at]?.result;
        if (envelope === undefined || result === undefined || result === "skipped") continue;
        const id = wordOf(envelope.id);
        const where = `height ${block.height}: transaction ${at} (${short(envelope.id)})`;
        const earlier = done.get(id);
        if (earlier !== undefined) report(`${where} took effect at height ${earlier} before`);
        done.set(id, block.height);
        const sender = formatAddress(envelope.sender);
        const expected = nextNonces.get(sender) ?? 0;
        if (envelope.nonce !== expected) {
          report(`${where} of ${sender} has nonce ${envelope.nonce}, next was ${expected}`);
        }
        nextNonces.set(sender, envelope.nonce + 1);
      }
    }),
  };
};
