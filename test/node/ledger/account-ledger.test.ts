import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode, type Height, type Nonce } from "../../../crypto/index.ts";
import { decodeAccount, encodeAccount } from "../../../node/ledger/account.ts";
import {
  type Account,
  type AccountLedgerParams,
  accountCodec,
  accountKey,
  createAccountLedger,
  encodeReceipt,
  Ledger,
  type Receipt,
  receiptCodec,
  type StateWriter,
} from "../../../node/ledger/index.ts";
import { encodeCall, type SignedTransaction } from "../../../node/transaction/index.ts";
import { addressNamed, block, chainId, keyOf, named, nativeHashers, transfer } from "./fixtures.ts";

const PARAMS: AccountLedgerParams = { minFee: 1n, feesTo: "nobody" };

function ledgerWith(balances: Record<string, bigint>, params = PARAMS): Ledger {
  const accounts = Object.entries(balances).map(([name, balance]) => ({
    address: addressNamed(name),
    balance,
  }));
  const machine = createAccountLedger(params);
  const genesis = { hash: named("genesis"), timestampMs: 0, application: { accounts } };
  return Ledger.fromGenesis({ machine, chainId, hashers: nativeHashers }, genesis) as Ledger;
}

function run(ledger: Ledger, ...transactions: SignedTransaction[]): readonly Receipt[] {
  const height = ledger.committed.height + 1;
  const name = `block ${height}`;
  const on = height === 1 ? "genesis" : `block ${height - 1}`;
  const { receipts } = ledger.execute(block(name, { on, height, transactions }));
  ledger.commit(named(name));
  return receipts;
}

function outcome(receipts: readonly Receipt[]): [string, string, bigint][] {
  return receipts.map(({ result, code, feePaid }) => [result, code, feePaid]);
}

function account(ledger: Ledger, name: string): Account | undefined {
  const bytes = ledger.reader().get(accountKey(addressNamed(name)));
  return bytes === undefined ? undefined : decodeAccount(bytes);
}

function balances(ledger: Ledger, ...names: string[]): (bigint | undefined)[] {
  return names.map((name) => account(ledger, name)?.balance);
}

describe("a transfer", () => {
  test("moves the amount, charges the fee and uses the nonce", () => {
    const ledger = ledgerWith({ alice: 100n, bob: 5n });
    const receipts = run(ledger, transfer({ from: "alice", to: "bob", amount: 30n, fee: 2n }));
    expect(outcome(receipts)).toEqual([["ok", "", 2n]]);
    expect(balances(ledger, "alice", "bob")).toEqual([68n, 35n]);
    expect(account(ledger, "alice")?.nonce).toBe(1);
  });

  test("opens the recipient's account", () => {
    const ledger = ledgerWith({ alice: 100n });
    run(ledger, transfer({ from: "alice", to: "newcomer", amount: 30n }));
    expect(account(ledger, "newcomer")).toEqual({ balance: 30n, nonce: 0, key: undefined });
  });

  test("may spend everything", () => {
    const ledger = ledgerWith({ alice: 100n });
    run(ledger, transfer({ from: "alice", to: "bob", amount: 99n, fee: 1n }));
    expect(balances(ledger, "alice", "bob")).toEqual([0n, 99n]);
  });

  test("to oneself moves nothing but the fee", () => {
    const ledger = ledgerWith({ alice: 100n });
    const receipts = run(ledger, transfer({ from: "alice", to: "alice", amount: 50n, fee: 3n }));
    expect(outcome(receipts)).toEqual([["ok", "", 3n]]);
    expect(account(ledger, "alice")).toMatchObject({ balance: 97n, nonce: 1 });
  });

  test("that exceeds the balance fails, pays its fee and uses its nonce", () => {
    const ledger = ledgerWith({ alice: 100n });
    const receipts = run(ledger, transfer({ from: "alice", to: "bob", amount: 100n, fee: 1n }));
    expect(outcome(receipts)).toEqual([["failed", "insufficient-balance", 1n]]);
    expect(account(ledger, "alice")).toMatchObject({ balance: 99n, nonce: 1 });
    expect(account(ledger, "bob")).toBeUndefined();
  });

  test("may spend what an earlier one in the block brought", () => {
    const ledger = ledgerWith({ alice: 100n });
    const receipts = run(
      ledger,
      transfer({ from: "alice", to: "bob", amount: 50n }),
      transfer({ from: "bob", to: "carol", amount: 40n }),
    );
    expect(receipts.map(({ result }) => result)).toEqual(["ok", "ok"]);
    expect(receipts.map(({ index }) => index)).toEqual([0, 1]);
    expect(balances(ledger, "alice", "bob", "carol")).toEqual([49n, 9n, 40n]);
  });
});

