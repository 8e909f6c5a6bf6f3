// The data directory of one stopped validator, opened to look at. Takes the lock that a validator takes, makes nothing
// that is not there, and does no more to the files than the validator's own next start would: a flush that never finished
// is cut off, an index that lags behind its log is brought up to it.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Hash, Height } from "../../crypto/index.ts";
import { type ChainRoot, chainRootOf } from "../chain/index.ts";
import { loadConfig } from "../config/index.ts";
import { readGenesis } from "../genesis/index.ts";
import { type HaltBundle, readHaltBundle } from "../runtime/index.ts";
import {
  type BlockStore,
  lockDirectory,
  openBlockStore,
  openStateStore,
  type StateStore,
  StorageError,
} from "../storage/index.ts";

export type DataDirectory = {
  /** As it was named. */
  readonly name: string;
  /** The module of its application; undefined: the built-in ledger. */
  readonly application: string | undefined;
  readonly root: ChainRoot;
  readonly blockStore: BlockStore;
  readonly stateStore: StateStore;
  /** Of the state that is stored. */
  readonly state: { readonly height: Height; readonly stateRoot: Hash };
  /** What it left when it halted. */
  readonly bundle: HaltBundle | undefined;
  readonly close: () => Promise<void>;
};

/** `name` is a node's directory. @throws {ConfigError | GenesisError | StorageError} DIRECTORY_LOCKED while it runs */
export async function openDataDirectory(name: string): Promise<DataDirectory> {
  const { dataDir, application, genesis } = await loadConfig({ dir: name });
  const root = chainRootOf(await readGenesis(genesis));
  requireData(dataDir);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const lock = await lockDirectory(dataDir);
  closers.push(lock.release);
  try {
    const identity = root.validators.chainId;
    const { store: blockStore } = await openBlockStore({ directory: dataDir, identity });
    closers.push(() => blockStore.close());
    const stateStore = openStateStore({ directory: dataDir, identity });
    closers.push(() => stateStore.close());
    const state = stateStore.load();
    if (state === undefined) throw noData(dataDir, "has no state yet");
    const bundle = readHaltBundle(dataDir);
    return { name, application, root, blockStore, stateStore, state, bundle, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A look must not make a chain where there is none. */
function requireData(dataDir: string): void {
  const names = existsSync(dataDir) ? readdirSync(dataDir) : [];
  const hasBlocks = names.some((each) => /^blocks-\d+\.log$/.test(each));
  if (!hasBlocks) throw noData(dataDir, "holds no blocks");
  if (!existsSync(join(dataDir, "state", "data.mdb"))) throw noData(dataDir, "has no state yet");
}

function noData(path: string, what: string): StorageError {
  const remedy = "Name the directory of a node that has run.";
  return new StorageError({ code: "IO", what: `the data directory ${what}`, path, remedy });
}
