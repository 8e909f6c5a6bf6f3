import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { blockHash, commitCertCodec, type Evidence, type Halt } from "../../../consensus/index.ts";
import { encode, type Height, toHex, type View } from "../../../crypto/index.ts";
import { exitCodeOf } from "../../../node/cli/exit-codes.ts";
import type { Receipt } from "../../../node/ledger/index.ts";
import {
  type Contradiction,
  HaltError,
  recordHalt,
  refuseAfterHalt,
  withBundle,
} from "../../../node/runtime/halt.ts";
import { type ComputedBlock, readHaltBundle } from "../../../node/runtime/halt-bundle.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, committee } from "../replica/fixtures.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-halt-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cert = committee.commitCert(block(1), { stateRoot: hashOf("theirs") });
const halt: Halt = {
  reason: "state-diverged",
  height: 1 as Height,
  view: 9 as View,
  ours: hashOf("ours"),
  theirs: hashOf("theirs"),
  cert,
};
const vote = committee.vote(block(1), { by: 2 });
const evidence: Evidence = { offender: 2, view: 1 as View, first: vote, second: vote };
const owner = { chainId: hashOf("chain"), application: "ledger", version: "1.2.3" };
const receipt: Receipt = {
  transaction: hashOf("transaction"),
  index: 0,
  result: "failed",
  code: "no-funds",
  feePaid: 2n ** 64n - 1n,
  output: Uint8Array.of(7),
};
const computed: ComputedBlock = {
  hash: blockHash(block(1)),
  height: 1 as Height,
  parent: hashOf("parent"),
  parentRoot: hashOf("parent's state"),
  stateRoot: hashOf("ours"),
  receipts: [receipt],
  changes: [
    { key: Uint8Array.of(1, 2), value: Uint8Array.of(3) },
    { key: Uint8Array.of(4), value: undefined },
  ],
};
const found: Contradiction = { halt, evidence: [], computed, block: Uint8Array.of(5, 6) };

function record(contradiction: Contradiction): HaltError {
  return recordHalt(folder, contradiction, owner);
}

describe("a halt", () => {
  test("leaves a bundle with all that people need to compare", () => {
    record({ halt, evidence: [evidence] });
    const bundle: unknown = JSON.parse(readFileSync(join(folder, "halt.json"), "utf8"));
    expect(bundle).toMatchObject({
      reason: "state-diverged",
      height: "1",
      view: "9",
      ours: toHex(hashOf("ours")),
      theirs: toHex(hashOf("theirs")),
      certificate: toHex(encode(commitCertCodec, cert)),
      evidence: [{ offender: 2 }],
      chainId: toHex(hashOf("chain")),
      application: "ledger",
      versions: { quorate: "1.2.3", node: process.version },
    });
  });

  test("leaves all that this validator computed, to be read again as it was", () => {
    record(found);
    expect(readHaltBundle(folder)).toEqual({
      reason: "state-diverged",
      height: 1,
      ours: hashOf("ours"),
      theirs: hashOf("theirs"),
      computed: { ...computed, isCut: false },
      below: [],
      block: Uint8Array.of(5, 6),
    });
  });

  test("leaves what it computed for the oldest of the blocks below, each within its bounds", () => {
    const large = Array.from({ length: 1_025 }, () => receipt);
    const below = Array.from({ length: 9 }, (_, at) => {
      const receipts = at === 1 ? large : [receipt];
      return { ...computed, height: (at + 1) as Height, receipts };
    });
    record({ ...found, below });
    const read = readHaltBundle(folder)?.below ?? [];
    expect(read.map(({ height }) => height)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(read[0]).toEqual({ ...below[0], isCut: false });
    expect(read[1]).toMatchObject({ isCut: true });
    expect(read[1]?.receipts.length).toBe(1_024);
  });

  test("leaves a block out that is too large, and says how large", () => {
    record({ ...found, block: new Uint8Array(4 * 2 ** 20 + 1) });
    const bundle: unknown = JSON.parse(readFileSync(join(folder, "halt.json"), "utf8"));
    expect(bundle).toMatchObject({ blockBytes: 4 * 2 ** 20 + 1 });
    expect(readHaltBundle(folder)?.block).toBeUndefined();
  });

  test("leaves the changes out that are too many, and says so", () => {
    const change = { key: Uint8Array.of(1), value: undefined };
    const changes = Array.from({ length: 65_537 }, () => change);
    record({ ...found, computed: { ...computed, changes } });
    const bundle = readHaltBundle(folder);
    expect(bundle?.computed?.isCut).toBe(true);
    expect(bundle?.computed?.changes.length).toBe(65_536);
  });

  test("leaves the changes out that are too long together, and says so", () => {
    const change = { key: Uint8Array.of(1), value: new Uint8Array(3 * 2 ** 20) };
    record({ ...found, computed: { ...computed, changes: [change, change] } });
    expect(readHaltBundle(folder)?.computed?.changes.length).toBe(1);
  });

  test("leaves nothing half written beside it", () => {
    record({ halt, evidence: [] });
    expect(readdirSync(folder)).toEqual(["halt.json"]);
  });

  test("ends with an error that says what happened and what not to do", () => {
    const error = record({ halt, evidence: [] });
    expect(error).toBeInstanceOf(HaltError);
    expect(error.message).toContain("state-diverged at height 1");
    expect(error.message).toContain("Do not restart");
    expect(exitCodeOf(error)).toBe(7);
  });

  test("ends with that error even when the bundle cannot be written", () => {
    const error = recordHalt(join(folder, "no such folder"), { halt, evidence: [] }, owner);
    expect(error).toBeInstanceOf(HaltError);
    expect(error.cause).toMatchObject({ code: "ENOENT" });
  });
});

describe("a contradiction that is found while a validator starts", () => {
  test("leaves a bundle, too", () => {
    const error = withBundle(folder, new HaltError("diverged", found), owner);
    expect(error).toMatchObject({ code: "SAFETY_HALT" });
    expect(readHaltBundle(folder)?.computed).toEqual({ ...computed, isCut: false });
  });

  test("is not made of any other failure", () => {
    const failure = new Error("the disk is full");
    expect(withBundle(folder, failure, owner)).toBe(failure);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a bundle", () => {
  test("is not there where nothing has halted", () => {
    expect(readHaltBundle(folder)).toBeUndefined();
  });

  test.each(["", "{", "null", '{"reason":1}'])("that is %o is damage", (text) => {
    writeFileSync(join(folder, "halt.json"), text);
    expect(() => readHaltBundle(folder)).toThrow(expect.objectContaining({ code: "LOG_DAMAGED" }));
  });
});

describe("a start", () => {
  test("goes on where nothing has halted", () => {
    expect(() => refuseAfterHalt(folder)).not.toThrow();
  });

  test("is refused after a halt, with the reason", () => {
    record({ halt, evidence: [] });
    expect(() => refuseAfterHalt(folder)).toThrow(HaltError);
    expect(() => refuseAfterHalt(folder)).toThrow("state-diverged");
  });

  test.each(["", "{", "null", "[]"])("is refused after a halt whose bundle is %o", (text) => {
    writeFileSync(join(folder, "halt.json"), text);
    expect(() => refuseAfterHalt(folder)).toThrow(HaltError);
  });
});
