// The built-in state machine: accounts, transfers, fees, nonces. Money is neither made nor lost: all balances and burnt
// fees together stay what genesis gave, which is at most 2^64-1, so that no balance can overflow.
// A transfer to oneself is allowed and moves nothing: with a fee it is how to cancel a pending nonce.

import {
  ADDRESS_BYTES,
  type Address,
  address,
  addressOf,
  assert,
  ByteMap,
  equalBytes,
  type Hash,
  next,
  type PublicKey,
} from "../../crypto/index.ts";
import { type Call, decodeCall, type SignedTransaction } from "../transaction/index.ts";
import { type Account, accountKey, EMPTY_ACCOUNT, encodeAccount, readAccount } from "./account.ts";
import type { Receipt } from "./receipt.ts";
import type {
  AdmitVerdict,
  BlockContext,
  StateMachine,
  StateReader,
  StateWriter,
} from "./state-machine.ts";

export type AccountLedgerParams = {
  /** The least fee of a transaction, 0 .. 2^64-1. */
  readonly minFee: bigint;
  readonly feesTo: "nobody" | "proposer";
};

export type AccountGenesis = {
  /** No address twice; together at most 2^64-1. */
  readonly accounts: readonly { readonly address: Address; readonly balance: bigint }[];
};

/** Why a transaction has no place in any block of this chain. */
export type CheckCode = "wrong-chain" | "fee-too-low" | "malformed-call" | "zero-amount";
/** Why a block's transaction changed nothing and paid nothing. */
export type SkipCode =
  | CheckCode
  | "expired"
  | "key-not-authorised"
  | "bad-nonce"
  | "cannot-pay-fee";
/** Why a transaction paid its fee and nothing else happened. */
export type FailureCode = "insufficient-balance";

type Checked =
  | { readonly ok: true; readonly call: Call }
  | { readonly ok: false; readonly code: CheckCode };

type Outcome = Pick<Receipt, "result" | "feePaid"> & { readonly code: "" | SkipCode | FailureCode };

const MAX_SUPPLY = (1n << 64n) - 1n;
const MAX_REMEMBERED_KEYS = 65_536;
const NO_OUTPUT = new Uint8Array(0);

