// The state of the chain: executes blocks ahead of their finality and takes them back when another branch wins.
// - Executed blocks form one branch on top of the last committed one, at most MAX_UNFINAL_BLOCKS of them. Executing on an
//   older block of the branch undoes what lies above it.
// - Each state names, under a key of the ledger's own, its block's height, time and the root over its receipts: a proof
//   of that key under a certified state root proves every receipt.
// - Readers see the last committed state, whatever has been executed since. The states of recent final heights stay
//   readable and provable, within the bounds of the history.

import {
  type Address,
  ascii,
  assert,
  type Codec,
  decode,
  domain,
  encode,
  equalBytes,
  type Hash,
  type Height,
  hash,
  hashCodec,
  hashIn,
  heightCodec,
  struct,
  uint53,
} from "../../crypto/index.ts";
import type { SignedTransaction } from "../transaction/index.ts";
import { AuthenticatedMap, type RestoreRefusal } from "./authenticated-map.ts";
import type { AdmitVerdict, BlockMachine } from "./block-machine.ts";
import type { Hashers } from "./hashers.ts";
import { History, type HistoryBounds, type LedgerTip } from "./history.ts";
import { Journal, SYSTEM_KEY_KIND } from "./journal.ts";
import type { MapProof } from "./map-proof.ts";
import type { Overwritten } from "./overwritten.ts";
import { type Receipt, receiptsRoot } from "./receipt.ts";
import { differencesAmong, type StateDifference } from "./state-diff.ts";
import type { CheckVerdict, Query, QueryAnswer, StateReader } from "./state-machine.ts";
import type { StoredChange, StoredEntry } from "./stored-entry.ts";

export type LedgerOptions<Genesis> = {
  readonly machine: BlockMachine<Genesis>;
  readonly chainId: Hash;
  readonly hashers?: Hashers;
  /** How many keys the state may hold, the ledger's own one among them: the same for all replicas. 2^30-1 by default. */
  readonly maxKeys?: number;
  readonly history?: HistoryBounds;
};

/** What the first state is made from. */
export type LedgerGenesis<Genesis> = {
  readonly timestampMs: number;
  readonly application: Genesis;
};

export type ExecutableBlock = {
  readonly hash: Hash;
  readonly parent: Hash;
  readonly height: Height;
  readonly timestampMs: number;
  readonly proposer: Address;
  readonly transactions: readonly SignedTransaction[];
};

export type Execution = {
  readonly stateRoot: Hash;
  readonly receipts: readonly Receipt[];
  readonly receiptsRoot: Hash;
};

export type LedgerCommit = {
  readonly height: Height;
  readonly stateRoot: Hash;
  readonly receipts: readonly Receipt[];
  /** All that storage must write for `restore` to give this state again. */
  readonly changes: readonly StoredChange[];
};

export type LedgerProof = { readonly tip: LedgerTip; readonly proof: MapProof };

/** What the state says about the block that led to it. */
export type LastBlock = {
  readonly height: Height;
  readonly timestampMs: number;
  readonly receiptsRoot: Hash;
  /** `lastBlockHash` of what the state before it says; 32 zero bytes at height 0. One certified state proves all before. */
  readonly previous: Hash;
};

export type LedgerRestoreRefusal = RestoreRefusal | "no-last-block" | "wrong-height";

export const MAX_UNFINAL_BLOCKS = 1_024;

export const lastBlockCodec: Codec<LastBlock> = struct<LastBlock>({
  height: heightCodec,
  timestampMs: uint53,
  receiptsRoot: hashCodec,
  previous: hashCodec,
});

const LAST_BLOCK_DOMAIN = domain("quorate/last-block/1");

/** Of the encoded LastBlock of one state, for that of the next. */
export function lastBlockHash(encoded: Uint8Array): Hash {
  return hashIn(LAST_BLOCK_DOMAIN, encoded);
}

/** The byte 0, then `last-block` in ASCII. */
export const LAST_BLOCK_KEY: Uint8Array = Uint8Array.of(SYSTEM_KEY_KIND, ...ascii("last-block"));

type Unfinal = {
  readonly tip: LedgerTip;
  readonly execution: Execution;
  readonly journal: Journal;
};

/** The root of the state at height 0, before there is a chain id. */
export function genesisStateRoot<Genesis>(
  machine: BlockMachine<Genesis>,
  genesis: LedgerGenesis<Genesis>,
  hashers: Hashers = {},
): Hash {
  return genesisMap({ machine, hashers }, genesis).root();
}

export class Ledger<Genesis = unknown> {
  readonly #machine: BlockMachine<Genesis>;
  readonly #chainId: Hash;
  readonly #hashers: Hashers;
  readonly #map: AuthenticatedMap;
  /** The branch above the committed block, the oldest first. */
  readonly #unfinal: Unfinal[] = [];
  readonly #history: History;
  #committed: LedgerTip;

