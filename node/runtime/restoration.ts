// From a data directory back to a running state: opens the three stores, brings the ledger to the last final block, and
// refuses what does not fit together.

import {
  type Block,
  commitCertCodec,
  genesisQc,
  initialSafetyState,
  type QuorumCert,
  type SafetyState,
  safetyStateCodec,
  silentSafetyState,
  type Tip,
  type ValidatorSet,
  validatorSet,
} from "../../consensus/index.ts";
import {
  addressOf,
  assert,
  decode,
  type Epoch,
  encode,
  equalBytes,
  type Hash,
  type Height,
  next,
  toHex,
  type View,
} from "../../crypto/index.ts";
import { hashIn, hashLayer } from "../../crypto/native/index.ts";
import { chainIdOf, type Genesis, genesisBlockHash } from "../genesis/index.ts";
import { createAccountLedger, Ledger } from "../ledger/index.ts";
import {
  type BlockStore,
  openBlockStore,
  openSafetyLog,
  openStateStore,
  type SafetyLog,
  type StateStore,
  StorageError,
} from "../storage/index.ts";
import { blockWithBodiesCodec, type WholeBlock, wholeBlock } from "../sync/index.ts";
import { HaltError } from "./halt.ts";
import { receiptRecords } from "./transaction-record.ts";

/** What stands at the beginning of a chain, all of it derived from genesis. */
export type ChainRoot = {
  readonly genesis: Genesis;
  readonly validators: ValidatorSet;
  readonly genesisBlock: Hash;
  readonly genesisQc: QuorumCert;
};

type Closable = { readonly close: () => Promise<void> };

export type Stores = {
  readonly safetyLog: SafetyLog;
  readonly blockStore: BlockStore;
  readonly stateStore: StateStore;
};

/** The state that a validator goes on from. */
export type Restored = {
  readonly ledger: Ledger;
  readonly safety: SafetyState;
  readonly tip: Tip;
  /** Blocks above the tip whose bodies were kept, because a vote promised it. */
  readonly unfinished: readonly WholeBlock[];
};

export function chainRootOf(genesis: Genesis): ChainRoot {
  const chainId = chainIdOf(genesis);
  const epoch = 0 as Epoch;
  const members = genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
  const genesisBlock = genesisBlockHash(chainId);
  return {
    genesis,
    validators: validatorSet({ chainId, epoch, members }),
    genesisBlock,
    genesisQc: genesisQc({ epoch, block: genesisBlock }),
  };
}

/** @throws {StorageError} if a store is damaged, or of another chain */
export async function openStores(directory: string, chainId: Hash): Promise<Stores> {
  const opened: Closable[] = [];
  try {
    const safetyLog = openSafetyLog(directory, chainId);
    opened.push(safetyLog);
    const { store: blockStore } = await openBlockStore({ directory, identity: chainId });
    opened.push(blockStore);
    const stateStore = openStateStore({ directory, identity: chainId });
    return { safetyLog, blockStore, stateStore };
  } catch (error) {
    for (const store of opened) await store.close();
    throw error;
  }
}

export async function closeStores({ safetyLog, blockStore, stateStore }: Stores): Promise<void> {
  const closed = await Promise.allSettled(
    [safetyLog, blockStore, stateStore].map((store) => store.close()),
  );
  for (const outcome of closed) if (outcome.status === "rejected") throw outcome.reason;
}

/** Brings the ledger to the last final block. @throws {StorageError | HaltError} if the stores contradict each other */
export async function restore(
  root: ChainRoot,
  stores: Stores,
  hasSignedBefore: boolean,
): Promise<Restored> {
  const ledger = openLedger(root, stores);
  const last = await replay(root, stores, ledger);
  await stores.stateStore.flushed();
  const { hash, height, stateRoot } = ledger.committed;
  const at = { hash, height, stateRoot };
  const tip: Tip =
    last === undefined
      ? { ...at, view: 0 as View, timestampMs: root.genesis.genesisTimeMs }
      : { ...at, view: last.view, timestampMs: last.timestampMs, block: last };
  const unfinished = unfinishedBlocks(stores.blockStore);
  const isFresh = height === 0 && unfinished.length === 0;
  return {
    ledger,
    safety: restoreSafety(root, stores.safetyLog, { isFresh, hasSignedBefore }),
    tip,
    unfinished,
  };
}

