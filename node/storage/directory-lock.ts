// One process per data directory. The lock is the file `lock.<n>` with the highest n: it names a process, and whoever
// finds that process gone makes `lock.<n+1>`, which the file system lets only one do. The highest file is never
// removed, so nobody with an old view of the directory can slip in below. Processes are told apart by pid, start time
// and boot (from /proc where there is one); processes in another pid namespace or on another machine are not seen.

import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ioError, StorageError } from "./storage-error.ts";

export type DirectoryLock = {
  /** Lets another process in. The end of the process, however it comes, does the same. */
  readonly release: () => Promise<void>;
};

/** `start` is empty where the system does not tell when a process began; pid 0 is a lock that was given back. */
type Holder = { readonly pid: number; readonly start: string; readonly boot: string };

const LOCK_PATTERN = /^lock\.(\d{1,15})$/;
const HOLDER_PATTERN = /^pid (\d{1,10})\nstart (\d*)\nboot (\S*)\n$/;
const RELEASED: Holder = { pid: 0, start: "", boot: "" };
/** Each further try means that another process moved in between; then it has the lock. */
const MAX_TRIES = 16;

/** @throws {StorageError} DIRECTORY_LOCKED with the pid of the holder, or IO */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const draft = join(directory, `.lock-${process.pid}-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeHolder(draft, await ownHolder());
    try {
      const path = await acquire(directory, draft);
      return { release: () => release(path) };
    } finally {
      await rm(draft, { force: true });
    }
  } catch (error) {
    throw ioError(error, { what: "locking the data directory", path: directory });
  }
}

async function acquire(directory: string, draft: string): Promise<string> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const [highest = 0] = await locksIn(directory);
    if (highest > 0) await refuseLiving(directory, highest);
    const own = highest + 1;
    const path = join(directory, lockName(own));
    if (!(await linkNew(draft, path))) continue;
    const [newest, ...older] = await locksIn(directory);
    if (newest === own) {
      for (const number of older) await rm(join(directory, lockName(number)), { force: true });
      return path;
    }
    // Our view of the directory was old: the number had been used and removed before.
    await rm(path, { force: true });
  }
  throw locked(directory, "several processes contend for the data directory");
}

async function refuseLiving(directory: string, number: number): Promise<void> {
  const path = join(directory, lockName(number));
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    // Replaced by a newer lock just now; the next try sees that one.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const match = HOLDER_PATTERN.exec(text);
  if (match === null) throw locked(path, "the lock file is not readable");
  const [, pid = "", start = "", boot = ""] = match;
  if (await isAlive({ pid: Number(pid), start, boot })) {
    throw locked(directory, `the data directory is in use by process ${pid}`);
  }
}

function locked(path: string, what: string): StorageError {
  return new StorageError({
    code: "DIRECTORY_LOCKED",
    what,
    path,
    remedy: "Stop that process first: two validators with one key would sign against each other.",
  });
}

/** The numbers of the lock files, highest first. */
async function locksIn(directory: string): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (const name of await readdir(directory)) {
    const digits = LOCK_PATTERN.exec(name)?.[1];
    if (digits !== undefined) numbers.push(Number(digits));
  }
  return numbers.sort((left, right) => right - left);
}

function lockName(number: number): string {
  return `lock.${number}`;
}

/** Gives the finished draft a second name, unless that name is taken. */
async function linkNew(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function release(path: string): Promise<void> {
  const draft = `${path}.released`;
  try {
    await writeHolder(draft, RELEASED);
    await rename(draft, path);
  } catch (error) {
    throw ioError(error, { what: "releasing the data directory", path });
  }
}

function writeHolder(path: string, { pid, start, boot }: Holder): Promise<void> {
  return writeFile(path, `pid ${pid}\nstart ${start}\nboot ${boot}\n`, { mode: 0o600 });
}

async function ownHolder(): Promise<Holder> {
  const start = (await startOf(process.pid)) ?? "";
  return { pid: process.pid, start, boot: await bootId() };
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.pid === RELEASED.pid) return false;
  if (holder.boot !== (await bootId())) return false;
  if (holder.start === "") return answersSignal(holder.pid);
  return (await startOf(holder.pid)) === holder.start;
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to someone else.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** When a process began, in ticks since boot; undefined if there is none, or only a zombie, or no /proc. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readOptional(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name of the program, in parentheses, may hold spaces; the state is the first field after it, and the start
  // time the twentieth.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

async function bootId(): Promise<string> {
  return (await readOptional("/proc/sys/kernel/random/boot_id"))?.trim() ?? "";
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
