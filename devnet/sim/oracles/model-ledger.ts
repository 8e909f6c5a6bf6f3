// The rules of the built-in ledger in the fewest words: a balance and a nonce for each address, and what else it owns. A
// transaction is skipped, or pays its fee and uses its nonce; then its call happens or fails.

import {
  type Address,
  addressOf,
  equalBytes,
  formatAddress,
  toHex,
} from "../../../crypto/index.ts";
import type { LedgerCall, Payment } from "./calls.ts";
import type { Envelope } from "./envelope.ts";
import { ModelThings } from "./model-things.ts";
import type { Premises } from "./oracle.ts";

export type ModelAccount = { balance: bigint; nonce: number };

export type ModelOutcome = {
  readonly result: "ok" | "failed" | "skipped";
  readonly feePaid: bigint;
  /** What the call answers, as hex. */
  readonly output: string;
};

const NOTHING = "0x";
const SKIPPED: ModelOutcome = { result: "skipped", feePaid: 0n, output: NOTHING };
const MAX_AMOUNT = 2n ** 64n - 1n;

export class ModelLedger {
  readonly things = new ModelThings();
  readonly #accounts = new Map<string, ModelAccount>();
  readonly #premises: Premises;

  constructor(premises: Premises) {
    this.#premises = premises;
    for (const [address, balance] of premises.balances) {
      this.#accounts.set(address, { balance, nonce: 0 });
    }
  }

  /** By address as people see it. */
  get accounts(): ReadonlyMap<string, Readonly<ModelAccount>> {
    return this.#accounts;
  }

  apply(envelope: Envelope | undefined, height: number): ModelOutcome {
    if (envelope?.call === undefined || !this.#isSound(envelope, height)) return SKIPPED;
    const { sender, nonce, fee, call } = envelope;
    const account = this.#account(sender);
    if (nonce !== account.nonce || account.balance < fee) return SKIPPED;
    account.nonce += 1;
    account.balance -= fee;
    const output =
      call.type === "pay"
        ? this.#pay(account, call.payments)
        : this.things.apply(call, toHex(sender), height);
    if (output === undefined) return { result: "failed", feePaid: fee, output: NOTHING };
    return { result: "ok", feePaid: fee, output };
  }

  #pay(from: ModelAccount, payments: readonly Payment[]): string | undefined {
    const total = sumOf(payments);
    if (from.balance < total) return undefined;
    from.balance -= total;
    for (const { to, amount } of payments) this.#account(to).balance += amount;
    return NOTHING;
  }

  /** What needs no account to be looked at. */
  #isSound(envelope: Envelope, height: number): boolean {
    const { validators, minFee } = this.#premises;
    return (
      equalBytes(envelope.chainId, validators.chainId) &&
      envelope.fee >= minFee &&
      movesWhatItSays(envelope.call) &&
      envelope.validUntilHeight >= height &&
      equalBytes(addressOf(envelope.publicKey), envelope.sender)
    );
  }

  #account(address: Address): ModelAccount {
    const name = formatAddress(address);
    const account = this.#accounts.get(name) ?? { balance: 0n, nonce: 0 };
    this.#accounts.set(name, account);
    return account;
  }
}

/** Is it no payment of nothing, and of no more than there can be? No honest validator votes for another one. */
export function movesWhatItSays(call: LedgerCall | undefined): boolean {
  if (call?.type !== "pay") return true;
  return call.payments.every(({ amount }) => amount > 0n) && sumOf(call.payments) <= MAX_AMOUNT;
}

function sumOf(payments: readonly Payment[]): bigint {
  return payments.reduce((sum, { amount }) => sum + amount, 0n);
}
