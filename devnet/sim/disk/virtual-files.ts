// The disk of one simulated machine: the seam of the storage floor, in memory and synchronous, with every fault that a
// disk is known for. Directories themselves are durable at once; their entries are after `syncDirectory`.

import { basename, dirname } from "node:path";
import { assert } from "../../../crypto/index.ts";
import type { Disk } from "../../../node/storage/index.ts";
import type { Random } from "../../random/index.ts";
import { type CutOdds, VirtualFile } from "./virtual-file.ts";

/** What changes the disk or makes a change durable: the points at which the power may go. */
export type DiskOperation =
  | "create"
  | "write"
  | "sync"
  | "truncate"
  | "rename"
  | "remove"
  | "syncDirectory";

/** The process is gone in the middle of what it did. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
  readonly operation: number;

  constructor(operation: number, during: string) {
    super(`the power went at operation ${operation} of the disk, ${during}`);
    this.operation = operation;
  }
}

/** Whole files under their names, as a backup has them. */
export type DiskImage = ReadonlyMap<string, Uint8Array>;

export type VirtualFilesOptions = {
  readonly random: Random;
  readonly odds?: Partial<CutOdds>;
};

/** A create, rename or removal that its directory does not hold yet, and what stood there before. */
type EntryChange = {
  readonly directory: string;
  readonly before: readonly (readonly [path: string, file: VirtualFile | undefined])[];
};

type Failure = { readonly code: "EIO" | "ENOSPC"; left: number };

const EVEN_ODDS: CutOdds = { inOrder: 0.5, kept: 4, lost: 4, torn: 4, duplicated: 1 };

export class VirtualFiles implements Disk {
  /** The disk says that it has synced, and has not. */
  ignoresSyncs = false;
  /** Every write fails with ENOSPC. */
  isFull = false;
  odds: CutOdds;
  readonly #random: Random;
  #names = new Map<string, VirtualFile>();
  #entries: EntryChange[] = [];
  readonly #handles = new Map<number, VirtualFile>();
  #nextHandle = 3;
  /** Handles below it belong to a process that is gone. */
  #firstHandle = 3;
  #operations = 0;
  #cutAt: number | undefined;
  #powerCut: PowerCut | undefined;
  readonly #failures = new Map<DiskOperation, Failure>();

  constructor({ random, odds }: VirtualFilesOptions) {
    this.#random = random;
    this.odds = { ...EVEN_ODDS, ...odds };
  }

  // --- Faults ----------------------------------------------------------------------------------------------------

  /** Operations so far, over all lives of the machine. */
  get operations(): number {
    return this.#operations;
  }

  /** Why nothing works: set from a power cut on, until `powerOn`. */
  get powerCut(): PowerCut | undefined {
    return this.#powerCut;
  }

