// A process that commits one state after the other to a store and says which heights are durable, until it is killed:
// `node state-writer.js DIRECTORY`. Begins where the store ended.

import { fileURLToPath } from "node:url";
import { hash, height } from "../../../crypto/index.ts";
import { openStateStore, type StateCommit } from "../../../node/storage/index.ts";

const KEYS = 400;
const CHANGES = 150;
const COMMITS_A_FLUSH = 4;
const LAST_HEIGHT = 5_000;

const identity = new Uint8Array(32).fill(7);

/** The store that the process writes to. */
export function openWritten(directory: string) {
  return openStateStore({ directory, identity });
}

/** What each height writes follows from the height alone. */
export function commitAt(at: number): StateCommit {
  const changes = Array.from({ length: CHANGES }, (_, index) => {
    const key = Buffer.from(`key ${(at * 61 + index * 7) % KEYS}`);
    return { key, value: (at + index) % 5 === 0 ? undefined : Buffer.from(`${at} ${index}`) };
  });
  return {
    height: height(at),
    stateRoot: rootAt(at),
    changes,
    transactions: [{ hash: rootAt(at), record: Buffer.from(`record ${at}`) }],
    receipts: Buffer.from(`receipts ${at}`),
  };
}

/** The whole state after a height. */
export function stateAt(at: number): ReadonlyMap<string, string> {
  const state = new Map<string, string>();
  for (let each = 1; each <= at; each++) {
    for (const { key, value } of commitAt(each).changes) {
      if (value === undefined) state.delete(textOf(key));
      else state.set(textOf(key), textOf(value));
    }
  }
  return state;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** No hash, but one for each height. */
export function rootAt(at: number) {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, at);
  return hash(bytes);
}

async function write(directory: string): Promise<void> {
  const store = openWritten(directory);
  let at = (store.load()?.height ?? 0) + 1;
  for (; at <= LAST_HEIGHT; at++) {
    store.commit(commitAt(at));
    if (at % COMMITS_A_FLUSH > 0) continue;
    await store.flushed();
    process.stdout.write(`${at}\n`);
  }
  await store.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await write(process.argv[2] ?? "");
