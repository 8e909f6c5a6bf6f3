// A small chain with certificates and proofs of every height. A transaction is `key, value` byte pairs; value 0 deletes.

import { blockHash, type CommitCert } from "../../../consensus/index.ts";
import { addressOf, decode, type Hash } from "../../../crypto/index.ts";
import {
  type BlockMachine,
  type HistoryBounds,
  LAST_BLOCK_KEY,
  type LastBlock,
  Ledger,
  lastBlockCodec,
  type MapProof,
  type Receipt,
} from "../../../node/ledger/index.ts";
import { trustIn } from "../../../node/proof/index.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { type World, world } from "../../consensus/fixtures.ts";
import { named, nativeHashers, transfer } from "../ledger/fixtures.ts";

export const PRESENT = Uint8Array.of(20);
export const ABSENT = Uint8Array.of(21);
export const NEIGHBOUR = Uint8Array.of(22);
const OTHERS = [10, 30, 40, 50].map((key) => Uint8Array.of(key));

const writing: BlockMachine<undefined> = {
  name: "writing",
  initialize: (state) => {
    for (const key of [PRESENT, ...OTHERS]) state.set(key, Uint8Array.of(1));
  },
  check: () => ({ ok: true }),
  admit: () => ({ ok: false, code: "not-for-pools" }),
  execute: (_, transactions, state) =>
    transactions.map(({ id, transaction: { call } }, index) => {
      const [key = 1, value = 0] = call;
      if (value === 0) state.delete(Uint8Array.of(key));
      else state.set(Uint8Array.of(key), Uint8Array.of(value));
      const result = value === 99 ? "skipped" : "ok";
      return { transaction: id, index, result, code: "", feePaid: 1n, output: call };
    }),
  query: ({ path, argument: key }, state) => {
    if (path === "pointer") {
      const pointed = state.get(key) ?? key;
      return { ok: true, key: pointed, value: state.get(pointed) };
    }
    if (path !== "value") return { ok: false, refusal: "unknown-path" };
    if (key.length !== 1) return { ok: false, refusal: "bad-argument" };
    return { ok: true, key, value: state.get(key) };
  },
};

export type Step = {
  readonly block: Hash;
  readonly timestampMs: number;
  readonly receipts: readonly Receipt[];
  readonly stateRoot: Hash;
  readonly lastBlock: LastBlock;
  readonly cert: CommitCert;
  readonly prove: (key: Uint8Array) => MapProof;
};

export function writes(nonce: number, ...call: readonly number[]): SignedTransaction {
  return transfer({ from: "alice", to: "bob", nonce, call: Uint8Array.from(call) });
}

/** Heights 1.. of a chain, each with these transactions; views are heights. */
export function chainOf(
  bodies: readonly (readonly SignedTransaction[])[],
  w: World = world(),
  history?: HistoryBounds,
  committed: (ledger: Ledger<undefined>, step: Step) => void = () => {},
) {
  const { chainId } = w.validators;
  const ledger = Ledger.fromGenesis(
    { machine: writing, chainId, hashers: nativeHashers, ...(history && { history }) },
    { hash: w.genesis.block, timestampMs: 0, application: undefined },
  );
  const steps = bodies.map((transactions, index): Step => {
    const block = w.block(index + 1);
    const hash = blockHash(block);
    const { parent, height, timestampMs } = block;
    const proposer = addressOf(w.signerOf(block.proposer).publicKey);
    const executed = ledger.execute({ hash, parent, height, timestampMs, proposer, transactions });
    const keys = [PRESENT, ABSENT, NEIGHBOUR, LAST_BLOCK_KEY];
    ledger.commit(hash);
    const proofs = new Map(
      keys.map((key) => [String(key), found(ledger.proveAt(height, key)).proof]),
    );
    const step: Step = {
      block: hash,
      timestampMs,
      receipts: executed.receipts,
      stateRoot: executed.stateRoot,
      lastBlock: lastBlockOf(proofs.get(String(LAST_BLOCK_KEY))),
      cert: w.commitCert(index + 1, { stateRoot: executed.stateRoot }),
      prove: (key) => found(proofs.get(String(key))),
    };
    committed(ledger, step);
    return step;
  });
  return { w, ledger, steps, at: (height: number): Step => found(steps[height - 1]) };
}

export function trustOf(w: World) {
  return trustIn({ validators: w.validators, scheme: w.scheme });
}

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the fixture has no such thing");
  return value;
}

export const anyHash = named("any");

function lastBlockOf(proof: MapProof | undefined): LastBlock {
  const decoded = decode(lastBlockCodec, found(proof).leaf.value);
  if (!decoded.ok) throw new Error("the state names its block");
  return decoded.value;
}
