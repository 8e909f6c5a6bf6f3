import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { at, newFolder, textOf } from "./fixtures.ts";
import { openWritten, rootAt, stateAt } from "./state-writer.ts";

const PROGRAM = fileURLToPath(
  new URL("../../../dist/test/node/storage/state-writer.js", import.meta.url),
);
const SEED = 20_261_121;
const KILLS = 6;

/** Lets a process write to the store, kills it once so many heights were said to be durable; answers the last one. */
async function killedAfter(directory: string, lines: number): Promise<number> {
  const child = spawn(process.execPath, [PROGRAM, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let seen = 0;
  let last = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    seen += 1;
    if (seen === lines) child.kill("SIGKILL");
  }
  expect(await ended).toEqual([null, "SIGKILL"]);
  return last;
}

test(`a state on disk is the state of exactly one height, whenever its process is killed (seed ${SEED})`, async () => {
  const directory = newFolder();
  let random = SEED;
  for (let kill = 0; kill < KILLS; kill++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    const durable = await killedAfter(directory, 1 + ((random >>> 8) % 8));
    const store = openWritten(directory);
    const state = store.load();
    const height = state?.height ?? 0;
    expect(height).toBeGreaterThanOrEqual(durable);
    expect(state?.stateRoot).toEqual(rootAt(height));
    const entries = [...(state?.entries ?? [])];
    const found = new Map(entries.map(({ key, value }) => [textOf(key), textOf(value)]));
    expect(found).toEqual(stateAt(height));
    for (const [each, isThere] of [
      [height, true],
      [height + 1, false],
    ] as const) {
      expect(store.transaction(rootAt(each)) !== undefined).toBe(isThere);
      expect(store.receiptsAt(at(each)) !== undefined).toBe(isThere);
    }
    await store.close();
  }
});
