// The simulated disk of one validator: writes become durable when they are flushed; a crash loses the rest.

import {
  type CommitCert,
  commitCertCodec,
  type SafetyState,
  safetyStateCodec,
} from "../../consensus/index.ts";
import {
  ByteMap,
  decode,
  encode,
  type Hash,
  type Height,
  toHex,
  type View,
} from "../../crypto/index.ts";
import type { StoredChange, StoredEntry } from "../../node/ledger/index.ts";
import type { FinalBlock } from "../../node/replica/index.ts";
import {
  type BlockWithBodies,
  blockWithBodiesCodec,
  type StoredBlocks,
} from "../../node/sync/index.ts";

export type FinalRecord = {
  readonly hash: Hash;
  readonly height: Height;
  readonly stateRoot: Hash;
  readonly timestampMs: number;
  readonly view: View;
  /** How many of its transactions took effect. */
  readonly applied: number;
};

export class SimulatedDisk {
  readonly finals: FinalRecord[] = [];
  readonly #blocks = new ByteMap<Uint8Array>();
  readonly #certs = new Map<Height, Uint8Array>();
  readonly #state = new Map<string, StoredChange>();
  #safety: Uint8Array | undefined;
  #pending: (() => void)[] = [];

  get safety(): SafetyState | undefined {
    if (this.#safety === undefined) return undefined;
    const decoded = decode(safetyStateCodec, this.#safety);
    if (!decoded.ok) throw new Error(`the safety record does not decode: ${decoded.refusal}`);
    return decoded.value;
  }

  persist(state: SafetyState): void {
    const bytes = encode(safetyStateCodec, state);
    this.#pending.push(() => {
      this.#safety = bytes;
    });
  }

  store(hash: Hash, stored: BlockWithBodies): void {
    const bytes = encode(blockWithBodiesCodec, stored);
    this.#pending.push(() => this.#blocks.set(hash, bytes));
  }

  finalize({ block, hash, stateRoot, changes, receipts, cert }: FinalBlock): void {
    const { height, timestampMs, view } = block;
    const applied = receipts.filter(({ result }) => result === "ok").length;
    this.#pending.push(() => {
      this.finals.push({ hash, height, stateRoot, timestampMs, view, applied });
      for (const change of changes) this.#state.set(toHex(change.key), change);
      if (cert !== undefined) this.#certs.set(height, encode(commitCertCodec, cert));
    });
  }

  certify(cert: CommitCert): void {
    this.#pending.push(() => this.#certs.set(cert.height, encode(commitCertCodec, cert)));
  }

  flush(): void {
    for (const write of this.#pending) write();
    this.#pending = [];
  }

  crash(): void {
    this.#pending = [];
  }

  /** The state at the last final block: what genesis wrote, as changed by the blocks since. */
  entriesOver(genesis: Iterable<StoredEntry>): StoredEntry[] {
    const merged = new Map<string, StoredEntry>();
    for (const entry of genesis) merged.set(toHex(entry.key), entry);
    for (const [key, change] of this.#state) {
      if (change.value === undefined) merged.delete(key);
      else merged.set(key, { key: change.key, value: change.value });
    }
    return [...merged.values()];
  }

  /** Blocks above the last final one, lowest first. */
  unfinished(): BlockWithBodies[] {
    const last = this.finals.at(-1)?.height ?? 0;
    const blocks: BlockWithBodies[] = [];
    for (const bytes of this.#blocks.values()) {
      const decoded = decode(blockWithBodiesCodec, bytes);
      if (decoded.ok && decoded.value.block.height > last) blocks.push(decoded.value);
    }
    return blocks.sort((left, right) => left.block.height - right.block.height);
  }

  get stored(): StoredBlocks {
    return {
      finalHeight: () => this.finals.at(-1)?.height ?? (0 as Height),
      blockByHash: (hash) => this.#blocks.get(hash),
      blockAt: (height) => {
        const final = this.finals[height - 1];
        return final === undefined ? undefined : this.#blocks.get(final.hash);
      },
      certificateAt: (height) => this.#certs.get(height),
    };
  }
}
