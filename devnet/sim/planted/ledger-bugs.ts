// Bugs in money, in what a block may contain, and in the clock.

import type { PlantedBug } from "./planted-bug.ts";

const ACCOUNTS = "node/ledger/account-ledger";
const VOTING = "node/replica/voting-conditions";

export const LEDGER_BUGS: readonly PlantedBug[] = [
  {
    name: "nonce-unchecked",
    why: "A transaction is executed as often as blocks carry it.",
    edits: [
      {
        module: ACCOUNTS,
        find: 'if (nonce !== account.nonce) return skipped("bad-nonce");',
        replace: "",
      },
    ],
  },
  {
    name: "transfer-does-not-debit",
    why: "The recipient is paid and the sender is not charged.",
    edits: [
      {
        module: ACCOUNTS,
        find: "balance: account.balance - call.amount",
        replace: "balance: account.balance",
      },
    ],
  },
  {
    name: "transfer-to-oneself-mints",
    why: "The recipient is read before the sender is written: who pays oneself is paid twice.",
    edits: [
      {
        module: ACCOUNTS,
        find: "state.set(sender.key, encodeAccount({ ...account, balance: account.balance - call.amount })); // Reads what was just written: a transfer to oneself comes out even. credit(state, accountKey(call.to), call.amount);",
        replace:
          "const before = readAccount(state, accountKey(call.to)) ?? EMPTY_ACCOUNT; state.set(sender.key, encodeAccount({ ...account, balance: account.balance - call.amount })); state.set(accountKey(call.to), encodeAccount({ ...before, balance: before.balance + call.amount }));",
      },
    ],
  },
  {
    name: "fee-paid-by-nobody",
    why: "The fee is counted and not taken.",
    edits: [
      {
        module: ACCOUNTS,
        find: "balance: account.balance - fee,",
        replace: "balance: account.balance,",
      },
    ],
  },
  {
    name: "fork-not-undone",
    why: "The ledger forgets to take a block back when another branch wins.",
    edits: [
      {
        module: "node/ledger/ledger",
        find: "this.#unfinal.pop()?.journal.revert();",
        replace: "this.#unfinal.pop();",
      },
    ],
  },
  {
    name: "execution-reads-the-clock",
    why: "A state depends on how often a validator has executed: each has another.",
    edits: [
      {
        module: "node/ledger/ledger",
        find: "const lastBlock = { height, timestampMs, receiptsRoot: receiptsRoot(receipts, this.#hashers) };",
        replace:
          "this.runs = (this.runs ?? 0) + 1; const lastBlock = { height, timestampMs: timestampMs + (this.runs === height ? 0 : 1), receiptsRoot: receiptsRoot(receipts, this.#hashers) };",
      },
    ],
  },
  {
    name: "expired-transactions-voted-for",
    why: "A block may carry transactions that have expired.",
    edits: [
      {
        module: VOTING,
        find: "return transaction.validUntilHeight < height;",
        replace: "return false;",
      },
    ],
  },
  {
    name: "timestamps-unchecked",
    why: "A block's timestamp may lie anywhere, before its parent's or years ahead.",
    edits: [
      { module: VOTING, find: 'return "timestamp-not-later";', replace: "" },
      { module: VOTING, find: 'return "timestamp-ahead";', replace: ";" },
    ],
  },
  {
    name: "oversized-blocks-voted-for",
    why: "Nobody counts the bytes or the transactions of a block.",
    edits: [
      { module: VOTING, find: 'return "too-many-transactions";', replace: ";" },
      { module: VOTING, find: 'return "too-many-bytes";', replace: ";" },
    ],
  },
  {
    name: "invalid-transactions-voted-for",
    why: "A block may carry transactions that the application refuses.",
    edits: [
      {
        module: VOTING,
        find: "check(transaction).ok",
        replace: "check(transaction) !== undefined",
      },
    ],
  },
  {
    name: "content-repeats-its-ancestors",
    why: "A leader puts in again what a block under way carries.",
    edits: [
      {
        module: "node/replica/content",
        find: "included: (id) => carried.has(id)",
        replace: "included: () => false",
      },
    ],
  },
  {
    name: "pacing-by-the-wall-clock",
    why: "Waits are measured by a clock that steps and freezes.",
    edits: [
      {
        module: "node/replica/replica",
        find: "this.#now = now;",
        replace: "this.#now = { ...now, monotonicMs: now.wallMs };",
      },
    ],
  },
  {
    name: "final-transactions-stay-in-the-pool",
    why: "What is final is never taken out of the pool.",
    edits: [
      {
        module: "node/replica/executor",
        find: "this.#pool.committed({ height: block.height, transactions: spent, ids: payload.ids });",
        replace: "",
      },
    ],
  },
];
