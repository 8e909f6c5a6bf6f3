// Several transfers as one: the sender can afford all of them, or none happens.

import type { PayManyCall } from "../../transaction/index.ts";
import { accountKey, credit, EMPTY_ACCOUNT, encodeAccount, readAccount } from "../account.ts";
import type { CallContext, CallResult, StateWriter } from "../state-machine.ts";

export type PayManyFailure = "insufficient-balance";

/** What all payments take from the sender; may exceed what any balance can hold. */
export function totalOf({ payments }: Pick<PayManyCall, "payments">): bigint {
  return payments.reduce((sum, { amount }) => sum + amount, 0n);
}

export function payMany(
  call: Pick<PayManyCall, "payments">,
  { sender }: CallContext,
  state: StateWriter,
): CallResult {
  const key = accountKey(sender);
  const account = readAccount(state, key) ?? EMPTY_ACCOUNT;
  const total = totalOf(call);
  if (account.balance < total) return failed("insufficient-balance");
  state.set(key, encodeAccount({ ...account, balance: account.balance - total }));
  for (const { to, amount } of call.payments) credit(state, to, amount);
  return { ok: true };
}

function failed(code: PayManyFailure): CallResult {
  return { ok: false, code };
}
