import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lockDirectory } from "../../../node/storage/index.ts";
import { newFolder, storageError } from "./fixtures.ts";

let beforeLink: (() => void) | undefined;
vi.mock("node:fs/promises", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:fs/promises")>();
  const link: typeof original.link = async (from, to) => {
    beforeLink?.();
    beforeLink = undefined;
    await original.link(from, to);
  };
  return { ...original, link };
});

const procIsThere = process.platform === "linux";

/** A process that does nothing until it is killed. */
async function idleProcess(): Promise<ChildProcess & { readonly pid: number }> {
  const script = "process.stdout.write('up'); setInterval(() => {}, 1000);";
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  return child as unknown as ChildProcess & { readonly pid: number };
}

function bootId(): string {
  return procIsThere ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() : "";
}

/** Field 22 of proc(5)'s stat; node's process name has no spaces. */
function startOf(pid: number): string {
  return procIsThere ? (readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[21] ?? "") : "";
}

type Holder = { readonly pid: number; readonly start: string; readonly boot?: string };

function lockedBy(directory: string, holder: Holder, number = 1): void {
  mkdirSync(directory, { recursive: true });
  const text = `pid ${holder.pid}\nstart ${holder.start}\nboot ${holder.boot ?? bootId()}\n`;
  writeFileSync(join(directory, `lock.${number}`), text);
}

describe("the lock of a data directory", () => {
  test("refuses a second owner and names the first", async () => {
    const directory = newFolder();
    await lockDirectory(directory);
    const error = await storageError("DIRECTORY_LOCKED", () => lockDirectory(directory));
    expect(error.message).toContain(`in use by process ${process.pid}`);
  });

  test("lets the next one in after it was released", async () => {
    const directory = newFolder();
    for (let round = 0; round < 3; round++) {
      const lock = await lockDirectory(directory);
      await storageError("DIRECTORY_LOCKED", () => lockDirectory(directory));
      await lock.release();
    }
    await lockDirectory(directory);
    expect(readdirSync(directory)).toEqual(["lock.4"]);
  });

  test("makes the directory", async () => {
    const directory = join(newFolder(), "deep", "below");
    await lockDirectory(directory);
    expect(readdirSync(directory)).toEqual(["lock.1"]);
  });

  test("names this process as the holder", async () => {
    const directory = newFolder();
    await lockDirectory(directory);
    expect(readFileSync(join(directory, "lock.1"), "utf8")).toBe(
      `pid ${process.pid}\nstart ${startOf(process.pid)}\nboot ${bootId()}\n`,
    );
  });

  test("holds while its process lives and is taken over after kill -9", async () => {
    const directory = newFolder();
    const child = await idleProcess();
    lockedBy(directory, { pid: child.pid, start: startOf(child.pid) });
    await storageError("DIRECTORY_LOCKED", () => lockDirectory(directory));
    child.kill("SIGKILL");
    await once(child, "exit");
    await lockDirectory(directory);
    expect(readdirSync(directory)).toEqual(["lock.2"]);
  });

  test("knows a process without a start time by its pid alone", async () => {
    const directory = newFolder();
    lockedBy(directory, { pid: process.pid, start: "" });
    await storageError("DIRECTORY_LOCKED", () => lockDirectory(directory));
  });

  test.runIf(procIsThere)("is not fooled by a pid that another process got since", async () => {
    const directory = newFolder();
    lockedBy(directory, { pid: process.pid, start: `${Number(startOf(process.pid)) - 1}` });
    await lockDirectory(directory);
  });

  test.runIf(procIsThere)("does not outlive a restart of the machine", async () => {
    const directory = newFolder();
    lockedBy(directory, { pid: process.pid, start: startOf(process.pid), boot: "another-boot" });
    await lockDirectory(directory);
  });

  test("refuses a lock file that it cannot read", async () => {
    const directory = newFolder();
    writeFileSync(join(directory, "lock.1"), "what is this?");
    await storageError("DIRECTORY_LOCKED", () => lockDirectory(directory));
  });

  test("goes to exactly one of many that find it stale", async () => {
    for (let round = 0; round < 10; round++) {
      const directory = newFolder();
      const child = { pid: process.pid, start: "1", boot: "another-boot" };
      lockedBy(directory, child, 5);
      const tries = Array.from({ length: 12 }, () => lockDirectory(directory));
      const results = await Promise.allSettled(tries);
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(readdirSync(directory)).toEqual(["lock.6"]);
    }
  });

  test("is not taken below one that two other processes passed on meanwhile", async () => {
    const directory = newFolder();
    lockedBy(directory, { pid: process.pid, start: "1", boot: "another-boot" }, 5);
    beforeLink = () => {
      // One took number 6 and died, the next took number 7, lives, and has cleaned up.
      lockedBy(directory, { pid: process.pid, start: startOf(process.pid) }, 7);
      rmSync(join(directory, "lock.5"));
    };
    await storageError("DIRECTORY_LOCKED", () => lockDirectory(directory));
    expect(readdirSync(directory)).toEqual(["lock.7"]);
  });

  test("says which directory it could not lock", async () => {
    const file = join(newFolder(), "file");
    writeFileSync(file, "");
    const error = await storageError("IO", () => lockDirectory(file));
    expect(error.path).toBe(file);
  });
});
