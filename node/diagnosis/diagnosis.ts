// Where two validators of one chain part: the first block that differs or whose outcome does, the transaction, the key.
//
// 1. The block logs, height by height: two blocks at one height are a fork, and whatever lies above follows from it.
// 2. The receipts that each stored, height by height, and what a validator that halted left in its bundle.
// 3. The state. After a block that step 2 points at: what each of them has, and what executing the block once more gives.
//    Without such a block: the two stored states, the lower one brought up to the other's height first.

import { equalBytes, type Hash, type Height, height as heightFrom } from "../../crypto/index.ts";
import type { StateMachine } from "../ledger/index.ts";
import { ledgerAtGenesis, ledgerAtStored } from "../runtime/index.ts";
import type { DataDirectory } from "./data-directory.ts";
import type {
  Diagnosis,
  Difference,
  DifferentKey,
  DifferentTransaction,
  Pair,
} from "./difference.ts";
import { type Entries, firstDifference, sorted } from "./entries.ts";
import {
  anyBlock,
  blockAt,
  bundledHeights,
  changesAt,
  entriesAt,
  finalHeight,
  isHeld,
  quorumRoot,
  receiptsAt,
  rootAt,
} from "./outcome.ts";
import { type Reexecution, reexecute, WriteTrace } from "./reexecution.ts";
import { firstDifferentReceipt, type Receipts, storeDifferentReceipts } from "./stored-receipts.ts";

export type DiagnosisOptions = {
  readonly a: DataDirectory;
  readonly b: DataDirectory;
  /** That of the chain, as the ledger runs it. */
  readonly application: StateMachine;
  /** Called at most once in PROGRESS_EVERY blocks. */
  readonly onProgress?: (progress: Progress) => void;
};

export type Progress = {
  readonly doing: "comparing blocks" | "comparing receipts" | "executing again";
  readonly height: number;
  /** The last height of it. */
  readonly of: number;
};

/** A small part of a second. */
const PROGRESS_EVERY = 256;

/** @throws {StorageError} if one of the directories is damaged */
export function diagnose(options: DiagnosisOptions): Diagnosis {
  const { a, b, application } = options;
  // A state that does not add up to its root is damage, and no divergence.
  for (const each of [a, b]) ledgerAtStored(each.root, application, each);
  const difference =
    firstFork(options) ?? betweenOutcomes(options, firstSuspect(options)) ?? betweenStates(options);
  if (difference !== undefined) return { type: "different", difference };
  return { type: "equal", height: heightFrom(Math.max(a.state.height, b.state.height)) };
}

function firstFork({ a, b, onProgress }: DiagnosisOptions): Difference | undefined {
  const last = Math.max(Math.min(finalHeight(a), finalHeight(b)), ...haltHeights(a, b));
  const tell = teller(onProgress, "comparing blocks", last);
  for (let at = 1; at <= last; at++) {
    tell(at);
    const height = heightFrom(at);
    const blocks = { a: blockAt(a, height), b: blockAt(b, height) };
    if (isUnlike(blocks.a, blocks.b)) {
      const stateRoots = rootsAt(a, b, height, undefined);
      return { height, after: heightFrom(at - 1), kind: "block", blocks, stateRoots };
    }
  }
  return undefined;
}

/** The first block with different receipts or a different state, as far as they are known without executing anything. */
function firstSuspect({ a, b, onProgress }: DiagnosisOptions): Height | undefined {
  const known = [a.state.height, b.state.height, ...haltHeights(a, b)];
  const last = Math.max(...known);
  const tell = teller(onProgress, "comparing receipts", last);
  for (let at = 1; at <= last; at++) {
    tell(at);
    const height = heightFrom(at);
    if (storeDifferentReceipts(a.stateStore, b.stateStore, height)) return height;
    if (!known.includes(height)) continue;
    const quorum = quorumRoot([a, b], height);
    if (isUnlike(rootAt(a, height) ?? quorum, rootAt(b, height) ?? quorum)) return height;
  }
  return undefined;
}

function haltHeights(...directories: readonly DataDirectory[]): readonly Height[] {
  return directories.flatMap(({ bundle }) => (bundle === undefined ? [] : [bundle.height]));
}

