// The few file operations that the logs stand on, as one object, so that tests and the simulator can put a disk that
// fails in its place. Every function throws what the operating system throws.

import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname } from "node:path";

export type Disk = {
  /** `create` also empties a file that exists; `write` and `read` want one. */
  readonly open: (path: string, mode: "read" | "write" | "create") => number;
  readonly size: (file: number) => number;
  /** Fills `target` from `offset` on; fewer bytes only at the end of the file. */
  readonly read: (file: number, target: Uint8Array, offset: number) => number;
  /** Writes all of `bytes` or throws. */
  readonly write: (file: number, bytes: Uint8Array, offset: number) => void;
  readonly dataSync: (file: number) => void;
  readonly dataSyncAsync: (file: number) => Promise<void>;
  /** Cuts the file and syncs its new length. */
  readonly truncate: (file: number, length: number) => void;
  readonly close: (file: number) => void;
  readonly rename: (from: string, to: string) => void;
  readonly remove: (path: string) => void;
  readonly list: (directory: string) => readonly string[];
  readonly makeDirectory: (directory: string) => void;
  /** Makes creations and renames in the directory durable. */
  readonly syncDirectory: (directory: string) => void;
};

const OPEN_FLAGS = { read: "r", write: "r+", create: "w+" } as const;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

export const nodeDisk: Disk = {
  open: (path, mode) => openSync(path, OPEN_FLAGS[mode], FILE_MODE),
  size: (file) => fstatSync(file).size,
  read: (file, target, offset) => {
    let done = 0;
    while (done < target.length) {
      const count = readSync(file, target, done, target.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  },
  write: (file, bytes, offset) => {
    let done = 0;
    while (done < bytes.length) {
      done += writeSync(file, bytes, done, bytes.length - done, offset + done);
    }
  },
  dataSync: fdatasyncSync,
  dataSyncAsync: (file) =>
    new Promise((resolve, reject) => {
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
    }),
  truncate: (file, length) => {
    ftruncateSync(file, length);
    fsyncSync(file);
  },
  close: closeSync,
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  list: (directory) => readdirSync(directory),
  makeDirectory: (directory) => {
    mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  },
  syncDirectory: (directory) => {
    const handle = openSync(directory, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
};

export function fileExists(disk: Disk, path: string): boolean {
  return disk.list(dirname(path)).includes(basename(path));
}

/** The name under which a file is written before it takes its place; a leftover of a crash is worth nothing. */
export function draftOf(path: string): string {
  return `${path}.new`;
}

/**
 * Puts a file in its place, whole or not at all, durable on return. Gives the open file. Whatever stood at `path`
 * before is gone with the rename.
 */
export function installFile(disk: Disk, path: string, content: Uint8Array): number {
  const draft = draftOf(path);
  const file = disk.open(draft, "create");
  try {
    disk.write(file, content, 0);
    disk.dataSync(file);
    disk.rename(draft, path);
    disk.syncDirectory(dirname(path));
    return file;
  } catch (error) {
    disk.close(file);
    throw error;
  }
}
