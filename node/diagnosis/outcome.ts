// What a stopped validator can say of a height: from its block log, its stored state, and the bundle of its halt.

import { commitCertCodec } from "../../consensus/index.ts";
import { decode, type Hash, type Height } from "../../crypto/index.ts";
import { finalBlock, storedBlock } from "../runtime/index.ts";
import type { WholeBlock } from "../sync/index.ts";
import type { DataDirectory } from "./data-directory.ts";
import { changed, type Entries, sorted } from "./entries.ts";
import { type Receipts, storedReceipts } from "./stored-receipts.ts";

export function finalHeight({ blockStore }: DataDirectory): number {
  return blockStore.finalHeight() ?? 0;
}

/** The block that it holds to be final, or halted over. */
export function blockAt(directory: DataDirectory, height: Height): Hash | undefined {
  const bundle = bundleAt(directory, height);
  const final = directory.blockStore.hashAt(height);
  if (final !== undefined || bundle === undefined) return final;
  return bundle.reason === "conflicting-commit" ? bundle.ours : bundle.computed?.hash;
}

/** The state root after a block: as it said when it halted, as it stored it, or as it agreed to. */
export function rootAt(directory: DataDirectory, height: Height): Hash | undefined {
  const bundle = bundleAt(directory, height);
  if (bundle !== undefined) return bundle.computed?.stateRoot;
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
  const computed = bundleAt(directory, height)?.computed;
  return computed?.receipts ?? storedReceipts(directory.stateStore, height);
}

/** The changes of a block that it halted over, if the bundle has them all. */
export function changesAt(directory: DataDirectory, height: Height): Entries | undefined {
  const bundle = bundleAt(directory, height);
  const changes = bundle?.isCut ? undefined : bundle?.computed?.changes;
  return changes && sorted(changes);
}

/** The whole state after a block: as stored, or as stored before it with the changes of the bundle. */
export function entriesAt(directory: DataDirectory, height: Height): Entries | undefined {
  const { state, stateStore } = directory;
  const changes = state.height === height - 1 ? changesAt(directory, height) : undefined;
  if (state.height !== height && changes === undefined) return undefined;
  const stored = [...(stateStore.load()?.entries ?? [])];
  return changes === undefined ? stored : changed(stored, changes);
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

function bundleAt({ bundle }: DataDirectory, height: Height) {
  return bundle?.height === height ? bundle : undefined;
}
