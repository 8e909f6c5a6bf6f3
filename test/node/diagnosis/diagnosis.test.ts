import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Height, toHex } from "../../../crypto/index.ts";
import {
  type Diagnosis,
  type Difference,
  describeDifference,
  diagnose,
  differenceRecord,
  openDataDirectory,
  type Progress,
} from "../../../node/diagnosis/index.ts";
import {
  accountKey,
  readStoredValue,
  recordKey,
  type StateWriter,
} from "../../../node/ledger/index.ts";
import { lockDirectory, openBlockStore, openStateStore } from "../../../node/storage/index.ts";
import {
  addressNamed,
  chain,
  honest,
  type Life,
  nodeDirectory,
  putBlock,
  root,
  strayingAt,
} from "./fixtures.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-diagnosis-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const payments = [
  [{ to: "bob" }, { to: "dave" }],
  [{ to: "carol" }, { to: "dave" }, { to: "erin" }, { to: "dave" }],
  [{ to: "bob" }],
  [{ to: "frank" }],
];
const blocks = chain(payments);
/** The second transaction of the second block. */
const daves = blocks[1]?.ids[1];
const davesKey = accountKey(addressNamed("dave"));

/** Under dave's name, out of nothing. */
const enriching = strayingAt(daves, (state) => {
  const account = state.get(davesKey)?.slice() ?? new Uint8Array(17);
  account[7] = 99;
  state.set(davesKey, account);
  return undefined;
});

async function compare(
  a: Life,
  b: Life,
  onProgress?: (progress: Progress) => void,
): Promise<Diagnosis> {
  const first = await openDataDirectory(await nodeDirectory(join(folder, "a"), a));
  const second = await openDataDirectory(await nodeDirectory(join(folder, "b"), b));
  try {
    const given = { a: first, b: second, application: honest };
    return diagnose({ ...given, ...(onProgress && { onProgress }) });
  } finally {
    await first.close();
    await second.close();
  }
}

async function differenceOf(a: Life, b: Life): Promise<Difference> {
  const diagnosis = await compare(a, b);
  if (diagnosis.type === "equal") throw new Error("no difference");
  return diagnosis.difference;
}

function shown(stored: Uint8Array | undefined): string | undefined {
  return stored && toHex(readStoredValue(stored)?.value ?? new Uint8Array());
}

describe("two validators that agree", () => {
  test("are equal at one height", async () => {
    expect(await compare({ blocks }, { blocks })).toEqual({ type: "equal", height: 4 });
  });

  test("are equal at two heights: the lower one catches up", async () => {
    const lower = { blocks: blocks.slice(0, 1) };
    expect(await compare(lower, { blocks })).toEqual({ type: "equal", height: 4 });
    rmSync(folder, { recursive: true });
    expect(await compare({ blocks }, lower)).toEqual({ type: "equal", height: 4 });
  });

  test("are told how far the comparison is, where it is long", async () => {
    const long = chain(Array.from({ length: 300 }, () => [{ to: "bob" }]));
    const at = { height: 256, of: 300 };
    const told: Progress[] = [];
    const tell = (progress: Progress) => told.push(progress);
    await compare({ blocks: long }, { blocks: long }, tell);
    expect(told.splice(0)).toEqual([
      { doing: "comparing blocks", ...at },
      { doing: "comparing receipts", ...at },
    ]);
    rmSync(folder, { recursive: true });
    await compare({ blocks: long, stateAt: 1 }, { blocks: long }, tell);
    expect(told.at(-1)).toEqual({ doing: "executing again", ...at });
  });

  test("are equal when both halted over the same state", async () => {
    const life = { blocks: blocks.slice(0, 2), machine: enriching, stateAt: 1, haltedAt: 2 };
    expect(await compare(life, life)).toMatchObject({ type: "equal" });
  });
});

