// A ledger of people with money on which calls are made by name: each call is a transaction with the next nonce, each
// block one height above the last unless told otherwise.

import { type Address, decode, type Height } from "../../../../crypto/index.ts";
import { decodeAccount } from "../../../../node/ledger/account.ts";
import { AuthenticatedMap } from "../../../../node/ledger/authenticated-map.ts";
import {
  type Account,
  type AccountGenesis,
  type AccountLedgerParams,
  type AdmitVerdict,
  accountKey,
  type BlockMachine,
  createAccountLedger,
  createBuiltInLedger,
  type EvidenceRules,
  type Lease,
  leaseCodec,
  leaseKey,
  type Receipt,
  type RecordEntry,
  recordCodec,
  recordKey,
  type StateWriter,
} from "../../../../node/ledger/index.ts";
import { Journal } from "../../../../node/ledger/journal.ts";
import {
  type Call,
  encodeCall,
  type SignedTransaction,
} from "../../../../node/transaction/index.ts";
import { addressNamed, chainId, nativeHashers, transfer } from "../fixtures.ts";

export type SceneOptions = {
  readonly balances?: Readonly<Record<string, bigint>>;
  readonly params?: Partial<AccountLedgerParams>;
  readonly evidence?: EvidenceRules;
  readonly maxKeys?: number;
};

/** Who makes which call; `by` is the name whose key signs. */
export type Deed = readonly [
  from: string,
  call: Call,
  how?: { readonly fee?: bigint; readonly by?: string },
];

const NO_MEMO = new Uint8Array(0);

export class Scene {
  readonly machine: BlockMachine<AccountGenesis>;
  readonly state: StateWriter;
  readonly map: AuthenticatedMap;
  height = 0;

  constructor(options: SceneOptions = {}) {
    const { balances = { alice: 1_000n, bob: 1_000n, carol: 1_000n } } = options;
    const params = { minFee: 1n, feesTo: "nobody", ...options.params } as const;
    this.machine = createAccountLedger(params, createBuiltInLedger(options.evidence));
    this.map = new AuthenticatedMap(nativeHashers, options.maxKeys);
    this.state = new Journal(this.map).writer();
    const accounts = Object.entries(balances).map(([name, balance]) => ({
      address: addressNamed(name),
      balance,
    }));
    this.machine.initialize(this.state, { accounts });
  }

  /** The receipts of a block with these deeds, in their order. */
  block(...deeds: readonly Deed[]): readonly Receipt[] {
    const used = new Map<string, number>();
    const transactions = deeds.map(([from, call, { fee = 1n, by = from } = {}]) => {
      const nonce = (this.account(from)?.nonce ?? 0) + (used.get(from) ?? 0);
      used.set(from, (used.get(from) ?? 0) + 1);
      return transfer({ from, to: from, nonce, fee, signedBy: by, call: encodeCall(call) });
    });
    return this.execute(transactions);
  }

  /** One deed in a block of its own: its receipt. */
  does(...deed: Deed): Receipt {
    const [receipt] = this.block(deed);
    if (receipt === undefined) throw new Error("every transaction has a receipt");
    return receipt;
  }

  /** One deed: the word for what came of it. */
  tries(...deed: Deed): string {
    const { result, code } = this.does(...deed);
    return result === "ok" ? "ok" : `${result} ${code}`;
  }

  execute(transactions: readonly SignedTransaction[]): readonly Receipt[] {
    this.height += 1;
    const context = {
      chainId,
      height: this.height as Height,
      timestampMs: 1_000 * this.height,
      proposer: addressNamed("proposer"),
    };
    return this.machine.execute(context, transactions, this.state);
  }

  /** What the pool is told. */
  admitted(...[from, call, { fee = 1n, by = from } = {}]: Deed): AdmitVerdict {
    const signed = transfer({ from, to: from, fee, signedBy: by, call: encodeCall(call) });
    return this.machine.admit(signed, this.state);
  }

  skipTo(height: number): void {
    this.height = height - 1;
  }

  account(name: string): Account | undefined {
    return this.accountAt(addressNamed(name));
  }

  accountAt(address: Address): Account | undefined {
    const bytes = this.state.get(accountKey(address));
    return bytes === undefined ? undefined : decodeAccount(bytes);
  }

  balance(name: string): bigint {
    return this.account(name)?.balance ?? 0n;
  }

  record(name: string): RecordEntry | undefined {
    const bytes = this.state.get(recordKey(key(name)));
    if (bytes === undefined) return undefined;
    const decoded = decode(recordCodec, bytes);
    if (!decoded.ok) throw new Error(decoded.refusal);
    return decoded.value;
  }

  lease(name: string): Lease | undefined {
    const bytes = this.state.get(leaseKey(key(name)));
    if (bytes === undefined) return undefined;
    const decoded = decode(leaseCodec, bytes);
    if (!decoded.ok) throw new Error(decoded.refusal);
    return decoded.value;
  }
}

export function key(name: string): Uint8Array {
  return new TextEncoder().encode(name);
}

export function pay(to: string, amount: bigint): Call {
  return { type: "transfer", to: addressNamed(to), amount, memo: NO_MEMO };
}

export function payMany(...payments: readonly (readonly [to: string, amount: bigint])[]): Call {
  const each = payments.map(([to, amount]) => ({ to: addressNamed(to), amount }));
  return { type: "pay-many", payments: each, memo: NO_MEMO };
}

export function put(name: string, value: string, expectedVersion?: number): Call {
  const call = { type: "put-record", key: key(name), value: key(value) } as const;
  return expectedVersion === undefined ? call : { ...call, expectedVersion };
}

export function remove(name: string): Call {
  return { type: "delete-record", key: key(name) };
}

export function give(name: string, to: string): Call {
  return { type: "give-record", key: key(name), to: addressNamed(to) };
}

export function acquire(name: string, heights = 10): Call {
  return { type: "acquire-lease", key: key(name), heights };
}

export function release(name: string): Call {
  return { type: "release-lease", key: key(name) };
}