export function createAccountLedger(params: AccountLedgerParams): StateMachine<AccountGenesis> {
  const { minFee, feesTo } = params;
  assert(minFee >= 0n && minFee <= MAX_SUPPLY, "the least fee is in 0..2^64-1");
  const addresses = new RememberedAddresses();

  const check = (signed: SignedTransaction, chainId: Hash): Checked => {
    const { transaction } = signed;
    if (!equalBytes(transaction.chainId, chainId)) return { ok: false, code: "wrong-chain" };
    if (transaction.fee < minFee) return { ok: false, code: "fee-too-low" };
    const call = decodeCall(transaction.call);
    if (!call.ok) return { ok: false, code: "malformed-call" };
    if (call.value.amount === 0n) return { ok: false, code: "zero-amount" };
    return { ok: true, call: call.value };
  };

  const mayAct = ({ transaction }: SignedTransaction, account: Account): boolean =>
    account.key === undefined
      ? equalBytes(addresses.of(transaction.publicKey), transaction.sender)
      : equalBytes(account.key, transaction.publicKey);

  const admit = (signed: SignedTransaction, state: StateReader): AdmitVerdict => {
    const { sender, fee, call: bytes } = signed.transaction;
    const account = readAccount(state, accountKey(sender)) ?? EMPTY_ACCOUNT;
    if (!mayAct(signed, account)) return { ok: false, code: "key-not-authorised" };
    const call = decodeCall(bytes);
    if (!call.ok) return { ok: false, code: "malformed-call" };
    const cost = fee + call.value.amount;
    return { ok: true, cost, nextNonce: account.nonce, balance: account.balance };
  };

  const executeOne = (
    block: BlockContext,
    signed: SignedTransaction,
    state: StateWriter,
  ): Outcome => {
    const { sender, nonce, fee, validUntilHeight } = signed.transaction;
    const checked = check(signed, block.chainId);
    if (!checked.ok) return skipped(checked.code);
    if (validUntilHeight < block.height) return skipped("expired");
    const senderKey = accountKey(sender);
    const account = readAccount(state, senderKey) ?? EMPTY_ACCOUNT;
    if (!mayAct(signed, account)) return skipped("key-not-authorised");
    if (nonce !== account.nonce) return skipped("bad-nonce");
    if (account.balance < fee) return skipped("cannot-pay-fee");
    const charged = { ...account, balance: account.balance - fee, nonce: next(account.nonce) };
    const code = transfer(state, { key: senderKey, account: charged }, checked.call);
    return { result: code === "" ? "ok" : "failed", code, feePaid: fee };
  };

  return {
    name: "quorate-accounts",
    initialize,
    check: (signed, chainId) => {
      const checked = check(signed, chainId);
      return checked.ok ? { ok: true } : checked;
    },
    admit,
    execute: (block, transactions, state) => {
      let fees = 0n;
      const receipts = transactions.map((signed, index): Receipt => {
        const outcome = executeOne(block, signed, state);
        fees += outcome.feePaid;
        return { transaction: signed.id, index, ...outcome, output: NO_OUTPUT };
      });
      if (feesTo === "proposer" && fees > 0n) credit(state, accountKey(block.proposer), fees);
      return receipts;
    },
    query: ({ path, argument }, state) => {
      if (path !== "account") return { ok: false, refusal: "unknown-path" };
      if (argument.length !== ADDRESS_BYTES) return { ok: false, refusal: "bad-argument" };
      const key = accountKey(address(argument));
      return { ok: true, key, value: state.get(key) };
    },
  };
}

function initialize(state: StateWriter, genesis: AccountGenesis): void {
  let supply = 0n;
  for (const { address, balance } of genesis.accounts) {
    const key = accountKey(address);
    assert(state.get(key) === undefined, "genesis names each account once");
    assert(balance >= 0n, "genesis balances are not negative");
    supply += balance;
    assert(supply <= MAX_SUPPLY, "all genesis balances together are at most 2^64-1");
    state.set(key, encodeAccount({ ...EMPTY_ACCOUNT, balance }));
  }
}

/** Writes the sender, already charged, and the recipient; only the sender when the balance does not suffice. */
function transfer(
  state: StateWriter,
  sender: { readonly key: Uint8Array; readonly account: Account },
  call: Call,
): "" | FailureCode {
  const { account } = sender;
  if (account.balance < call.amount) {
    state.set(sender.key, encodeAccount(account));
    return "insufficient-balance";
  }
  state.set(sender.key, encodeAccount({ ...account, balance: account.balance - call.amount }));
  // Reads what was just written: a transfer to oneself comes out even.
  credit(state, accountKey(call.to), call.amount);
  return "";
}

function credit(state: StateWriter, key: Uint8Array, amount: bigint): void {
  const account = readAccount(state, key) ?? EMPTY_ACCOUNT;
  const balance = account.balance + amount;
  assert(balance <= MAX_SUPPLY, "no balance exceeds the supply");
  state.set(key, encodeAccount({ ...account, balance }));
}

function skipped(code: SkipCode): Outcome {
  return { result: "skipped", code, feePaid: 0n };
}

/** Saves hashing the key of everyone who sends often. Forgets all when full. */
class RememberedAddresses {
  readonly #byKey = new ByteMap<Address>();

  of(publicKey: PublicKey): Address {
    const remembered = this.#byKey.get(publicKey);
    if (remembered !== undefined) return remembered;
    const made = addressOf(publicKey);
    if (this.#byKey.size >= MAX_REMEMBERED_KEYS) this.#byKey.clear();
    this.#byKey.set(publicKey, made);
    return made;
  }
}
