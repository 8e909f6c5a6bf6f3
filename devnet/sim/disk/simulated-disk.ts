// The stores of one simulated validator, over the real safety log and the real block log on a disk in memory. What a
// flush promised is there after a power cut, unless the disk lied; what the logs refuse, `open` refuses.

import {
  type CommitCert,
  commitCertCodec,
  type SafetyState,
  safetyStateCodec,
} from "../../../consensus/index.ts";
import {
  assert,
  type Codec,
  decode,
  encode,
  type Hash,
  type Height,
} from "../../../crypto/index.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import {
  openSafetyLog,
  type SafetyLog,
  StorageError,
  type StorageErrorCode,
} from "../../../node/storage/index.ts";
import {
  type BlockWithBodies,
  blockWithBodiesCodec,
  type StoredBlocks,
} from "../../../node/sync/index.ts";
import type { Random } from "../../random/index.ts";
import { BlockLog } from "./block-log.ts";
import { type DiskImage, type DiskOperation, VirtualFiles } from "./virtual-files.ts";

/** What a flush writes first. The live node syncs both files at once, so either may be durable without the other. */
export type FlushOrder = "blocks-first" | "safety-first" | "drawn";

export type SimulatedDiskOptions = {
  readonly chainId: Hash;
  readonly random: Random;
  /** Its faults are ordered there. */
  readonly files?: VirtualFiles;
  /** Default `drawn`: by the seed, once for every flush that has both. */
  readonly order?: FlushOrder;
  /** A log file of this size is followed by a new one. Default 256 MiB, as in the live node. */
  readonly segmentBytes?: number;
};

export type FinalOnDisk = { readonly height: Height; readonly hash: Hash };

export type WholeBlockOnDisk = BlockWithBodies & {
  readonly hash: Hash;
  readonly cert: CommitCert | undefined;
};

export type OpenedDisk =
  | {
      readonly ok: true;
      /** undefined only on a disk without history. */
      readonly safety: SafetyState | undefined;
      /** By height, without gaps. */
      readonly finals: readonly WholeBlockOnDisk[];
      /** Above the last final block, lowest first. */
      readonly unfinished: readonly BlockWithBodies[];
      readonly hasHistory: boolean;
    }
  | { readonly ok: false; readonly code: StorageErrorCode; readonly message: string };

const DIRECTORY = "/validator";
const SEGMENT_BYTES = 256 * 2 ** 20;
const NOTHING_STORED: StoredBlocks = {
  finalHeight: () => 0 as Height,
  blockByHash: () => undefined,
  blockAt: () => undefined,
  certificateAt: () => undefined,
};

type Running = { readonly safetyLog: SafetyLog; readonly blocks: BlockLog };

export class SimulatedDisk {
  readonly files: VirtualFiles;
  readonly #options: SimulatedDiskOptions;
  #running: Running | undefined;
  #stored = NOTHING_STORED;
  #finals: FinalOnDisk[] = [];
  #queuedFinals: FinalOnDisk[] = [];
  /** The newest state stands for all before it. */
  #safety: SafetyState | undefined;
  #failure: unknown;

  constructor(options: SimulatedDiskOptions) {
    this.#options = options;
    this.files = options.files ?? new VirtualFiles({ random: options.random });
  }

  /** Starts the process: what the disk holds, or why the node will not start on it. */
  open(): OpenedDisk {
    assert(this.#running === undefined, "a disk is opened once in a life");
    const opened = this.#boot();
    // The power went while the logs were read; an order to cut it holds only once.
    const settled = opened ?? this.#boot();
    assert(settled !== undefined, "the power goes once");
    return settled;
  }

  // --- Writes ----------------------------------------------------------------------------------------------------

  persist(state: SafetyState): void {
    this.#live();
    this.#safety = state;
  }

  store(hash: Hash, stored: BlockWithBodies): void {
    const { height } = stored.block;
    this.#live().blocks.putBlock({ hash, height, bytes: encode(blockWithBodiesCodec, stored) });
  }

  finalize({ block, hash, cert }: Pick<FinalBlock, "block" | "hash" | "cert">): void {
    const { blocks } = this.#live();
    const { height } = block;
    if (height > (blocks.finalHeight ?? 0)) this.#queuedFinals.push({ height, hash });
    const certificate = cert === undefined ? undefined : encode(commitCertCodec, cert);
    blocks.finalize({ height, hash, certificate });
  }

  certify(cert: CommitCert): void {
    const certificate = encode(commitCertCodec, cert);
    this.#live().blocks.attachCertificate({ height: cert.height, certificate });
  }

  /** Everything before is durable on return. @throws {PowerCut | StorageError} and then for ever, until it is opened again */
  flush(): void {
    const running = this.#live();
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (this.#writesSafetyFirst(running)) {
        this.#flushSafety(running);
        this.#flushBlocks(running);
      } else {
        this.#flushBlocks(running);
        this.#flushSafety(running);
      }
    } catch (error) {
      // The logs wrap what the disk threw.
      this.#failure = this.files.powerCut ?? error;
      throw this.#failure;
    }
  }

  // --- Faults ----------------------------------------------------------------------------------------------------

  /** The power goes; or has gone, and the process with it. */
  crash(): void {
    this.files.cutPower();
    this.#forget();
  }

  /** The process dies and leaves what it has written. */
  kill(): void {
    if (this.files.powerCut === undefined) this.files.kill();
    this.#forget();
  }

  /** The power goes in the middle of the n-th operation from here, 1 being the next. */
  cutPowerAfter(operations: number): void {
    this.files.cutPowerAt(this.files.operations + operations);
  }

