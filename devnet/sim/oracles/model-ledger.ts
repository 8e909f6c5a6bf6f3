// The rules of money in the fewest words: a balance and a nonce for each address. A transaction is skipped, or pays its
// fee and uses its nonce; then its transfer happens or fails.

import { type Address, addressOf, equalBytes, formatAddress } from "../../../crypto/index.ts";
import type { Envelope } from "./envelope.ts";
import type { Premises } from "./oracle.ts";

export type ModelAccount = { balance: bigint; nonce: number };

export type ModelOutcome = {
  readonly result: "ok" | "failed" | "skipped";
  readonly feePaid: bigint;
};

const SKIPPED: ModelOutcome = { result: "skipped", feePaid: 0n };

export class ModelLedger {
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
    if (envelope?.transfer === undefined || !this.#isSound(envelope, height)) return SKIPPED;
    const { sender, nonce, fee, transfer } = envelope;
    const account = this.#account(sender);
    if (nonce !== account.nonce || account.balance < fee) return SKIPPED;
    account.nonce += 1;
    account.balance -= fee;
    if (account.balance < transfer.amount) return { result: "failed", feePaid: fee };
    account.balance -= transfer.amount;
    this.#account(transfer.to).balance += transfer.amount;
    return { result: "ok", feePaid: fee };
  }

  /** What needs no account to be looked at. */
  #isSound(envelope: Envelope, height: number): boolean {
    const { validators, minFee } = this.#premises;
    return (
      equalBytes(envelope.chainId, validators.chainId) &&
      envelope.fee >= minFee &&
      envelope.transfer?.amount !== 0n &&
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