describe("a transaction changes nothing and is skipped", () => {
  const cases: [string, string, SignedTransaction][] = [
    ["bad-nonce", "with a nonce that is used", transfer({ from: "alice", to: "bob" })],
    ["bad-nonce", "ahead of its nonce", transfer({ from: "alice", to: "bob", nonce: 2 })],
    ["expired", "after its height", transfer({ from: "alice", to: "bob", nonce: 1, until: 1 })],
    [
      "cannot-pay-fee",
      "without the fee",
      transfer({ from: "alice", to: "bob", nonce: 1, fee: 91n }),
    ],
    [
      "key-not-authorised",
      "signed by a stranger",
      transfer({ from: "alice", to: "bob", nonce: 1, signedBy: "mallory" }),
    ],
    [
      "wrong-chain",
      "made for another chain",
      transfer({ from: "alice", to: "bob", nonce: 1, chainId: named("other") }),
    ],
    [
      "fee-too-low",
      "below the least fee",
      transfer({ from: "alice", to: "bob", nonce: 1, fee: 0n }),
    ],
    [
      "malformed-call",
      "with a call that says nothing",
      transfer({ from: "alice", to: "bob", nonce: 1, call: Uint8Array.of(9) }),
    ],
    [
      "zero-amount",
      "that moves nothing",
      transfer({ from: "alice", to: "bob", nonce: 1, amount: 0n }),
    ],
  ];
  test.each(cases)("as %s: %s", (code, _, transaction) => {
    const ledger = ledgerWith({ alice: 101n });
    run(ledger, transfer({ from: "alice", to: "bob", amount: 10n, fee: 1n }));
    const receipts = run(ledger, transaction);
    expect(outcome(receipts)).toEqual([["skipped", code, 0n]]);
    expect(account(ledger, "alice")).toMatchObject({ balance: 90n, nonce: 1 });
    expect(balances(ledger, "bob")).toEqual([10n]);
  });

  test("the second time it stands in a block", () => {
    const ledger = ledgerWith({ alice: 100n });
    const once = transfer({ from: "alice", to: "bob", amount: 10n });
    expect(outcome(run(ledger, once, once))).toEqual([
      ["ok", "", 1n],
      ["skipped", "bad-nonce", 0n],
    ]);
  });

  test("but not at its last valid height", () => {
    const ledger = ledgerWith({ alice: 100n });
    const receipts = run(ledger, transfer({ from: "alice", to: "bob", until: 1 }));
    expect(receipts[0]?.result).toBe("ok");
  });
});

describe("an account with a key of its own", () => {
  test("obeys that key and no longer the one its address is made from", () => {
    const machine = createAccountLedger(PARAMS);
    const state = new Map<string, Uint8Array>();
    const writer: StateWriter = {
      get: (key) => state.get(key.join()),
      set: (key, value) => void state.set(key.join(), value),
      delete: (key) => void state.delete(key.join()),
      savepoint: () => 0,
      revert: () => {},
    };
    const rotated = { balance: 100n, nonce: 0 as Nonce, key: keyOf("new key") };
    writer.set(accountKey(addressNamed("alice")), encodeAccount(rotated));
    const byOld = transfer({ from: "alice", to: "bob" });
    const byNew = transfer({ from: "alice", to: "bob", signedBy: "new key" });
    const context = {
      chainId,
      height: 1 as Height,
      timestampMs: 1,
      proposer: addressNamed("proposer"),
    };
    expect(machine.admit(byOld, writer)).toEqual({ ok: false, code: "key-not-authorised" });
    expect(machine.admit(byNew, writer)).toMatchObject({ ok: true });
    expect(outcome(machine.execute(context, [byOld, byNew], writer))).toEqual([
      ["skipped", "key-not-authorised", 0n],
      ["ok", "", 1n],
    ]);
    const after = decodeAccount(writer.get(accountKey(addressNamed("alice"))) ?? new Uint8Array(0));
    expect(after).toEqual({ balance: 89n, nonce: 1, key: keyOf("new key") });
  });
});

