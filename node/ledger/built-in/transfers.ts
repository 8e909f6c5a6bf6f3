// Moving money. A transfer to oneself is allowed and moves nothing: with a fee it is how to cancel a pending nonce.

import type { TransferCall } from "../../transaction/index.ts";
import { accountKey, credit, EMPTY_ACCOUNT, encodeAccount, readAccount } from "../account.ts";
import type { CallContext, CallResult, StateWriter } from "../state-machine.ts";

export type TransferFailure = "insufficient-balance";

export function transfer(
  call: Pick<TransferCall, "to" | "amount">,
  { sender }: CallContext,
  state: StateWriter,
): CallResult {
  const key = accountKey(sender);
  const account = readAccount(state, key) ?? EMPTY_ACCOUNT;
  if (account.balance < call.amount) return { ok: false, code: "insufficient-balance" };
  state.set(key, encodeAccount({ ...account, balance: account.balance - call.amount }));
  // Reads what was just written: a transfer to oneself comes out even.
  credit(state, call.to, call.amount);
  return { ok: true };
}