function teller(
  onProgress: DiagnosisOptions["onProgress"],
  doing: Progress["doing"],
  of: number,
): (height: number) => void {
  return (height) => {
    if (height % PROGRESS_EVERY === 0) onProgress?.({ doing, height, of });
  };
}

/** Both are there, and they are not the same. */
function isUnlike(one: Hash | undefined, other: Hash | undefined): boolean {
  return one !== undefined && other !== undefined && !equalBytes(one, other);
}

// --- After a block that is suspected -----------------------------------------------------------------------------

function betweenOutcomes(
  options: DiagnosisOptions,
  suspect: Height | undefined,
): Difference | undefined {
  if (suspect === undefined) return undefined;
  const { a, b } = options;
  const height = firstWrong(options, suspect);
  const again = executedAgain(options, height);
  const key = firstKey(a, b, { height, again });
  const transaction = firstTransaction(a, b, { height, again, key });
  return {
    height,
    after: lastAgreement(a, b, height),
    kind: "outcome",
    blocks: { a: blockAt(a, height), b: blockAt(b, height) },
    stateRoots: rootsAt(a, b, height, again?.stateRoot),
    ...(transaction === undefined ? {} : { transaction }),
    ...(key === undefined ? {} : { key }),
  };
}

/** Who halted may have gone wrong in a block before: executing it again tells. */
function firstWrong(options: DiagnosisOptions, suspect: Height): Height {
  const { a, b } = options;
  const before = [a, b].flatMap((directory) => {
    const heights = bundledHeights(directory).filter((height) => height < suspect);
    return heights.map((height) => ({ directory, height }));
  });
  before.sort((one, other) => one.height - other.height);
  const wrong = before.find(({ directory, height }) => {
    return isUnlike(rootAt(directory, height), executedAgain(options, height)?.stateRoot);
  });
  return wrong?.height ?? suspect;
}

function rootsAt(a: DataDirectory, b: DataDirectory, height: Height, again: Hash | undefined) {
  const certified = quorumRoot([a, b], height);
  return { a: rootAt(a, height), b: rootAt(b, height), certified, again };
}

/** A validator that halts has agreed to every certificate before. */
function lastAgreement(a: DataDirectory, b: DataDirectory, height: Height): Height {
  for (let at = height - 1; at > 0; at--) {
    const [one, other] = [rootAt(a, heightFrom(at)), rootAt(b, heightFrom(at))];
    if (one !== undefined && other !== undefined && equalBytes(one, other)) return heightFrom(at);
  }
  return heightFrom(0);
}

/** From the highest stored state below the block; from a lower one, or genesis, where a quorum signed another outcome. */
function executedAgain(
  { a, b, application, onProgress }: DiagnosisOptions,
  height: Height,
): Reexecution | undefined {
  if (!isHeld([a, b], height)) return undefined;
  const trace = new WriteTrace(application);
  const bases = [a, b]
    .filter(({ state }) => state.height < height)
    .sort((left, right) => right.state.height - left.state.height);
  const certified = quorumRoot([a, b], height);
  const tell = teller(onProgress, "executing again", height);
  const replay = { to: height, blockAt: (at: Height) => anyBlock([a, b], at), tell, trace };
  for (const base of bases) {
    const ledger = ledgerAtStored(base.root, trace.application, base);
    const again = ledger && reexecute(a.root, ledger, replay);
    if (again !== undefined && !isUnlike(again.stateRoot, certified)) return again;
  }
  const ledger = ledgerAtGenesis(a.root, trace.application);
  return reexecute(a.root, ledger, replay);
}

type Suspicion = { readonly height: Height; readonly again: Reexecution | undefined };