describe("a validator that halted", () => {
  const halted = { blocks: blocks.slice(0, 2), machine: enriching, stateAt: 1, haltedAt: 2 };

  test("differs in the block that it halted over, in a transaction, in a key", async () => {
    const difference = await differenceOf(halted, { blocks, certified: [1, 2, 3, 4] });
    expect(difference).toMatchObject({ height: 2, after: 1, kind: "outcome" });
    expect(difference.transaction).toMatchObject({ id: daves, index: 1 });
    expect(difference.key?.key).toEqual(davesKey);
  });

  test.each([
    { what: "a certificate says so", certified: [1, 2, 3, 4] },
    { what: "executing it again says so", certified: [1, 3] },
  ])("over a later block went wrong where $what", async ({ certified }) => {
    const later = { blocks: blocks.slice(0, 3), machine: enriching, stateAt: 1, haltedAt: 3 };
    for (const stateAt of [4, 3]) {
      const difference = await differenceOf(later, { blocks, certified, stateAt });
      expect(difference).toMatchObject({ height: 2, after: 1, kind: "outcome" });
      expect(difference.transaction).toMatchObject({ id: daves, index: 1 });
      expect(difference.key?.key).toEqual(davesKey);
      expect(shown(difference.key?.values.a)).toBe(`0x${"0".repeat(14)}64${"0".repeat(18)}`);
      rmSync(folder, { recursive: true });
    }
  });

  test("is told with the receipt that only its bundle has", async () => {
    const machine = strayingAt(daves, () => ({ ok: false, code: "out-of-luck" }));
    const unlucky = { ...halted, machine };
    const { transaction } = await differenceOf(unlucky, { blocks, certified: [1, 2, 3, 4] });
    expect(transaction).toMatchObject({
      id: daves,
      index: 1,
      receipts: { a: { result: "failed" }, b: { result: "ok" }, again: { result: "ok" } },
    });
  });

  test("is told apart from what the quorum signed, and from executing again", async () => {
    const { stateRoots } = await differenceOf(halted, { blocks, certified: [1, 2, 3, 4] });
    expect(stateRoots.certified).toBeDefined();
    expect(stateRoots.b).toEqual(stateRoots.certified);
    expect(stateRoots.again).toEqual(stateRoots.certified);
    expect(stateRoots.a).not.toEqual(stateRoots.certified);
  });

  test("is told with both values of the key", async () => {
    const { key } = await differenceOf(halted, { blocks, certified: [1, 2, 3, 4] });
    expect(shown(key?.values.a)).toBe(`0x${"0".repeat(14)}64${"0".repeat(18)}`);
    expect(shown(key?.values.b)).toBe(`0x${"0".repeat(14)}03${"0".repeat(18)}`);
    expect(key?.values.again).toEqual(key?.values.b);
  });

  test("is told as well when it is named second", async () => {
    const difference = await differenceOf({ blocks, certified: [1, 2, 3, 4] }, halted);
    expect(difference).toMatchObject({ height: 2, transaction: { id: daves } });
    expect(shown(difference.key?.values.b)).toContain("64");
    expect(shown(difference.key?.values.a)).not.toContain("64");
  });

  test("is compared with one that stopped in the very block", async () => {
    const { key } = await differenceOf(halted, { blocks: blocks.slice(0, 2), certified: [1, 2] });
    expect(key?.key).toEqual(davesKey);
    expect(key?.count).toBe(1);
    expect(key?.values.again).toEqual(key?.values.b);
  });

  test("is compared with one that stopped long before", async () => {
    const difference = await differenceOf(halted, { blocks: blocks.slice(0, 1) });
    expect(difference).toMatchObject({ height: 2, after: 1, transaction: { id: daves } });
    expect(difference.key?.key).toEqual(davesKey);
  });

  test("is found out though its state went past the block before the certificate came", async () => {
    const late = { blocks: blocks.slice(0, 3), machine: enriching, haltedAt: 2 };
    const difference = await differenceOf(late, { blocks, certified: [1, 2, 3, 4] });
    expect(difference).toMatchObject({ height: 2, transaction: { id: daves } });
    expect(difference.key?.key).toEqual(davesKey);
  });
});

