// What an updated key of the state costs: blocks that write random keys go through the ledger, executed and then made
// final, with the native hash functions and the history on. Each size has processes of its own, in turn with the other.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isMainThread } from "node:worker_threads";
import { ADDRESS_BYTES, address, type Hash, type Height, hash } from "../../crypto/index.ts";
import { hashIn, hashLayer } from "../../crypto/native/index.ts";
import { type BlockMachine, type ExecutableBlock, Ledger } from "../../node/ledger/index.ts";
import { median } from "./statistics.ts";

export type StateCost = {
  readonly keys: number;
  /** The median block's. */
  readonly microsecondsAKey: number;
  /** Of the whole state in memory: key, value, hashes and index, without the history. */
  readonly bytesAKey: number;
  /** What the history keeps for each key that a block updated. */
  readonly historyBytesAKey: number;
  /** Nodes of the tree that are hashed for each updated key; its leaf comes on top. */
  readonly nodesAKey: number;
};

const PROGRAM = fileURLToPath(import.meta.url);
const KEYS_A_BLOCK = 2_000;
/** Fills the history up to its bounds. */
const WARM_UP_BLOCKS = 100;
const MEASURED_BLOCKS = 150;
const VALUE_BYTES = 17;
const KEY_KIND = 0x61;

/** The median of some processes for each size; `load` is the machine's before and after. */
export async function measureState(sizes: readonly number[], rounds: number) {
  const before = loadavg()[0] ?? 0;
  const costs: StateCost[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const keys of sizes) costs.push(await measureApart(keys));
  }
  const bySize = sizes.map((keys): StateCost => {
    const own = costs.filter((cost) => cost.keys === keys);
    const of = (pick: (cost: StateCost) => number) => median(own.map(pick));
    return {
      keys,
      microsecondsAKey: of((cost) => cost.microsecondsAKey),
      bytesAKey: of((cost) => cost.bytesAKey),
      historyBytesAKey: of((cost) => cost.historyBytesAKey),
      nodesAKey: of((cost) => cost.nodesAKey),
    };
  });
  return { rounds, load: [before, loadavg()[0] ?? 0], bySize };
}

async function measureApart(keys: number): Promise<StateCost> {
  const flags = ["--expose-gc", PROGRAM, "--keys", String(keys)];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  return JSON.parse(stdout) as StateCost;
}

function measureHere(count: number): StateCost {
  const keys = Array.from({ length: count }, (_, index) => keyOf(index));
  const before = usedBytes();
  const chosen: Uint8Array[] = [];
  const ledger = ledgerOf(keys, chosen);
  const whole = usedBytes() - before;
  const random = randomIntegers(count);
  const times: number[] = [];
  for (let height = 1; height <= WARM_UP_BLOCKS + MEASURED_BLOCKS; height++) {
    chosen.length = 0;
    const picked = new Set<number>();
    while (picked.size < Math.min(KEYS_A_BLOCK, count)) picked.add(random());
    for (const index of picked) chosen.push(keys[index] as Uint8Array);
    const block = blockAt(height);
    const start = performance.now();
    ledger.execute(block);
    ledger.commit(block.hash);
    if (height > WARM_UP_BLOCKS) times.push(performance.now() - start);
  }
  const history = usedBytes() - before - whole;
  const heights = ledger.committed.height - ledger.oldestReadable;
  return {
    keys: count,
    microsecondsAKey: (median(times) * 1_000) / KEYS_A_BLOCK,
    bytesAKey: whole / count,
    historyBytesAKey: history / (heights * KEYS_A_BLOCK),
    nodesAKey: expectedNodes(count) / KEYS_A_BLOCK,
  };
}

/** A block writes the keys that are `chosen` at the time. */
function ledgerOf(keys: readonly Uint8Array[], chosen: readonly Uint8Array[]): Ledger<undefined> {
  const value = new Uint8Array(VALUE_BYTES);
  const machine: BlockMachine<undefined> = {
    name: "bench",
    initialize: (state) => {
      for (const key of keys) state.set(key, value);
    },
    check: () => ({ ok: true }),
    admit: () => ({ ok: false, code: "not-for-pools" }),
    execute: ({ height }, _, state) => {
      new DataView(value.buffer).setUint32(0, height);
      for (const key of chosen) state.set(key, value);
      return [];
    },
    query: () => ({ ok: false, refusal: "unknown-path" }),
  };
  return Ledger.fromGenesis(
    { machine, chainId: hashAt(-1), hashers: { hash: hashIn, hashLayer } },
    { hash: hashAt(0), timestampMs: 0, application: undefined },
  );
}

/** As an account's: a kind, then an address. */
function keyOf(index: number): Uint8Array {
  const digest = createHash("sha256").update(String(index)).digest();
  return Uint8Array.of(KEY_KIND, ...digest.subarray(0, ADDRESS_BYTES));
}

function hashAt(height: number): Hash {
  return hash(new Uint8Array(32).fill(1).map((_, place) => (height >> (8 * (place & 3))) & 255));
}

function blockAt(height: number): ExecutableBlock {
  return {
    hash: hashAt(height),
    parent: hashAt(height - 1),
    height: height as Height,
    timestampMs: height,
    proposer: address(new Uint8Array(ADDRESS_BYTES)),
    transactions: [],
  };
}

/** Distinct ancestors of the chosen leaves, level by level, on average. */
function expectedNodes(count: number): number {
  let nodes = 0;
  for (let width = Math.ceil(count / 2); ; width = Math.ceil(width / 2)) {
    nodes += width * (1 - (1 - 1 / width) ** KEYS_A_BLOCK);
    if (width === 1) return nodes;
  }
}

/** The same numbers below `bound` in every run: mulberry32. */
function randomIntegers(bound: number): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

function usedBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

if (isMainThread && process.argv[1] === PROGRAM) {
  console.log(JSON.stringify(measureHere(Number(process.argv[3]))));
}
