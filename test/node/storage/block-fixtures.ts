// Block stores for tests: blocks with names, six steps in the life of a store, and all that a store tells.

import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type BlockStore,
  type BlockStoreOptions,
  openBlockStore,
} from "../../../node/storage/index.ts";
import { at, bytesOf, chain, hashOf, newFolder, textOf } from "./fixtures.ts";
import { MemoryDisk } from "./memory-disk.ts";

type OpenOptions = Omit<Partial<BlockStoreOptions>, "directory">;

export async function openStore(directory: string, options: OpenOptions = {}) {
  const opened = await openBlockStore({ directory, identity: chain, ...options });
  // Most tests close the store themselves; closing twice does nothing.
  onTestFinished(() => opened.store.close().catch(() => {}));
  return opened;
}

/** The store over what a crash left of the log, with an index of its own. */
export async function reopen(directory: string, disk: MemoryDisk) {
  const moved = newFolder();
  const found = new MemoryDisk();
  for (const name of disk.list(directory)) {
    found.setBytes(join(moved, name), disk.bytesOf(join(directory, name)));
  }
  return openStore(moved, { disk: found });
}

/** `block(5, "b")` is a block of height 5 that differs from `block(5)`. */
export function block(height: number, variant = "a") {
  const name = `block ${height}${variant}`;
  return { hash: hashOf(name), height: at(height), bytes: bytesOf(name) };
}

export function final(height: number, certificate?: string, variant = "a") {
  const { hash } = block(height, variant);
  return {
    height: at(height),
    hash,
    ...(certificate !== undefined && { certificate: bytesOf(certificate) }),
  };
}

/** Everything that a store tells of the first few heights. */
export function contentOf(store: BlockStore, heights = 8) {
  const finals = [...store.finalBlocksFrom(at(0))].map(({ height, bytes, certificate }) => [
    height,
    textOf(bytes),
    textOf(certificate),
  ]);
  const known: string[] = [];
  for (let height = 0; height < heights; height++) {
    for (const variant of ["a", "b"]) {
      const found = store.blockByHash(block(height, variant).hash);
      if (found !== undefined) known.push(`${found.height} ${textOf(found.bytes)}`);
    }
  }
  const open = store.certifiedAfterFinal().map(({ height }) => height);
  return { finals, known, open, finalHeight: store.finalHeight() };
}

/** Six steps, each made durable by a flush of its own. */
export const steps: readonly ((store: BlockStore) => void)[] = [
  (store) => {
    store.putBlock(block(0));
    store.finalize(final(0));
  },
  (store) => {
    store.putBlock(block(1));
    store.putBlock(block(1, "b"));
  },
  (store) => {
    store.putBlock(block(2));
    store.finalize(final(1, "cert 1"));
  },
  (store) => store.attachCertificate({ height: at(0), certificate: bytesOf("cert 0") }),
  (store) => store.finalize(final(2)),
  (store) => {
    store.putBlock(block(3));
    store.attachCertificate({ height: at(2), certificate: bytesOf("cert 2") });
  },
];
