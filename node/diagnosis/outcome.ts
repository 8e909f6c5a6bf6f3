// What a stopped validator can say of a height: from its block log, its stored state, and the bundle of its halt.

import { commitCertCodec } from "../../consensus/index.ts";
import { decode, type Hash, type Height, next } from "../../crypto/index.ts";
import { type BundledBlock, finalBlock, storedBlock } from "../runtime/index.ts";
import type { WholeBlock } from "../sync/index.ts";
import type { DataDirectory } from "./data-directory.ts";
import { changed, type Entries, sorted } from "./entries.ts";
import { type Receipts, storedReceipts } from "./stored-receipts.ts";

export function finalHeight({ blockStore }: DataDirectory): number {
  return blockStore.finalHeight() ?? 0;
}

/** The block that it holds to be final, or halted over. */
export function blockAt(directory: DataDirectory, height: Height): Hash | undefined {
  const final = directory.blockStore.hashAt(height);
  if (final !== undefined) return final;
  const bundle = bundleAt(directory, height);
  if (bundle?.reason === "conflicting-commit") return bundle.ours;
  return computedAt(directory, height)?.hash;
}

/** The state root after a block: as it said when it halted, as it stored it, or as it agreed to. */
export function rootAt(directory: DataDirectory, height: Height): Hash | undefined {
  const computed = computedAt(directory, height);
  if (computed !== undefined || bundleAt(directory, height) !== undefined) {
    return computed?.stateRoot;
  }
  const { state } = directory;
  return state.height === height ? state.stateRoot : certifiedRoot(directory, height);
}

/** A validator that does not halt has the states that its certificates name. */
export function certifiedRoot({ blockStore }: DataDirectory, height: Height): Hash | undefined {
  const bytes = blockStore.certificateAt(height);
  const cert = bytes === undefined ? undefined : decode(commitCertCodec, bytes);
  return cert?.ok ? cert.value.stateRoot : undefined;
}

/** What a quorum signed, as one of them has it, or heard when it halted. */
export function quorumRoot(directories: readonly DataDirectory[], height: Height) {
  for (const directory of directories) {
    const certified = certifiedRoot(directory, height);
    if (certified !== undefined) return certified;
    const bundle = bundleAt(directory, height);
    if (bundle?.reason === "state-diverged") return bundle.theirs;
  }
  return undefined;
}

export function receiptsAt(directory: DataDirectory, height: Height): Receipts | undefined {
  return computedAt(directory, height)?.receipts ?? storedReceipts(directory.stateStore, height);
}

/** The changes of a block that it halted over, or on the way there, if the bundle has them all. */
export function changesAt(directory: DataDirectory, height: Height): Entries | undefined {
  const computed = computedAt(directory, height);
  return computed && !computed.isCut ? sorted(computed.changes) : undefined;
}

/** Heights of which only its bundle tells what it computed, ascending. */
export function bundledHeights({ bundle }: DataDirectory): readonly Height[] {
  return bundle === undefined ? [] : [...bundle.below.map(({ height }) => height), bundle.height];
}

/** The whole state after a block: as stored, or as stored before it with the changes of the bundle. */
export function entriesAt(directory: DataDirectory, height: Height): Entries | undefined {
  const { state, stateStore } = directory;
  if (height < state.height) return undefined;
  const changes: Entries[] = [];
  for (let at = state.height; at < height; at = next(at)) {
    const found = changesAt(directory, next(at));
    if (found === undefined) return undefined;
    changes.push(found);
  }
  return changes.reduce(changed, [...(stateStore.load()?.entries ?? [])]);
}

/** The block of a height, from whoever has it. @throws {StorageError} if nobody does */
export function anyBlock(directories: readonly DataDirectory[], height: Height): WholeBlock {
  const holder = directories.find(({ blockStore }) => blockStore.hashAt(height) !== undefined);
  if (holder !== undefined) return finalBlock(holder.blockStore, height);
  const bytes = directories.map((each) => bundledBlock(each, height)).find((each) => each);
  return bytes === undefined
    ? finalBlock((directories[0] as DataDirectory).blockStore, height)
    : storedBlock(bytes);
}

export function isHeld(directories: readonly DataDirectory[], height: Height): boolean {
  return directories.some(
    (each) => finalHeight(each) >= height || bundledBlock(each, height) !== undefined,
  );
}

function bundledBlock(directory: DataDirectory, height: Height): Uint8Array | undefined {
  return bundleAt(directory, height)?.block;
}

function computedAt({ bundle }: DataDirectory, height: Height): BundledBlock | undefined {
  const { computed, below = [] } = bundle ?? {};
  return computed?.height === height ? computed : below.find((each) => each.height === height);
}

function bundleAt({ bundle }: DataDirectory, height: Height) {
  return bundle?.height === height ? bundle : undefined;
}
