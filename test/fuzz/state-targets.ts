// What is executed and proven: receipts and where they lie, accounts, map proofs, the binary genesis.

import { ascii, decode, encode, equalBytes, type Nonce } from "../../crypto/index.ts";
import { genesisCodec } from "../../node/chain/index.ts";
import { decodeAccount, encodeAccount } from "../../node/ledger/account.ts";
import { AuthenticatedMap } from "../../node/ledger/authenticated-map.ts";
import {
  type Account,
  accountCodec,
  encodeReceipt,
  lastBlockCodec,
  type Receipt,
  receiptCodec,
  verifyMapProof,
} from "../../node/ledger/index.ts";
import { type MapProof, mapProofCodec } from "../../node/ledger/map-proof.ts";
import { receiptAt, receiptPlaceCodec } from "../../node/runtime/transaction-record.ts";
import { hashOf, world } from "../consensus/fixtures.ts";
import { genesis, keyOf } from "../node/genesis/fixtures.ts";
import { codecTarget } from "./codec-target.ts";
import { must, type Target } from "./target.ts";

const { height } = world().block(3);

const RECEIPTS: readonly Receipt[] = [
  {
    transaction: hashOf("transaction"),
    index: 3,
    result: "ok",
    code: "",
    feePaid: 7n,
    output: Uint8Array.of(1, 2),
  },
  {
    transaction: hashOf("transaction"),
    index: 0,
    result: "failed",
    code: "insufficient-balance",
    feePaid: 1n,
    output: new Uint8Array(0),
  },
];
const stored = encode(receiptCodec, RECEIPTS[0] as Receipt);

const ACCOUNTS: readonly Account[] = [
  { balance: 2n ** 40n, nonce: 3 as Nonce, key: undefined },
  { balance: 5n, nonce: 0 as Nonce, key: keyOf(7) },
];

const KEYS = ["b", "d", "f", "h", "j"];
const map = new AuthenticatedMap();
for (const key of KEYS) map.set(ascii(key), ascii(`value of ${key}`));
const root = map.root();

/** Whatever a proof says, if it is believed then the map says so too. */
function judgeProof(proof: MapProof): string {
  const words = ["d", "e"].map((name) => {
    const key = ascii(name);
    const verdict = verifyMapProof(root, key, proof);
    if (!verdict.ok) return verdict.refusal;
    const value = map.get(key);
    const isRight =
      value === undefined
        ? verdict.value === undefined
        : verdict.value !== undefined && equalBytes(verdict.value, value);
    must(isRight, "a proof that is believed is right");
    return "proven";
  });
  return words.join(" ");
}

export const STATE_TARGETS: readonly Target[] = [
  codecTarget({
    name: "receipt",
    codec: receiptCodec,
    values: RECEIPTS,
    judge: (receipt, input) => {
      must(equalBytes(encodeReceipt(receipt), input), "both writings of a receipt agree");
      return receipt.result;
    },
  }),
  codecTarget({
    name: "receipt-place",
    codec: receiptPlaceCodec,
    values: [
      { height, offset: 0, length: stored.length },
      { height, offset: 2 ** 32 - 1, length: 65_535 },
    ],
    judge: (place) => {
      const found = receiptAt(stored, place, hashOf("transaction"));
      must(found === undefined || place.offset === 0, "a receipt is where it lies");
      return found === undefined ? "elsewhere" : "found";
    },
  }),
  codecTarget({
    name: "account",
    codec: accountCodec,
    values: ACCOUNTS,
    judge: (account, input) => {
      must(equalBytes(encodeAccount(account), input), "both writings of an account agree");
      const read = encode(accountCodec, decodeAccount(input));
      must(equalBytes(read, input), "both readings of an account agree");
      return account.key === undefined ? "keyless" : "with a key";
    },
  }),
  codecTarget({
    name: "last-block",
    codec: lastBlockCodec,
    values: [
      {
        height,
        timestampMs: 1_700_000_000_000,
        receiptsRoot: hashOf("receipts"),
        previous: hashOf("previous"),
      },
    ],
  }),
  codecTarget({
    name: "map-proof",
    codec: mapProofCodec,
    values: ["a", "d", "e", "z"].map((key) => map.prove(ascii(key))),
    judge: judgeProof,
  }),
  codecTarget({
    name: "genesis",
    codec: genesisCodec,
    values: [genesis, { ...genesis, accounts: [], validators: genesis.validators.slice(0, 1) }],
    judge: (value, input) => {
      must(decode(genesisCodec, input).ok, "what was accepted once is accepted again");
      return value.ledger.fees;
    },
  }),
];
