// From a checked transaction to a place in the pool, by the last committed state.

import type { Height } from "../../crypto/index.ts";
import type { Pool, PoolEntry } from "../../mempool/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import type { Admission } from "./protocol.ts";

/** What the pool keeps: its own fields, and the transaction that a block will carry. */
export type PooledTransaction = PoolEntry & { readonly signed: SignedTransaction };

export function admit(
  signed: SignedTransaction,
  into: {
    readonly pool: Pool<PooledTransaction>;
    readonly ledger: Ledger;
    readonly height: Height;
  },
): Admission {
  const checked = into.ledger.check(signed);
  if (!checked.ok) return { ok: false, refusal: "app-rejected", code: checked.code };
  const admitted = into.ledger.admit(signed);
  if (!admitted.ok) return { ok: false, refusal: "app-rejected", code: admitted.code };
  const { sender, nonce, fee, validUntilHeight } = signed.transaction;
  const { cost, nextNonce, balance } = admitted;
  const entry = { id: signed.id, sender, nonce, cost, fee, validUntilHeight, bytes: signed.bytes };
  return into.pool.add({ ...entry, signed }, { height: into.height, nextNonce, balance });
}