describe("fees", () => {
  const paid = transfer({ from: "alice", to: "bob", amount: 10n, fee: 5n });

  test("are burnt when nobody is to have them", () => {
    const ledger = ledgerWith({ alice: 100n });
    run(ledger, paid);
    expect(balances(ledger, "alice", "bob", "proposer")).toEqual([85n, 10n, undefined]);
  });

  test("go to the proposer after the block's last transaction", () => {
    const ledger = ledgerWith({ alice: 100n, proposer: 1n }, { minFee: 1n, feesTo: "proposer" });
    const early = transfer({ from: "proposer", to: "bob", amount: 5n, fee: 1n });
    expect(outcome(run(ledger, paid, early))[1]).toEqual(["failed", "insufficient-balance", 1n]);
    expect(balances(ledger, "proposer")).toEqual([6n]);
  });
});

describe("genesis", () => {
  test("has the same root in whatever order its accounts stand", () => {
    const names = ["alice", "bob", "carol", "dave"];
    const entries = names.map((name) => [name, 1n] as const);
    const one = ledgerWith(Object.fromEntries(entries));
    const other = ledgerWith(Object.fromEntries(entries.toReversed()));
    expect(one.committed.stateRoot).toEqual(other.committed.stateRoot);
  });

  test("does not name an account twice", () => {
    const machine = createAccountLedger(PARAMS);
    const twice = { address: addressNamed("alice"), balance: 1n };
    const genesis = { hash: named("g"), timestampMs: 0, application: { accounts: [twice, twice] } };
    expect(() => Ledger.fromGenesis({ machine, chainId }, genesis)).toThrow("each account once");
  });

  test("does not give more than a balance can hold", () => {
    const most = (1n << 64n) - 1n;
    expect(() => ledgerWith({ alice: most, bob: 1n })).toThrow("at most 2^64-1");
    const ledger = ledgerWith({ alice: most });
    run(ledger, transfer({ from: "alice", to: "bob", amount: most - 1n, fee: 1n }));
    expect(balances(ledger, "alice", "bob")).toEqual([0n, most - 1n]);
  });
});

describe("admission", () => {
  const ledger = ledgerWith({ alice: 100n });

  test("tells the pool the cost and where the sender stands", () => {
    const verdict = ledger.admit(transfer({ from: "alice", to: "bob", amount: 30n, fee: 2n }));
    expect(verdict).toEqual({ ok: true, cost: 32n, nextNonce: 0, balance: 100n });
  });

  test("tells the pool that a stranger has nothing", () => {
    const verdict = ledger.admit(transfer({ from: "stranger", to: "bob", amount: 30n, fee: 2n }));
    expect(verdict).toEqual({ ok: true, cost: 32n, nextNonce: 0, balance: 0n });
  });

  test("refuses a key that may not act for the sender", () => {
    const verdict = ledger.admit(transfer({ from: "alice", to: "bob", signedBy: "mallory" }));
    expect(verdict).toEqual({ ok: false, code: "key-not-authorised" });
  });

  test.each([
    ["wrong-chain", transfer({ from: "alice", to: "bob", chainId: named("other") })],
    ["fee-too-low", transfer({ from: "alice", to: "bob", fee: 0n })],
    ["malformed-call", transfer({ from: "alice", to: "bob", call: new Uint8Array(0) })],
    ["zero-amount", transfer({ from: "alice", to: "bob", amount: 0n })],
  ])("is preceded by a check that needs no state: %s", (code, transaction) => {
    expect(ledger.check(transaction)).toEqual({ ok: false, code });
    expect(ledger.check(transfer({ from: "alice", to: "bob" }))).toEqual({ ok: true });
  });
});

