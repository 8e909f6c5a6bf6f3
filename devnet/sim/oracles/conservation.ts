// Nothing is made and nothing lost: what the agreed chain reports and stores is what a model ledger makes of the same
// transactions, money, records and leases, and all stored balances and burnt fees together stay what genesis gave.

import { equalBytes, formatAddress, toHex } from "../../../crypto/index.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import { followBranch } from "./branch.ts";
import { readAccountChange, readEnvelope } from "./envelope.ts";
import { ModelLedger } from "./model-ledger.ts";
import { readThingChange } from "./model-things.ts";
import type { OracleMaker, Premises, Report } from "./oracle.ts";
import { short } from "./words.ts";

export const conservation: OracleMaker = (premises, report) => {
  const books = new Books(premises, report);
  return {
    name: "conservation",
    observe: followBranch(premises, (final) => {
      if (premises.calls === "any") return;
      books.replay(final);
      books.store(final);
    }),
  };
};

type Stored = { readonly balance: bigint; readonly nonce: number };

const EMPTY: Stored = { balance: 0n, nonce: 0 };

class Books {
  readonly #premises: Premises;
  readonly #report: Report;
  readonly #model: ModelLedger;
  /** What the node's own changes say that each account holds. */
  readonly #stored = new Map<string, Stored>();
  /** And which records and leases there are: the bytes under each key of the state, both as hex. */
  readonly #things = new Map<string, string>();
  #total = 0n;
  #burnt = 0n;

  constructor(premises: Premises, report: Report) {
    this.#premises = premises;
    this.#report = report;
    this.#model = new ModelLedger(premises);
    for (const [name, balance] of premises.balances) {
      this.#stored.set(name, { balance, nonce: 0 });
      this.#total += balance;
    }
  }

  /** Do the receipts say what the model says? */
  replay({ block, transactions, receipts }: FinalBlock): void {
    const { height } = block;
    if (receipts.length !== transactions.length) {
      const counts = `${receipts.length} receipts of ${transactions.length} transactions`;
      this.#report(`height ${height}: ${counts}`);
    }
    for (const [at, { bytes }] of transactions.entries()) {
      const envelope = readEnvelope(bytes);
      const outcome = this.#model.apply(envelope, height);
      const receipt = receipts[at];
      if (envelope === undefined || receipt === undefined) continue;
      const where = `height ${height}: receipt ${at}`;
      if (receipt.index !== at || !equalBytes(receipt.transaction, envelope.id)) {
        const named = `${short(receipt.transaction)} at ${receipt.index}`;
        this.#report(`${where} is for ${named}, not for ${short(envelope.id)}`);
      }
      const { result, feePaid } = receipt;
      if (result !== outcome.result || feePaid !== outcome.feePaid) {
        const expected = `${outcome.result} for ${outcome.feePaid}`;
        this.#report(`${where} says ${result} for a fee of ${feePaid}, expected ${expected}`);
      }
      const output = toHex(receipt.output);
      if (output !== outcome.output) {
        this.#report(`${where} answers ${output}, expected ${outcome.output}`);
      }
      this.#burnt += feePaid;
    }
  }

  /** Does the state hold what the model holds, and is it all there? */
  store({ block, changes }: FinalBlock): void {
    for (const { key, value } of changes) {
      const account = readAccountChange(key, value);
      if (account === undefined) continue;
      const name = formatAddress(account.address);
      this.#total += account.balance - (this.#stored.get(name)?.balance ?? 0n);
      this.#stored.set(name, account);
    }
    const where = `height ${block.height}`;
    for (const [name, expected] of this.#model.accounts) {
      const { balance, nonce } = this.#stored.get(name) ?? EMPTY;
      if (balance === expected.balance && nonce === expected.nonce) continue;
      const says = `${expected.balance} at nonce ${expected.nonce}`;
      this.#report(`${where}: ${name} holds ${balance} at nonce ${nonce}, expected ${says}`);
    }
    const { supply } = this.#premises;
    if (this.#total + this.#burnt !== supply) {
      this.#report(`${where}: ${this.#total} held and ${this.#burnt} burnt, supply ${supply}`);
    }
    this.#storeThings(changes, where);
  }

  #storeThings(changes: FinalBlock["changes"], where: string): void {
    for (const { key, value } of changes) {
      const change = readThingChange(key, value);
      if (change === undefined) continue;
      const [name, bytes] = change;
      if (bytes === undefined) this.#things.delete(name);
      else this.#things.set(name, bytes);
    }
    const expected = this.#model.things.stored();
    for (const name of new Set([...expected.keys(), ...this.#things.keys()])) {
      const [found, meant] = [this.#things.get(name), expected.get(name)];
      if (found === meant) continue;
      this.#report(
        `${where}: under ${name} stands ${found ?? "nothing"}, expected ${meant ?? "nothing"}`,
      );
    }
  }
}
