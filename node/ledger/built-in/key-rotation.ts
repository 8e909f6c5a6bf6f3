// Which key an account obeys. Nobody asks whether somebody holds the new one: who rotates to a key that is nobody's has
// given the account up, and who rotates to the key that the address is made from has it as it began.

import { addressOf, equalBytes } from "../../../crypto/index.ts";
import type { RotateKeyCall } from "../../transaction/index.ts";
import { accountKey, EMPTY_ACCOUNT, encodeAccount, readAccount } from "../account.ts";
import type { CallContext, CallResult, StateWriter } from "../state-machine.ts";

export function rotateKey(
  { publicKey }: Pick<RotateKeyCall, "publicKey">,
  { sender }: CallContext,
  state: StateWriter,
): CallResult {
  const accountAt = accountKey(sender);
  const account = readAccount(state, accountAt) ?? EMPTY_ACCOUNT;
  const isOwn = equalBytes(addressOf(publicKey), sender);
  state.set(accountAt, encodeAccount({ ...account, key: isOwn ? undefined : publicKey }));
  return { ok: true };
}
