// Proof that a transaction was not executed: all final blocks in which it could be, each with its ids under its header.

import { equalBytes, type Hash, type Height, next } from "../../crypto/index.ts";
import type { Belief } from "./belief.ts";
import type { Failover } from "./failover.ts";
import { FinalBlocks } from "./final-blocks.ts";
import { ClientError } from "./problem.ts";

/** More blocks are not searched. */
const MAX_SEARCHED = 2_048;
/** The last block may have no certificate of its own, and be believed with a later one. */
const MAX_BEYOND = 16;

type Heights = { readonly from: Height; readonly to: Height };

type Asking = {
  readonly belief: Belief;
  readonly failover: Failover;
  readonly signal: AbortSignal | undefined;
};

/** Is a transaction in no block of these heights? False also where no validator can prove either. */
export async function isInNone(id: Hash, heights: Heights, asking: Asking): Promise<boolean> {
  if (heights.to - heights.from >= MAX_SEARCHED) return false;
  // One validator for the whole chain of blocks: what is held back of one would accuse the next.
  for (const url of asking.failover.urls) {
    try {
      return await isInNoneOf(url, id, heights, asking);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
    }
  }
  return false;
}

async function isInNoneOf(
  url: string,
  id: Hash,
  { from, to }: Heights,
  { belief, failover, signal }: Asking,
): Promise<boolean> {
  const blocks = new FinalBlocks(belief, from);
  const carriesIt = ({ transactions }: { readonly transactions: readonly Hash[] }) =>
    transactions.some((other) => equalBytes(other, id));
  for (let height = from; blocks.next <= to; height = next(height)) {
    if (height - to >= MAX_BEYOND) return false;
    const read = (body: unknown) => blocks.take(body);
    const believed = await failover.askOne(url, { path: `/v1/blocks/${height}`, signal, read });
    if (believed.some(carriesIt)) return false;
  }
  return true;
}
