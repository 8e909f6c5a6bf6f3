// Bugs in money, in records and leases, in what a block may contain, and in the clock.

import type { PlantedBug } from "./planted-bug.ts";

const ACCOUNTS = "node/ledger/account-ledger";
const TRANSFERS = "node/ledger/built-in/transfers";
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
        module: TRANSFERS,
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
        module: TRANSFERS,
        find: "state.set(key, encodeAccount({ ...account, balance: account.balance - call.amount })); // Reads what was just written: a transfer to oneself comes out even. credit(state, call.to, call.amount);",
        replace:
          "const before = readAccount(state, accountKey(call.to)) ?? EMPTY_ACCOUNT; state.set(key, encodeAccount({ ...account, balance: account.balance - call.amount })); state.set(accountKey(call.to), encodeAccount({ ...before, balance: before.balance + call.amount }));",
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
    name: "lease-outlives-its-height",
    why: "A lease is held for ever: nobody else gets it once its last height has passed.",
    edits: [
      {
        module: "node/ledger/built-in/leases",
        find: "return height <= expiresAt;",
        replace: "return true;",
      },
    ],
  },
  {
    name: "deleted-record-forgets-its-version",
    why: "Whoever creates the record again begins at version 1: one version names two contents.",
    edits: [
      {
        module: "node/ledger/built-in/records",
        find: "state.set(recordKey(key), encode(recordCodec, { version, height, content: undefined }));",
        replace: "state.delete(recordKey(key));",
      },
    ],
  },
  {
    name: "timestamps-unchecked",
    why: "A block's timestamp may lie anywhere, before its parent's or years ahead.",
    edits: [
      {
        module: "consensus/voting",
        find: "if (block.timestampMs <= parentMs)",
        replace: "if (false)",
      },
      { module: VOTING, find: 'return "timestamp-ahead";', replace: ";" },
    ],
  },
];
