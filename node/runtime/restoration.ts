// From a data directory back to a running state: opens the three stores, brings the ledger to the last final block, and
// refuses what does not fit together.

import {
  type Block,
  commitCertCodec,
  initialSafetyState,
  type SafetyState,
  safetyStateCodec,
  silentSafetyState,
  type Tip,
} from "../../consensus/index.ts";
import {
  decode,
  encode,
  equalBytes,
  type Hash,
  next,
  toHex,
  type View,
} from "../../crypto/index.ts";
import type { ChainRoot } from "../chain/index.ts";
import type { Ledger, LedgerCommit, StateMachine } from "../ledger/index.ts";
import {
  type BlockStore,
  openBlockStore,
  openSafetyLog,
  openStateStore,
  type SafetyLog,
  type StateStore,
  StorageError,
} from "../storage/index.ts";
import type { WholeBlock } from "../sync/index.ts";
import { HaltError } from "./halt.ts";
import { keptProof } from "./kept-proof.ts";
import { builtInMachine } from "./machine.ts";
import {
  damaged,
  executableBlock,
  finalBlock,
  ledgerAtGenesis,
  ledgerAtStored,
  storedBlock,
} from "./stored-chain.ts";
import { SURROUNDINGS, type Surroundings } from "./surroundings.ts";
import { receiptRecords } from "./transaction-record.ts";

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

/** @throws {StorageError} if a store is damaged, or of another chain */
export async function openStores(
  directory: string,
  chainId: Hash,
  { disk } = SURROUNDINGS,
): Promise<Stores> {
  const opened: Closable[] = [];
  try {
    const safetyLog = openSafetyLog(directory, chainId, disk);
    opened.push(safetyLog);
    const { store: blockStore } = await openBlockStore({ directory, identity: chainId, disk });
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
  given: {
    readonly hasSignedBefore: boolean;
    readonly machine?: StateMachine;
    readonly surroundings?: Surroundings;
  },
): Promise<Restored> {
  const { hasSignedBefore, machine = builtInMachine(root), surroundings = SURROUNDINGS } = given;
  const ledger = openLedger({ root, stores, machine, surroundings });
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

function openLedger({
  root,
  stores,
  machine,
  surroundings,
}: {
  readonly root: ChainRoot;
  readonly stores: Stores;
  readonly machine: StateMachine;
  readonly surroundings: Surroundings;
}): Ledger {
  const stored = ledgerAtStored(root, machine, stores, surroundings);
  if (stored !== undefined) return stored;
  const ledger = ledgerAtGenesis(root, machine, surroundings);
  const { height, stateRoot } = ledger.committed;
  const changes = [...ledger.entries()];
  stores.stateStore.commit({ height, stateRoot, changes, transactions: [] });
  return ledger;
}

/** Replayed blocks whose states are not on disk yet. */
const MAX_REPLAYED_AHEAD = 64;

/** Executes the final blocks that the stored state does not know yet; answers the last final block. */
async function replay(root: ChainRoot, stores: Stores, ledger: Ledger): Promise<Block | undefined> {
  const { blockStore, stateStore } = stores;
  const finalHeight = blockStore.finalHeight() ?? 0;
  while (ledger.committed.height < finalHeight) {
    const whole = finalBlock(blockStore, next(ledger.committed.height));
    const parentRoot = ledger.committed.stateRoot;
    ledger.execute(executableBlock(root, whole));
    const commit = ledger.commit(whole.hash);
    refuseDivergence(blockStore, whole, { ...commit, parentRoot });
    const { height, stateRoot, changes, receipts } = commit;
    const records = receiptRecords(height, receipts, keptProof({ ledger, blockStore }, commit));
    stateStore.commit({ height, stateRoot, changes, ...records });
    if (stateStore.pending() >= MAX_REPLAYED_AHEAD) await stateStore.flushed();
  }
  const { height } = ledger.committed;
  return height === 0 ? undefined : finalBlock(blockStore, height).block;
}

function unfinishedBlocks(blockStore: BlockStore): readonly WholeBlock[] {
  return blockStore.certifiedAfterFinal().flatMap(({ hash }) => {
    const stored = blockStore.blockByHash(hash);
    return stored === undefined ? [] : [storedBlock(stored.bytes)];
  });
}

/** Has a quorum certified another state than this validator gets? */
function refuseDivergence(
  blockStore: BlockStore,
  { block, hash }: WholeBlock,
  commit: LedgerCommit & { readonly parentRoot: Hash },
): void {
  const { height, parent } = block;
  const { stateRoot: ours } = commit;
  const bytes = blockStore.certificateAt(height);
  const decoded = bytes === undefined ? undefined : decode(commitCertCodec, bytes);
  if (decoded === undefined) return;
  if (!decoded.ok) throw damaged(`the certificate of height ${height} does not decode`);
  const cert = decoded.value;
  if (equalBytes(cert.stateRoot, ours)) return;
  const theirs = cert.stateRoot;
  const what = `executing block ${height} again gives the state ${toHex(ours)}, a quorum certified ${toHex(theirs)}`;
  throw new HaltError(what, {
    halt: { reason: "state-diverged", height, view: cert.view, ours, theirs, cert },
    computed: { ...commit, hash, height, parent },
    block: blockStore.blockByHash(hash)?.bytes,
    evidence: [],
  });
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