describe("a validator that halted later than it went astray", () => {
  test("differs where it halted or since they last agreed, in the key of the block that nobody certified", async () => {
    const halted = {
      blocks: blocks.slice(0, 3),
      machine: enriching,
      stateAt: 2,
      haltedAt: 3,
      certified: [1],
    };
    const difference = await differenceOf(halted, { blocks, certified: [1, 3, 4] });
    expect(difference).toMatchObject({ height: 3, after: 1, key: { key: davesKey } });
    expect(difference.stateRoots.again).toEqual(difference.stateRoots.certified);
    expect(difference.transaction).toBeUndefined();
  });
});

describe("two validators that differ and did not notice", () => {
  test("differ in the first block with another receipt, and in that transaction", async () => {
    const machine = strayingAt(daves, () => ({ ok: false, code: "out-of-luck" }));
    const difference = await differenceOf({ blocks, machine }, { blocks });
    expect(difference).toMatchObject({
      height: 2,
      kind: "outcome",
      transaction: {
        id: daves,
        index: 1,
        receipts: { a: { result: "failed" }, b: { result: "ok" }, again: { result: "ok" } },
      },
    });
  });

  test("differ in an account before the ledger's own keys, which follow from it", async () => {
    const machine = strayingAt(daves, () => ({ ok: false, code: "out-of-luck" }));
    const both = blocks.slice(0, 2);
    const { key } = await differenceOf({ blocks: both, machine }, { blocks: both });
    expect(key?.key[0]).toBe(davesKey[0]);
    expect(key?.count).toBeGreaterThan(1);
  });

  test("differ in a key where all receipts are the same, somewhere after they last agreed", async () => {
    const a = { blocks, machine: enriching, certified: [1] };
    const difference = await differenceOf(a, { blocks, certified: [1] });
    expect(difference).toMatchObject({ height: 4, after: 1, kind: "outcome" });
    expect(difference.key?.key).toEqual(davesKey);
  });

  test("differ in a key though they stopped at two heights", async () => {
    const a = { blocks: blocks.slice(0, 2), machine: enriching };
    const difference = await differenceOf(a, { blocks });
    expect(difference).toMatchObject({ height: 4, after: 0, key: { key: davesKey } });
  });

  test("differ at the height of a stored state that the other one's certificate contradicts", async () => {
    const a = { blocks: blocks.slice(0, 2), machine: enriching, certified: [1] };
    const difference = await differenceOf(a, { blocks, certified: [1, 2] });
    expect(difference).toMatchObject({ height: 2, after: 1, transaction: { id: daves } });
    expect(difference.key?.key).toEqual(davesKey);
    expect(difference.key?.values.b).toEqual(difference.key?.values.again);
  });

  test("differ in the place of a key when only the order of the writes was another", async () => {
    const [one, two] = ["one", "two"].map((name) => recordKey(new TextEncoder().encode(name)));
    const write = (keys: readonly (Uint8Array | undefined)[]) =>
      strayingAt(daves, (state: StateWriter) => {
        for (const key of keys) if (key !== undefined) state.set(key, Uint8Array.of(7));
        return undefined;
      });
    const difference = await differenceOf(
      { blocks, machine: write([one, two]) },
      { blocks, machine: write([two, one]) },
    );
    const { values } = difference.key ?? { values: { a: undefined, b: undefined } };
    expect(shown(values.a)).toBe(shown(values.b));
    expect(readStoredValue(values.a ?? new Uint8Array())?.slot).not.toBe(
      readStoredValue(values.b ?? new Uint8Array())?.slot,
    );
  });
});