  /** The next operations of this kind fail. */
  fail(failure: {
    readonly on: DiskOperation;
    readonly error: "EIO" | "ENOSPC";
    readonly times?: number;
  }): void {
    this.files.fail(failure.on, failure.error, failure.times);
  }

  ignoreSyncs(ignores: boolean): void {
    this.files.ignoresSyncs = ignores;
  }

  /** No fault is to come, and none goes on. */
  heal(): void {
    this.files.heal();
  }

  image(): DiskImage {
    return this.files.image();
  }

  /** An old disk in the place of this one; the process that used this one is gone. */
  restore(image: DiskImage): void {
    this.#forget();
    this.files.restore(image);
  }

  /** An empty disk in the place of this one. */
  wipe(): void {
    this.#forget();
    this.files.wipe();
    this.#finals = [];
  }

  // --- Reads -----------------------------------------------------------------------------------------------------

  /** The final blocks that flushes have promised; after an open, those that were found. */
  get finals(): readonly FinalOnDisk[] {
    return this.#finals;
  }

  /** The height of the last of them. */
  finalHeight(): Height {
    return this.#finals.at(-1)?.height ?? (0 as Height);
  }

  /** What answers to peers are made of; nothing while the process is down. */
  get stored(): StoredBlocks {
    return this.#stored;
  }

  // --- Within ----------------------------------------------------------------------------------------------------

  /** undefined if the power went meanwhile. */
  #boot(): OpenedDisk | undefined {
    this.files.powerOn();
    try {
      const running = this.#openLogs();
      const opened = contentOf(running);
      this.#running = running;
      this.#stored = storedBlocks(running.blocks);
      this.#finals = opened.finals.map(({ block, hash }) => ({ height: block.height, hash }));
      return { ok: true, ...opened };
    } catch (error) {
      if (this.files.powerCut !== undefined) return undefined;
      this.files.kill();
      if (!(error instanceof StorageError)) throw error;
      return { ok: false, code: error.code, message: error.message };
    }
  }

  #openLogs(): Running {
    const { chainId, segmentBytes = SEGMENT_BYTES } = this.#options;
    const { files } = this;
    const safetyLog = openSafetyLog(DIRECTORY, chainId, files);
    const log = { directory: DIRECTORY, identity: chainId, segmentBytes, disk: files };
    return { safetyLog, blocks: new BlockLog(log) };
  }

  #writesSafetyFirst({ blocks }: Running): boolean {
    const { order = "drawn", random } = this.#options;
    if (order !== "drawn") return order === "safety-first";
    // Without two writes there is no order to draw.
    return blocks.hasQueued && this.#safety !== undefined && random.chance(0.5);
  }

  #flushSafety({ safetyLog }: Running): void {
    const safety = this.#safety;
    if (safety === undefined) return;
    this.#safety = undefined;
    safetyLog.persist(encode(safetyStateCodec, safety));
  }

  #flushBlocks({ blocks }: Running): void {
    blocks.flush();
    for (const final of this.#queuedFinals) this.#finals.push(final);
    this.#queuedFinals = [];
  }

  #live(): Running {
    assert(this.#running !== undefined, "a disk is opened before it is used");
    return this.#running;
  }

  #forget(): void {
    this.#running = undefined;
    this.#stored = NOTHING_STORED;
    this.#queuedFinals = [];
    this.#safety = undefined;
    this.#failure = undefined;
  }
}

function contentOf({ safetyLog, blocks }: Running): Omit<Extract<OpenedDisk, { ok: true }>, "ok"> {
  const finals = [...blocks.finals()].map(([height, hash]) => finalBlock(blocks, height, hash));
  const unfinished = blocks.unfinished().map((hash) => wholeBlock(blocks, hash));
  const hasBlocks = finals.length > 0 || unfinished.length > 0;
  const { last } = safetyLog;
  if (last === undefined && hasBlocks) {
    throw damaged("there are blocks but no record of what this validator has signed");
  }
  const safety = last && read(safetyStateCodec, last, "the safety record");
  return { safety, finals, unfinished, hasHistory: last !== undefined };
}

function finalBlock(blocks: BlockLog, height: Height, hash: Hash): WholeBlockOnDisk {
  const certificate = blocks.certificateAt(height);
  const cert = certificate && read(commitCertCodec, certificate, `certificate ${height}`);
  return { ...wholeBlock(blocks, hash), hash, cert };
}

function wholeBlock(blocks: BlockLog, hash: Hash): BlockWithBodies {
  const bytes = blocks.blockByHash(hash);
  if (bytes === undefined) throw damaged("a final block is not in the log");
  return read(blockWithBodiesCodec, bytes, "a stored block");
}

function storedBlocks(blocks: BlockLog): StoredBlocks {
  return {
    finalHeight: () => blocks.finalHeight ?? (0 as Height),
    blockByHash: (hash) => blocks.blockByHash(hash),
    blockAt: (height) => {
      const hash = blocks.hashAt(height);
      return hash && blocks.blockByHash(hash);
    },
    certificateAt: (height) => blocks.certificateAt(height),
  };
}

function read<T>(codec: Codec<T>, bytes: Uint8Array, what: string): T {
  const decoded = decode(codec, bytes);
  if (!decoded.ok) throw damaged(`${what} does not decode (${decoded.refusal})`);
  return decoded.value;
}

function damaged(what: string): StorageError {
  const remedy = "Start the validator on another disk, with another key.";
  return new StorageError({ code: "LOG_DAMAGED", what, path: DIRECTORY, remedy });
}