  private constructor(
    options: LedgerOptions<Genesis>,
    map: AuthenticatedMap,
    block: { readonly hash: Hash; readonly height: Height },
  ) {
    this.#machine = options.machine;
    this.#chainId = options.chainId;
    this.#hashers = options.hashers ?? {};
    this.#map = map;
    this.#history = new History(options.history);
    this.#committed = { ...block, stateRoot: map.root() };
  }

  /** The ledger at height 0; `hash` is the genesis block's. */
  static fromGenesis<Genesis>(
    options: LedgerOptions<Genesis>,
    genesis: LedgerGenesis<Genesis> & { readonly hash: Hash },
  ): Ledger<Genesis> {
    const map = genesisMap(options, genesis);
    return new Ledger(options, map, { hash: genesis.hash, height: 0 as Height });
  }

  /** The ledger after a committed block, from all entries stored by then. The caller compares the state root. */
  static restore<Genesis>(
    options: LedgerOptions<Genesis>,
    stored: {
      readonly hash: Hash;
      readonly height: Height;
      readonly entries: Iterable<StoredEntry>;
    },
  ):
    | { readonly ok: true; readonly ledger: Ledger<Genesis> }
    | { readonly ok: false; readonly refusal: LedgerRestoreRefusal } {
    const restored = AuthenticatedMap.restore(stored.entries, options.hashers, options.maxKeys);
    if (!restored.ok) return { ok: false, refusal: restored.refusal };
    const { map } = restored;
    const lastBlock = decode(lastBlockCodec, map.get(LAST_BLOCK_KEY) ?? new Uint8Array(0));
    if (!lastBlock.ok) return { ok: false, refusal: "no-last-block" };
    const { hash, height } = stored;
    if (lastBlock.value.height !== height) return { ok: false, refusal: "wrong-height" };
    return { ok: true, ledger: new Ledger(options, map, { hash, height }) };
  }

  get committed(): LedgerTip {
    return this.#committed;
  }

  /** The newest executed block: the committed one or one above it. */
  get latest(): LedgerTip {
    return this.#unfinal[this.#unfinal.length - 1]?.tip ?? this.#committed;
  }

  /** What came of a block that is executed and not final; undefined when it must be executed (again). */
  execution(hash: Hash): Execution | undefined {
    return this.#unfinal.find(({ tip }) => equalBytes(tip.hash, hash))?.execution;
  }

  /** What is executed above the committed block, up to and with this one, the oldest first; empty if this one is not. */
  pathTo(hash: Hash): readonly LedgerTip[] {
    const end = this.#unfinal.findIndex(({ tip }) => equalBytes(tip.hash, hash));
    return this.#unfinal.slice(0, end + 1).map(({ tip }) => tip);
  }

  /** What a block that is executed and not final would have storage write. */
  changesOf(hash: Hash): readonly StoredChange[] | undefined {
    return this.#unfinal.find(({ tip }) => equalBytes(tip.hash, hash))?.journal.storedChanges();
  }

