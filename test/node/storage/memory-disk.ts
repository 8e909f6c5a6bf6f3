// A disk in memory that knows what has been synced, can be told to fail, and can lose its power.

import { basename, dirname } from "node:path";
import type { Disk } from "../../../node/storage/disk.ts";

type Inode = { bytes: Uint8Array; synced: Uint8Array };

/** What an operation does to the disk, in words. */
export type Operation =
  | "create"
  | "write"
  | "sync"
  | "truncate"
  | "rename"
  | "remove"
  | "syncDirectory";

export class MemoryDisk implements Disk {
  /** Operations so far that changed or synced something. */
  readonly operations: Operation[] = [];
  /** Throws instead of doing what this returns true for. */
  failWhen: (operation: Operation, count: number) => boolean = () => false;
  /** While set, asynchronous syncs wait for `releaseSyncs`. */
  holdSyncs = false;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  readonly #handles = new Map<number, Inode>();
  #nextHandle = 3;
  #held: (() => void)[] = [];

  /** How many syncs wait. */
  get heldSyncs(): number {
    return this.#held.length;
  }

  get openFiles(): number {
    return this.#handles.size;
  }

  releaseSyncs(): void {
    for (const release of this.#held.splice(0)) release();
  }

  bytesOf(path: string): Uint8Array {
    return this.#inode(path).bytes.slice();
  }

  setBytes(path: string, bytes: Uint8Array): void {
    const inode = { bytes: bytes.slice(), synced: bytes.slice() };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** What a process that starts after this one was killed finds. */
  afterKill(): MemoryDisk {
    return copyOf(this.#names, ({ bytes }) => bytes);
  }

  /** What is found after the power went: synced bytes under synced names. */
  afterPowerLoss(): MemoryDisk {
    return copyOf(this.#durableNames, ({ synced }) => synced);
  }

  readonly open = (path: string, mode: "read" | "write" | "create"): number => {
    if (mode === "create") {
      this.#operate("create");
      const inode = this.#names.get(path) ?? {
        bytes: new Uint8Array(0),
        synced: new Uint8Array(0),
      };
      inode.bytes = new Uint8Array(0);
      this.#names.set(path, inode);
    }
    const handle = this.#nextHandle++;
    this.#handles.set(handle, this.#inode(path));
    return handle;
  };

  readonly size = (file: number): number => this.#file(file).bytes.length;

  readonly read = (file: number, target: Uint8Array, offset: number): number => {
    const { bytes } = this.#file(file);
    const found = bytes.subarray(offset, offset + target.length);
    target.set(found);
    return found.length;
  };

  readonly write = (file: number, bytes: Uint8Array, offset: number): void => {
    this.#operate("write");
    const inode = this.#file(file);
    const end = Math.max(inode.bytes.length, offset + bytes.length);
    const whole = new Uint8Array(end);
    whole.set(inode.bytes);
    whole.set(bytes, offset);
    inode.bytes = whole;
  };

  readonly dataSync = (file: number): void => {
    this.#operate("sync");
    this.#sync(file);
  };

  readonly dataSyncAsync = async (file: number): Promise<void> => {
    if (this.holdSyncs) await new Promise<void>((resolve) => this.#held.push(resolve));
    this.#operate("sync");
    this.#sync(file);
  };

  readonly truncate = (file: number, length: number): void => {
    this.#operate("truncate");
    const inode = this.#file(file);
    inode.bytes = inode.bytes.slice(0, length);
    this.#sync(file);
  };

  readonly close = (file: number): void => {
    this.#file(file);
    this.#handles.delete(file);
  };

  readonly rename = (from: string, to: string): void => {
    this.#operate("rename");
    this.#names.set(to, this.#inode(from));
    this.#names.delete(from);
  };

  readonly remove = (path: string): void => {
    if (!this.#names.has(path)) return;
    this.#operate("remove");
    this.#names.delete(path);
  };

  readonly list = (directory: string): readonly string[] =>
    [...this.#names.keys()]
      .filter((path) => dirname(path) === directory)
      .map((path) => basename(path));

  readonly makeDirectory = (): void => {};

  readonly syncDirectory = (directory: string): void => {
    this.#operate("syncDirectory");
    for (const path of [...this.#durableNames.keys()]) {
      if (dirname(path) === directory) this.#durableNames.delete(path);
    }
    for (const [path, inode] of this.#names) {
      if (dirname(path) === directory) this.#durableNames.set(path, inode);
    }
  };

  #operate(operation: Operation): void {
    if (this.failWhen(operation, this.operations.length)) throw new Error(`EIO: ${operation}`);
    this.operations.push(operation);
  }

  #sync(file: number): void {
    const inode = this.#file(file);
    inode.synced = inode.bytes.slice();
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Error(`ENOENT: ${path}`);
    return inode;
  }

  #file(file: number): Inode {
    const inode = this.#handles.get(file);
    if (inode === undefined) throw new Error(`EBADF: ${file}`);
    return inode;
  }
}

function copyOf(
  names: ReadonlyMap<string, Inode>,
  choose: (inode: Inode) => Uint8Array,
): MemoryDisk {
  const copy = new MemoryDisk();
  for (const [path, inode] of names) copy.setBytes(path, choose(inode));
  return copy;
}
