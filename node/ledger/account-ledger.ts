// Accounts around an application: every transaction is signed by a key that may act for its sender, uses the next nonce
// and pays its fee, whatever becomes of its call. A call that fails leaves nothing behind but that.
// Money is neither made nor lost: all balances and burnt fees together stay what genesis gave, which is at most 2^64-1,
// so that no balance can overflow.

import {
  ADDRESS_BYTES,
  type Address,
  address,
  addressOf,
  assert,
  ByteMap,
  compareBytes,
  equalBytes,
  type Hash,
  next,
  type PublicKey,
} from "../../crypto/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import {
  type Account,
  accountKey,
  credit,
  EMPTY_ACCOUNT,
  encodeAccount,
  MAX_SUPPLY,
  readAccount,
} from "./account.ts";
import { StateFullError } from "./authenticated-map.ts";
import type { AdmitVerdict, BlockMachine } from "./block-machine.ts";
import { createBuiltInLedger } from "./built-in/index.ts";
import { MAX_OUTPUT_BYTES, type Receipt } from "./receipt.ts";
import type {
  BlockContext,
  CallContext,
  CallResult,
  DecodedCall,
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
  /** What genesis tells the application. */
  readonly parameters?: Uint8Array;
};

/** Why a transaction has no place in any block of this chain; an application adds codes of its own. */
export type CheckCode = "wrong-chain" | "fee-too-low";
/** Why a block's transaction changed nothing and paid nothing; or what the application said about its bytes. */
export type SkipCode =
  | CheckCode
  | "expired"
  | "key-not-authorised"
  | "bad-nonce"
  | "cannot-pay-fee"
  /** The sender has no account, and the state no room for one. */
  | typeof STATE_FULL;
/** Why a call failed; an application adds codes of its own. */
export type FailureCode = typeof STATE_FULL;

type Outcome = Pick<Receipt, "result" | "feePaid" | "code" | "output">;

const STATE_FULL = "state-full";
const MAX_REMEMBERED_KEYS = 65_536;
const NO_OUTPUT = new Uint8Array(0);
const NO_PARAMETERS = new Uint8Array(0);

/** `machine` is the built-in ledger unless told otherwise, without rules for evidence. */
export function createAccountLedger(
  params: AccountLedgerParams,
  machine: StateMachine = createBuiltInLedger(),
): BlockMachine<AccountGenesis> {
  const { minFee, feesTo } = params;
  assert(minFee >= 0n && minFee <= MAX_SUPPLY, "the least fee is in 0..2^64-1");
  const addresses = new RememberedAddresses();

  const check = ({ transaction }: SignedTransaction, chainId: Hash): DecodedCall<unknown> => {
    if (!equalBytes(transaction.chainId, chainId)) return { ok: false, code: "wrong-chain" };
    if (transaction.fee < minFee) return { ok: false, code: "fee-too-low" };
    return machine.decode(transaction.call);
  };

  const mayAct = ({ transaction }: SignedTransaction, account: Account): boolean =>
    account.key === undefined
      ? equalBytes(addresses.of(transaction.publicKey), transaction.sender)
      : equalBytes(account.key, transaction.publicKey);

  const admit = (signed: SignedTransaction, state: StateReader): AdmitVerdict => {
    const { sender, fee, call: bytes } = signed.transaction;
    const account = readAccount(state, accountKey(sender)) ?? EMPTY_ACCOUNT;
    if (!mayAct(signed, account)) return { ok: false, code: "key-not-authorised" };
    const decoded = machine.decode(bytes);
    if (!decoded.ok) return decoded;
    const cost = fee + (machine.cost?.(decoded.call) ?? 0n);
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
    if (!fits(() => state.set(senderKey, encodeAccount(charged)))) return skipped(STATE_FULL);
    const savepoint = state.savepoint();
    const context = { ...block, sender, transaction: signed.id };
    const result = executed(machine, checked.call, context, state);
    if (result.ok) {
      const output = result.output ?? NO_OUTPUT;
      assert(output.length <= MAX_OUTPUT_BYTES, "an output has at most 1,024 bytes");
      return { result: "ok", code: "", feePaid: fee, output };
    }
    state.revert(savepoint);
    return { result: "failed", code: result.code, feePaid: fee, output: NO_OUTPUT };
  };

  return {
    name: machine.name,
    initialize: (state, { accounts, parameters = NO_PARAMETERS }) => {
      openAccounts(state, accounts);
      machine.initialize?.(state, parameters);
    },
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
        return { transaction: signed.id, index, ...outcome };
      });
      if (feesTo === "proposer" && fees > 0n) {
        // Burnt when the proposer has no account and the state no room for one.
        fits(() => credit(state, block.proposer, fees));
      }
      return receipts;
    },
    query: (query, state) => {
      const { path, argument } = query;
      if (path !== "account") {
        return machine.query?.(query, state) ?? { ok: false, refusal: "unknown-path" };
      }
      if (argument.length !== ADDRESS_BYTES) return { ok: false, refusal: "bad-argument" };
      const key = accountKey(address(argument));
      return { ok: true, key, value: state.get(key) };
    },
  };
}

function openAccounts(state: StateWriter, accounts: AccountGenesis["accounts"]): void {
  let supply = 0n;
  // As the chain id has them: the order in somebody's file must not decide the state root.
  const byAddress = accounts.toSorted((one, other) => compareBytes(one.address, other.address));
  for (const { address, balance } of byAddress) {
    const key = accountKey(address);
    assert(state.get(key) === undefined, "genesis names each account once");
    assert(balance >= 0n, "genesis balances are not negative");
    supply += balance;
    assert(supply <= MAX_SUPPLY, "all genesis balances together are at most 2^64-1");
    state.set(key, encodeAccount({ ...EMPTY_ACCOUNT, balance }));
  }
}

/** False: the state is full, and `write`, which is one write, has changed nothing. */
function fits(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (error instanceof StateFullError) return false;
    throw error;
  }
}

/** A call that finds the state full fails, whatever it has written before. */
function executed(
  machine: StateMachine,
  call: unknown,
  context: CallContext,
  state: StateWriter,
): CallResult {
  try {
    return machine.execute(call, context, state);
  } catch (error) {
    if (error instanceof StateFullError) return { ok: false, code: STATE_FULL };
    throw error;
  }
}

function skipped(code: string): Outcome {
  return { result: "skipped", code, feePaid: 0n, output: NO_OUTPUT };
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