describe("a query", () => {
  const ledger = ledgerWith({ alice: 100n });

  test("answers with an account and where it lies", () => {
    const argument = addressNamed("alice");
    const key = accountKey(argument);
    const value = ledger.reader().get(key);
    expect(ledger.query({ path: "account", argument })).toEqual({ ok: true, key, value });
  });

  test("is refused on an unknown path", () => {
    const query = { path: "nothing", argument: new Uint8Array(0) };
    expect(ledger.query(query)).toEqual({ ok: false, refusal: "unknown-path" });
  });

  test("is refused for what is no address", () => {
    const query = { path: "account", argument: new Uint8Array(19) };
    expect(ledger.query(query)).toEqual({ ok: false, refusal: "bad-argument" });
  });
});

const uint64Arbitrary = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

test("accounts are written by hand as their layout says", () => {
  const arbitrary = fc.record({
    balance: uint64Arbitrary,
    nonce: fc.maxSafeNat().map((value) => value as Nonce),
    key: fc.constantFrom(undefined, keyOf("someone")),
  });
  fc.assert(
    fc.property(arbitrary, (each) => {
      const bytes = encodeAccount(each);
      expect(bytes).toEqual(encode(accountCodec, each));
      expect(decodeAccount(bytes)).toEqual(each);
    }),
  );
});

test("receipts are written by hand as their layout says", () => {
  const arbitrary = fc.record({
    transaction: fc.constant(named("some transaction")),
    index: fc.nat(),
    result: fc.constantFrom("ok" as const, "failed" as const, "skipped" as const),
    code: fc.stringMatching(/^[a-z0-9-]{0,64}$/),
    feePaid: uint64Arbitrary,
    output: fc.uint8Array({ maxLength: 1_024 }),
  });
  fc.assert(
    fc.property(arbitrary, (receipt) => {
      const bytes = encodeReceipt(receipt);
      expect(bytes).toEqual(encode(receiptCodec, receipt));
      expect(decode(receiptCodec, bytes)).toEqual({ ok: true, value: receipt });
    }),
  );
});

test("a receipt whose code is not a plain word is refused", () => {
  const [transaction, output] = [named("some transaction"), new Uint8Array(0)];
  const receipt = { transaction, index: 0, result: "ok", code: "a", feePaid: 0n, output } as const;
  const bytes = encodeReceipt(receipt);
  bytes[41] = 0x41;
  expect(decode(receiptCodec, bytes)).toEqual({ ok: false, refusal: "out-of-range" });
});

const NAMES = ["alice", "bob", "carol", "dave", "proposer"];
const anyTransfer = fc
  .record({
    from: fc.constantFrom(...NAMES),
    to: fc.constantFrom(...NAMES, "newcomer"),
    signedBy: fc.option(fc.constantFrom(...NAMES), { nil: undefined, freq: 8 }),
    amount: fc.oneof(fc.bigInt({ min: 0n, max: 150n }), uint64Arbitrary),
    fee: fc.oneof(fc.bigInt({ min: 0n, max: 20n }), uint64Arbitrary),
    nonce: fc.nat(6),
    until: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ signedBy, ...rest }) => transfer(signedBy ? { ...rest, signedBy } : rest));

test.each(["nobody", "proposer"] as const)(
  "no money is made or lost, whatever is in the blocks, with fees to %s",
  (feesTo) => {
    const blocks = fc.array(fc.array(anyTransfer, { maxLength: 12 }), { maxLength: 6 });
    fc.assert(
      fc.property(blocks, (rounds) => {
        const given = { alice: 200n, bob: 100n, carol: 1n, dave: 0n };
        const ledger = ledgerWith(given, { minFee: 1n, feesTo });
        let burnt = 0n;
        for (const transactions of rounds) {
          for (const { feePaid } of run(ledger, ...transactions)) burnt += feePaid;
          if (feesTo === "proposer") burnt = 0n;
          const held = balances(ledger, ...NAMES, "newcomer").map((balance) => balance ?? 0n);
          expect(held.reduce((sum, balance) => sum + balance, burnt)).toBe(301n);
        }
      }),
      { numRuns: 300 },
    );
  },
);

test("a call is a transfer or nothing", () => {
  const memo = new Uint8Array(0);
  const call = encodeCall({ type: "transfer", to: addressNamed("bob"), amount: 5n, memo });
  expect(call).toHaveLength(33);
});