  /**
   * Executes a block on its parent, which is the committed block or one that `execution` knows. Undoes what was executed
   * above the parent. A block that is executed already is not executed twice and undoes nothing.
   */
  execute(block: ExecutableBlock): Execution {
    const known = this.execution(block.hash);
    if (known !== undefined) return known;
    this.#rollBackTo(block.parent);
    assert(block.height === this.latest.height + 1, "a block is one higher than its parent");
    assert(
      this.#unfinal.length < MAX_UNFINAL_BLOCKS,
      "executed blocks that are not final are bounded",
    );
    const { height, timestampMs, proposer, transactions } = block;
    const context = { chainId: this.#chainId, height, timestampMs, proposer };
    const journal = new Journal(this.#map);
    const receipts = this.#machine.execute(context, transactions, journal.writer());
    assert(receipts.length === transactions.length, "every transaction has a receipt");
    const before = this.#map.get(LAST_BLOCK_KEY);
    assert(before !== undefined, "every state names its block");
    const lastBlock = {
      height,
      timestampMs,
      receiptsRoot: receiptsRoot(receipts, this.#hashers),
      previous: lastBlockHash(before),
    };
    journal.set(LAST_BLOCK_KEY, encode(lastBlockCodec, lastBlock));
    journal.seal();
    const stateRoot = this.#map.root();
    const execution = { stateRoot, receipts, receiptsRoot: lastBlock.receiptsRoot };
    this.#unfinal.push({ tip: { hash: block.hash, height, stateRoot }, execution, journal });
    return execution;
  }

  /** Makes the oldest executed block final, which must be `hash`: ancestors come first, and nothing is committed twice. */
  commit(hash: Hash): LedgerCommit {
    const oldest = this.#unfinal[0];
    assert(
      oldest !== undefined && equalBytes(oldest.tip.hash, hash),
      "blocks are executed, then committed one after the other",
    );
    this.#unfinal.shift();
    this.#history.add(this.#committed, oldest.journal.overwritten);
    this.#committed = oldest.tip;
    const { height, stateRoot } = oldest.tip;
    const { receipts } = oldest.execution;
    return { height, stateRoot, receipts, changes: oldest.journal.storedChanges() };
  }

  /** The last committed state, now and after later commits. */
  reader(): StateReader {
    return { get: (key) => this.#map.getBefore(this.#unfinalOverwritten(), key) };
  }

  /** The stateless checks: those of the application. */
  check(transaction: SignedTransaction): CheckVerdict {
    return this.#machine.check(transaction, this.#chainId);
  }

  /** May a checked transaction enter the pool, by the committed state? */
  admit(transaction: SignedTransaction): AdmitVerdict {
    return this.#machine.admit(transaction, this.reader());
  }

  /** Answers from the committed state. */
  query(query: Query): QueryAnswer {
    return this.#machine.query(query, this.reader());
  }

  /** The lowest final height whose state can still be read. All above it can, up to the last one. */
  get oldestReadable(): Height {
    return this.#history.oldest?.height ?? this.#committed.height;
  }

  /** The state after a final block, as long as it is readable; undefined when it is too old, or not final. */
  readerAt(height: Height): StateReader | undefined {
    if (this.#finalTip(height) === undefined) return undefined;
    return {
      get: (key) => {
        assert(this.#finalTip(height) !== undefined, "a state is read while it is readable");
        return this.#map.getBefore(this.#overwrittenSince(height), key);
      },
    };
  }

  /** Answers from the state after a final block; undefined when it is too old, or not final. */
  queryAt(height: Height, query: Query): QueryAnswer | undefined {
    const reader = this.readerAt(height);
    return reader === undefined ? undefined : this.#machine.query(query, reader);
  }

  /** Proves what a key held after a final block; undefined when its state is too old, or not final. */
  proveAt(height: Height, key: Uint8Array): LedgerProof | undefined {
    const tip = this.#finalTip(height);
    if (tip === undefined) return undefined;
    return { tip, proof: this.#map.proveBefore(this.#overwrittenSince(height), key) };
  }

  /** The keys whose values differ between two readable states, in order; undefined when one of them is not. */
  diff(from: Height, to: Height): readonly StateDifference[] | undefined {
    const [before, after] = [this.readerAt(from), this.readerAt(to)];
    if (before === undefined || after === undefined) return undefined;
    const blocks = this.#history.above(Math.min(from, to) as Height);
    return differencesAmong(blocks.slice(0, Math.abs(to - from)), before, after);
  }

  /** The whole committed state for storage: after genesis, or for a snapshot. Nothing may be executed above it. */
  entries(): IterableIterator<StoredEntry> {
    assert(this.#unfinal.length === 0, "the whole state is read when all of it is final");
    return this.#map.entries();
  }

  #finalTip(height: Height): LedgerTip | undefined {
    return height === this.#committed.height ? this.#committed : this.#history.at(height);
  }

  #overwrittenSince(height: Height): readonly Overwritten[] {
    return [...this.#history.above(height), ...this.#unfinalOverwritten()];
  }

  #unfinalOverwritten(): readonly Overwritten[] {
    return this.#unfinal.map(({ journal }) => journal.overwritten);
  }

  #rollBackTo(parent: Hash): void {
    const position = this.#unfinal.findIndex(({ tip }) => equalBytes(tip.hash, parent));
    assert(
      position >= 0 || equalBytes(this.#committed.hash, parent),
      "a block is executed on the committed block or on an executed one",
    );
    while (this.#unfinal.length > position + 1) this.#unfinal.pop()?.journal.takeBack();
  }
}

function genesisMap<Genesis>(
  options: Pick<LedgerOptions<Genesis>, "machine" | "hashers" | "maxKeys">,
  genesis: LedgerGenesis<Genesis>,
): AuthenticatedMap {
  const { machine, hashers = {}, maxKeys } = options;
  const map = new AuthenticatedMap(hashers, maxKeys);
  const journal = new Journal(map);
  machine.initialize(journal.writer(), genesis.application);
  const { timestampMs } = genesis;
  const lastBlock = {
    height: 0 as Height,
    timestampMs,
    receiptsRoot: receiptsRoot([], hashers),
    previous: hash(new Uint8Array(32)),
  };
  journal.set(LAST_BLOCK_KEY, encode(lastBlockCodec, lastBlock));
  return map;
}