describe("two validators with different blocks", () => {
  test("differ in the first block that is not the same", async () => {
    const rival = chain(payments, { forkAt: 2 });
    const difference = await differenceOf({ blocks }, { blocks: rival });
    expect(difference).toMatchObject({ height: 2, after: 1, kind: "block" });
    expect(difference.blocks).toEqual({ a: blocks[1]?.hash, b: rival[1]?.hash });
  });
});

describe("a difference in words", () => {
  test("names block, transaction and key for people", async () => {
    const halted = { blocks: blocks.slice(0, 2), machine: enriching, stateAt: 1, haltedAt: 2 };
    const difference = await differenceOf(halted, { blocks, certified: [1, 2, 3, 4] });
    const rows = new Map(describeDifference(difference, { a: "one", b: "other" }));
    expect(rows.get("block")).toBe(`height 2 ${toHex(blocks[1]?.hash ?? new Uint8Array())}`);
    expect(rows.get("transaction")).toBe(`1 ${toHex(daves ?? new Uint8Array())}`);
    expect(rows.get("key")).toMatch(/^account qr1/);
    expect(rows.get("  one")).toMatch(/^balance 100, nonce 0 in slot \d+$/);
    expect(rows.get("  other")).toMatch(/^balance 3, nonce 0 in slot \d+$/);
  });

  test("is one JSON object for programs", async () => {
    const machine = strayingAt(daves, () => ({ ok: false, code: "out-of-luck" }));
    const difference = await differenceOf({ blocks, machine }, { blocks });
    const record = JSON.parse(JSON.stringify(differenceRecord(difference)));
    expect(record).toMatchObject({
      height: 2,
      kind: "outcome",
      transaction: {
        hash: toHex(daves ?? new Uint8Array()),
        receipts: { a: { code: "out-of-luck" } },
      },
    });
  });
});

describe("a directory is refused", () => {
  test("while its validator runs, and nothing is touched", async () => {
    const directory = await nodeDirectory(join(folder, "a"), { blocks });
    const data = join(directory, "data");
    const lock = await lockDirectory(data);
    const before = readdirSync(data);
    await expect(openDataDirectory(directory)).rejects.toMatchObject({ code: "DIRECTORY_LOCKED" });
    expect(readdirSync(data)).toEqual(before);
    await lock.release();
  });

  test("without data, and none is made", async () => {
    const directory = await nodeDirectory(join(folder, "a"), { blocks });
    const data = join(directory, "data");
    rmSync(data, { recursive: true });
    await expect(openDataDirectory(directory)).rejects.toMatchObject({ code: "IO" });
    expect(readdirSync(directory)).toEqual(["config.json", "genesis.json"]);
  });

  test("whose state is not what its root says", async () => {
    const directory = await nodeDirectory(join(folder, "a"), { blocks });
    const identity = root.validators.chainId;
    const stateStore = openStateStore({ directory: join(directory, "data"), identity });
    const { stateRoot } = stateStore.load() ?? { stateRoot: identity };
    const changes = [{ key: davesKey, value: undefined }];
    stateStore.commit({ height: 5 as Height, stateRoot, changes, transactions: [] });
    await stateStore.close();
    const [last] = chain([...payments, []]).slice(-1);
    const { store } = await openBlockStore({ directory: join(directory, "data"), identity });
    if (last === undefined) throw new Error("a block");
    putBlock(store, last, undefined, 5);
    await store.close();
    const other = await openDataDirectory(await nodeDirectory(join(folder, "b"), { blocks }));
    const damaged = await openDataDirectory(directory);
    const diagnosis = () => diagnose({ a: damaged, b: other, application: honest });
    expect(diagnosis).toThrow(expect.objectContaining({ code: "LOG_DAMAGED" }));
    await damaged.close();
    await other.close();
  });

  test("without a state", async () => {
    const directory = await nodeDirectory(join(folder, "a"), { blocks });
    rmSync(join(directory, "data", "state"), { recursive: true });
    await expect(openDataDirectory(directory)).rejects.toThrow("has no state yet");
    expect(readdirSync(join(directory, "data"))).not.toContain("state");
  });
});
