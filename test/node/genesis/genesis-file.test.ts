// genesis.json on disk.

import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { exitCodeOf } from "../../../node/cli/exit-codes.ts";
import {
  describeGenesisRefusal,
  GenesisError,
  type GenesisRefusal,
  genesisJson,
  readGenesis,
} from "../../../node/genesis/index.ts";
import { changed, genesis } from "./fixtures.ts";

async function fileWith(content: string | Uint8Array): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "quorate-genesis-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = join(dir, "genesis.json");
  await writeFile(file, content);
  return file;
}

async function failureOf(file: string): Promise<GenesisError> {
  const error = await readGenesis(file).catch((thrown: unknown) => thrown);
  if (!(error instanceof GenesisError)) throw new Error("expected a GenesisError");
  expect(error.message).toContain(file);
  expect(error.remedy).toMatch(/^[A-Z].*\.$/);
  expect(exitCodeOf(error)).toBe(3);
  return error;
}

describe("readGenesis", () => {
  test("reads what was written", async () => {
    expect(await readGenesis(await fileWith(genesisJson(genesis)))).toEqual(genesis);
  });

  test("says that there is no such file", async () => {
    const file = join(await fileWith(""), "..", "other.json");
    expect(await failureOf(file)).toMatchObject({
      code: "GENESIS_UNREADABLE",
      message: `there is no genesis file: ${file}`,
    });
  });

  test("says that it cannot be read, and why", async () => {
    const error = await failureOf(join(await fileWith(""), ".."));
    expect(error).toMatchObject({ code: "GENESIS_UNREADABLE", cause: { code: "EISDIR" } });
  });

  test("does not read a file that is too large", async () => {
    const file = await fileWith("");
    await truncate(file, 32 * 1024 * 1024 + 1);
    const error = await failureOf(file);
    expect(error.code).toBe("GENESIS_UNREADABLE");
    expect(error.message).toContain("33554433 bytes");
  });

  test("says that it is no text", async () => {
    const error = await failureOf(await fileWith(Uint8Array.of(0xff, 0xfe)));
    expect(error).toMatchObject({ code: "GENESIS_UNREADABLE" });
    expect(error.message).toContain("no text");
  });

  test("says what is wrong with it, and where", async () => {
    const text = changed((json) => {
      json.validators[1].power = 0;
    });
    const error = await failureOf(await fileWith(text));
    expect(error.code).toBe("GENESIS_INVALID");
    expect(error.message).toContain("validators[1].power must be an integer in 1..1000000000");
    expect(error.refusal).toMatchObject({ refusal: "wrong-value", path: "validators[1].power" });
  });
});

test.each<[GenesisRefusal, string]>([
  [{ refusal: "not-json", path: "", detail: "Unexpected end" }, "no JSON: Unexpected end"],
  [{ refusal: "unknown-key", path: "nam", nearest: "name" }, "nam is not known; name?"],
  [{ refusal: "unknown-key", path: "x" }, "x is not known"],
  [{ refusal: "missing-key", path: "name", expected: "a name" }, "name is missing: a name"],
  [{ refusal: "wrong-value", path: "", expected: "an object" }, "the document must be an object"],
  [{ refusal: "duplicate-key", path: "b", first: "a" }, "b is the key of a too"],
  [{ refusal: "duplicate-address", path: "b", first: "a" }, "b is the address of a too"],
  [
    { refusal: "supply-too-large", path: "accounts", supply: 9n, limit: 8n },
    "the balances come to 9, at most 8",
  ],
  [
    { refusal: "heartbeat-too-fast", path: "p", emptyBlockIntervalMs: 1, blockIntervalMs: 2 },
    "p is 1, less than blockIntervalMs 2",
  ],
])("describes the refusal $0.refusal to people", (refusal, text) => {
  expect(describeGenesisRefusal(refusal)).toBe(text);
});