  /** The power goes in the middle of the n-th operation, counted like `operations`. */
  cutPowerAt(operation: number): void {
    assert(operation > this.#operations, "an operation of the past cannot be cut");
    this.#cutAt = operation;
  }

  cutPower(during = "between two operations"): PowerCut {
    if (this.#powerCut !== undefined) return this.#powerCut;
    this.#loseEntries();
    // Files that lost their name before they were synced matter no more.
    for (const file of new Set(this.#names.values())) file.losePower(this.#random, this.odds);
    return this.#endProcess(during);
  }

  /** The process dies and the system lives: what was written is there, synced or not. */
  kill(): void {
    this.#endProcess("by a kill of the process");
  }

  powerOn(): void {
    this.#powerCut = undefined;
  }

  /** The next operations of this kind throw; of a failed write a part may be there. */
  fail(operation: DiskOperation, code: "EIO" | "ENOSPC", times = 1): void {
    this.#failures.set(operation, { code, left: times });
  }

  /** The disk is as good as new. */
  heal(): void {
    this.#failures.clear();
    this.ignoresSyncs = false;
    this.isFull = false;
    this.#cutAt = undefined;
  }

  image(): DiskImage {
    return new Map([...this.#names].map(([path, file]) => [path, file.content()]));
  }

  /** An old disk in the place of this one. */
  restore(image: DiskImage): void {
    this.#endProcess("for another disk");
    this.#entries = [];
    this.#names = new Map([...image].map(([path, bytes]) => [path, new VirtualFile(bytes)]));
  }

  /** A new disk, and an empty one. */
  wipe(): void {
    this.restore(new Map());
  }

  /** Bits rot: one bit of a file is another one, durably. */
  flipBit(path: string, offset: number, bit = 0): void {
    const image = this.image();
    const content = image.get(path);
    assert(content !== undefined && offset < content.length, "a bit rots where there is one");
    content[offset] = (content[offset] ?? 0) ^ (1 << bit);
    this.restore(image);
  }

  // --- The seam --------------------------------------------------------------------------------------------------

  readonly open = (path: string, mode: "read" | "write" | "create"): number => {
    this.#assertPower();
    if (mode === "create") this.#create(path);
    const handle = this.#nextHandle++;
    this.#handles.set(handle, this.#named(path));
    return handle;
  };

  readonly size = (handle: number): number => this.#file(handle).size;

  readonly read = (handle: number, target: Uint8Array, offset: number): number =>
    this.#file(handle).read(target, offset);

  readonly write = (handle: number, bytes: Uint8Array, offset: number): void => {
    const file = this.#file(handle);
    this.#begin("write", () => {
      file.write(bytes.subarray(0, this.#random.between(0, bytes.length)), offset);
    });
    file.write(bytes, offset);
    this.#maybeCut("write");
  };

  readonly dataSync = (handle: number): void => {
    const file = this.#file(handle);
    this.#begin("sync", () => file.failSync());
    this.#maybeCut("sync");
    if (!this.ignoresSyncs) file.sync();
  };

  readonly dataSyncAsync = async (handle: number): Promise<void> => this.dataSync(handle);

  readonly truncate = (handle: number, length: number): void => {
    const file = this.#file(handle);
    this.#begin("truncate");
    file.cut(length);
    this.#maybeCut("truncate");
    if (!this.ignoresSyncs) file.sync();
  };

  readonly close = (handle: number): void => {
    // A process that is gone may still have a turn of the event loop to come.
    if (handle < this.#firstHandle) return;
    if (!this.#handles.delete(handle)) throw systemError("EBADF", "close");
  };

  readonly rename = (from: string, to: string): void => {
    const file = this.#named(from);
    this.#begin("rename");
    assert(dirname(from) === dirname(to), "a file is renamed within its directory");
    this.#enter([from, to]);
    this.#names.delete(from);
    this.#names.set(to, file);
    this.#maybeCut("rename");
  };

  readonly remove = (path: string): void => {
    this.#assertPower();
    if (!this.#names.has(path)) return;
    this.#begin("remove");
    this.#enter([path]);
    this.#names.delete(path);
    this.#maybeCut("remove");
  };

  readonly list = (directory: string): readonly string[] => {
    this.#assertPower();
    const paths = [...this.#names.keys()];
    return paths.filter((path) => dirname(path) === directory).map((path) => basename(path));
  };

  readonly makeDirectory = (): void => this.#assertPower();

  readonly syncDirectory = (directory: string): void => {
    this.#begin("syncDirectory");
    this.#maybeCut("syncDirectory");
    if (this.ignoresSyncs) return;
    this.#entries = this.#entries.filter((entry) => entry.directory !== directory);
  };

  // --- Within ----------------------------------------------------------------------------------------------------

  #create(path: string): void {
    this.#begin("create");
    const found = this.#names.get(path);
    if (found === undefined) {
      this.#enter([path]);
      this.#names.set(path, new VirtualFile());
    } else found.cut(0);
    this.#maybeCut("create");
  }

  #begin(operation: DiskOperation, failing?: () => void): void {
    this.#assertPower();
    this.#operations += 1;
    if (this.isFull && operation === "write") {
      failing?.();
      throw systemError("ENOSPC", operation);
    }
    const failure = this.#failures.get(operation);
    if (failure === undefined) return;
    failure.left -= 1;
    if (failure.left <= 0) this.#failures.delete(operation);
    failing?.();
    throw systemError(failure.code, operation);
  }

  /** What the operation did is there, yet not durable; this is the middle of it. */
  #maybeCut(operation: DiskOperation): void {
    if (this.#operations !== this.#cutAt) return;
    throw this.cutPower(`in the middle of a ${operation}`);
  }

  #endProcess(during: string): PowerCut {
    const cut = new PowerCut(this.#operations, during);
    this.#powerCut = cut;
    this.#cutAt = undefined;
    this.#handles.clear();
    this.#firstHandle = this.#nextHandle;
    return cut;
  }

  #enter(paths: readonly string[]): void {
    const directory = dirname(paths[0] ?? "");
    const before = paths.map((path) => [path, this.#names.get(path)] as const);
    this.#entries.push({ directory, before });
  }

  /** A directory takes its changes in order, as a journal does: some of them, none of the rest. */
  #loseEntries(): void {
    const kept = new Map<string, number>();
    for (const { directory } of this.#entries) {
      kept.set(directory, (kept.get(directory) ?? 0) + 1);
    }
    const remaining = new Map(kept);
    for (const [directory, count] of kept) kept.set(directory, this.#random.between(0, count));
    for (const { directory, before } of this.#entries.splice(0).reverse()) {
      const at = remaining.get(directory) ?? 0;
      remaining.set(directory, at - 1);
      if (at <= (kept.get(directory) ?? 0)) continue;
      for (const [path, file] of before) {
        if (file === undefined) this.#names.delete(path);
        else this.#names.set(path, file);
      }
    }
  }

  #assertPower(): void {
    if (this.#powerCut !== undefined) throw this.#powerCut;
  }

  #named(path: string): VirtualFile {
    this.#assertPower();
    const file = this.#names.get(path);
    if (file === undefined) throw systemError("ENOENT", path);
    return file;
  }

  #file(handle: number): VirtualFile {
    this.#assertPower();
    const file = this.#handles.get(handle);
    if (file === undefined) throw systemError("EBADF", `handle ${handle}`);
    return file;
  }
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