function openLedger(root: ChainRoot, { blockStore, stateStore }: Stores): Ledger {
  const { genesis, validators, genesisBlock } = root;
  const { minFee, fees } = genesis.ledger;
  const machine = createAccountLedger({
    minFee,
    feesTo: fees === "burn" ? "nobody" : "proposer",
  });
  const hashers = { hash: hashIn, hashLayer };
  const options = { machine, chainId: validators.chainId, hashers };
  const stored = stateStore.load();
  if (stored === undefined) {
    const ledger = Ledger.fromGenesis(options, {
      timestampMs: genesis.genesisTimeMs,
      application: { accounts: genesis.accounts },
      hash: genesisBlock,
    });
    const { height, stateRoot } = ledger.committed;
    stateStore.commit({ height, stateRoot, changes: [...ledger.entries()], transactions: [] });
    return ledger as Ledger;
  }
  const { height, stateRoot, entries } = stored;
  const hash = height === 0 ? genesisBlock : blockStore.hashAt(height);
  if (hash === undefined) {
    throw damaged(`the state is that of height ${height}, which the block log does not have`);
  }
  const restored = Ledger.restore(options, { hash, height, entries });
  if (!restored.ok) throw damaged(`the stored state does not add up (${restored.refusal})`);
  if (!equalBytes(restored.ledger.committed.stateRoot, stateRoot)) {
    throw damaged(`the stored state of height ${height} has another root than it should`);
  }
  return restored.ledger as Ledger;
}

/** Replayed blocks whose states are not on disk yet. */
const MAX_REPLAYED_AHEAD = 64;

/** Executes the final blocks that the stored state does not know yet; answers the last final block. */
async function replay(root: ChainRoot, stores: Stores, ledger: Ledger): Promise<Block | undefined> {
  const { blockStore, stateStore } = stores;
  const finalHeight = blockStore.finalHeight() ?? 0;
  const proposers = root.validators.members.map(({ publicKey }) => addressOf(publicKey));
  while (ledger.committed.height < finalHeight) {
    const whole = finalBlock(blockStore, next(ledger.committed.height));
    const { block, hash, transactions } = whole;
    const { height, timestampMs } = block;
    const proposer = proposers[block.proposer];
    assert(proposer !== undefined, "a final block has a proposer");
    ledger.execute({ hash, parent: block.parent, height, timestampMs, proposer, transactions });
    const { stateRoot, changes, receipts } = ledger.commit(hash);
    refuseDivergence(blockStore, height, stateRoot);
    stateStore.commit({ height, stateRoot, changes, ...receiptRecords(height, receipts) });
    if (stateStore.pending() >= MAX_REPLAYED_AHEAD) await stateStore.flushed();
  }
  const { height } = ledger.committed;
  return height === 0 ? undefined : finalBlock(blockStore, height).block;
}

function finalBlock(blockStore: BlockStore, height: Height): WholeBlock {
  const stored = blockStore.blockAt(height);
  if (stored === undefined) throw damaged(`the block log has no block at height ${height}`);
  return storedBlock(stored.bytes);
}

function unfinishedBlocks(blockStore: BlockStore): readonly WholeBlock[] {
  return blockStore.certifiedAfterFinal().flatMap(({ hash }) => {
    const stored = blockStore.blockByHash(hash);
    return stored === undefined ? [] : [storedBlock(stored.bytes)];
  });
}

function storedBlock(bytes: Uint8Array): WholeBlock {
  const decoded = decode(blockWithBodiesCodec, bytes);
  const whole = decoded.ok ? wholeBlock(decoded.value, { hash: hashIn, hashLayer }) : decoded;
  if (!whole.ok) throw damaged(`a stored block does not decode (${whole.refusal})`);
  return whole.value;
}

function refuseDivergence(blockStore: BlockStore, height: Height, ours: Hash): void {
  const bytes = blockStore.certificateAt(height);
  const cert = bytes === undefined ? undefined : decode(commitCertCodec, bytes);
  if (cert === undefined) return;
  if (!cert.ok) throw damaged(`the certificate of height ${height} does not decode`);
  if (equalBytes(cert.value.stateRoot, ours)) return;
  throw new HaltError(
    `executing block ${height} again gives the state ${toHex(ours)}, a quorum certified ${toHex(cert.value.stateRoot)}`,
  );
}

function restoreSafety(
  root: ChainRoot,
  log: SafetyLog,
  given: { readonly isFresh: boolean; readonly hasSignedBefore: boolean },
): SafetyState {
  if (log.last === undefined) {
    if (given.isFresh) {
      // A key that has signed and finds no record has lost its disk: silent until it knows past what it may have signed.
      const first = given.hasSignedBefore ? silentSafetyState : initialSafetyState;
      const initial = first(root.genesisQc);
      // Before any block: blocks without a record would look like a record that was lost.
      log.persist(encode(safetyStateCodec, initial));
      return initial;
    }
    throw new StorageError({
      code: "LOG_DAMAGED",
      what: "there are blocks but no record of what this validator has signed",
      path: log.path,
      remedy:
        "Put the very safety log of this data back, or retire the key: one that has forgotten what it signed must not sign again.",
    });
  }
  const decoded = decode(safetyStateCodec, log.last);
  if (!decoded.ok) throw damaged(`the safety record does not decode (${decoded.refusal})`);
  return decoded.value;
}

function damaged(what: string): StorageError {
  const remedy =
    "Move the data directory away and let the validator sync again; never copy a safety log from a backup.";
  return new StorageError({ code: "LOG_DAMAGED", what, path: "the data directory", remedy });
}