function firstKey(
  a: DataDirectory,
  b: DataDirectory,
  { height, again }: Suspicion,
): DifferentKey | undefined {
  const states = { a: entriesAt(a, height), b: entriesAt(b, height) };
  if (states.a !== undefined && states.b !== undefined) {
    const found = firstDifference(states.a, states.b);
    if (found === undefined) return undefined;
    const here = again?.entries().find(({ key }) => equalBytes(key, found.key));
    return keyOf(found, { a: found.left, b: found.right, again: here?.value });
  }
  if (again === undefined) return undefined;
  for (const side of ["a", "b"] as const) {
    const [mine, other] = side === "a" ? [a, b] : [b, a];
    const changes = changesAt(mine, height);
    const found = differenceTo(again, states[side], changes);
    if (found === undefined) continue;
    const root = rootAt(other, height);
    // Whoever has the root that we get has the values that we get.
    const isOurs = root !== undefined && equalBytes(root, again.stateRoot);
    const theirs = isOurs ? found.right : undefined;
    const pair = side === "a" ? { a: found.left, b: theirs } : { a: theirs, b: found.left };
    return keyOf(found, { ...pair, again: found.right });
  }
  return undefined;
}

function differenceTo(
  again: Reexecution,
  state: Entries | undefined,
  changes: Entries | undefined,
) {
  if (state !== undefined) return firstDifference(state, again.entries());
  return changes && firstDifference(changes, sorted(again.changes));
}

function keyOf(
  { key, count }: { readonly key: Uint8Array; readonly count: number },
  values: DifferentKey["values"],
): DifferentKey {
  return { key, values, count };
}

function firstTransaction(
  a: DataDirectory,
  b: DataDirectory,
  { height, again, key }: Suspicion & { readonly key: DifferentKey | undefined },
): DifferentTransaction | undefined {
  const receipts = { a: receiptsAt(a, height), b: receiptsAt(b, height) };
  const [one, other] = [receipts.a ?? again?.receipts, receipts.b ?? again?.receipts];
  if (one !== undefined && other !== undefined) {
    const index = firstDifferentReceipt(one, other) ?? -1;
    const id = (one[index] ?? other[index])?.transaction;
    if (id !== undefined) return { id, index, receipts: receiptsOf(id, receipts, again) };
  }
  const id = key && again?.writerOf(key.key);
  if (id === undefined) return undefined;
  const index = again?.receipts.find(({ transaction }) => equalBytes(transaction, id))?.index;
  return { id, index, receipts: receiptsOf(id, receipts, again) };
}

function receiptsOf(id: Hash, { a, b }: Pair<Receipts>, again: Reexecution | undefined) {
  const find = (receipts: Receipts | undefined) =>
    receipts?.find(({ transaction }) => equalBytes(transaction, id));
  return { a: find(a), b: find(b), again: find(again?.receipts) };
}

// --- Two states and no block in particular -----------------------------------------------------------------------

function betweenStates(options: DiagnosisOptions): Difference | undefined {
  const { a, b } = options;
  const height = heightFrom(Math.max(a.state.height, b.state.height));
  const states = { a: stateAt(options, a, height), b: stateAt(options, b, height) };
  const found = firstDifference(states.a.entries, states.b.entries);
  if (found === undefined) return undefined;
  const certified = quorumRoot([a, b], height);
  const stateRoots = { a: states.a.stateRoot, b: states.b.stateRoot, certified, again: undefined };
  return {
    height,
    after: lastAgreement(a, b, heightFrom(Math.min(a.state.height, b.state.height))),
    kind: "outcome",
    blocks: { a: blockAt(a, height), b: blockAt(b, height) },
    stateRoots,
    key: keyOf(found, { a: found.left, b: found.right, again: undefined }),
  };
}

/** The stored state, brought up to a height through the blocks of whoever has them. */
function stateAt(
  { a, b, application, onProgress }: DiagnosisOptions,
  directory: DataDirectory,
  height: Height,
): { readonly stateRoot: Hash; readonly entries: Entries } {
  const { state } = directory;
  const stored = entriesAt(directory, state.height) ?? [];
  if (state.height === height) return { stateRoot: state.stateRoot, entries: stored };
  const trace = new WriteTrace(application);
  const ledger =
    ledgerAtStored(directory.root, trace.application, directory) ??
    ledgerAtGenesis(directory.root, trace.application);
  const blocks = (at: Height) => anyBlock([a, b], at);
  const tell = teller(onProgress, "executing again", height);
  const replay = { to: height, blockAt: blocks, tell, trace };
  const { stateRoot, entries } = reexecute(a.root, ledger, replay);
  return { stateRoot, entries: entries() };
}
