// A disk that is full, or fails one sync, on request. What was written before stays as it is.

import type { Disk } from "../../node/storage/index.ts";
import type { Ailments } from "./ailments.ts";

export type DiskCondition = Ailments["disk"];

export class FaultyDisk {
  readonly disk: Disk;
  #condition: DiskCondition = "sound";
  #failsNextSync = false;

  constructor(sound: Disk) {
    this.disk = {
      ...sound,
      write: (file, bytes, offset) => {
        this.#refuseIfFull();
        sound.write(file, bytes, offset);
      },
      dataSync: (file) => {
        this.#failOnce("fdatasync");
        sound.dataSync(file);
      },
      dataSyncAsync: async (file) => {
        this.#failOnce("fdatasync");
        await sound.dataSyncAsync(file);
      },
      truncate: (file, length) => {
        this.#failOnce("fsync");
        sound.truncate(file, length);
      },
      syncDirectory: (directory) => {
        this.#failOnce("fsync");
        sound.syncDirectory(directory);
      },
    };
  }

  /** The same condition again changes nothing: a sync that has failed does not fail twice. */
  setCondition(condition: DiskCondition): void {
    if (condition === this.#condition) return;
    this.#condition = condition;
    this.#failsNextSync = condition === "next-sync-fails";
  }

  #refuseIfFull(): void {
    if (this.#condition !== "full") return;
    throw systemError({ code: "ENOSPC", errno: -28, syscall: "write" }, "no space left on device");
  }

  #failOnce(syscall: string): void {
    if (!this.#failsNextSync) return;
    this.#failsNextSync = false;
    throw systemError({ code: "EIO", errno: -5, syscall }, "i/o error");
  }
}

type SystemFault = { readonly code: string; readonly errno: number; readonly syscall: string };

/** As Node words what the kernel answers. */
function systemError(fault: SystemFault, what: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${fault.code}: ${what}, ${fault.syscall}`), fault);
}
