// How frames of the block log become updates of the index, as they are written and again when a log is opened.

import type { BlockIndex, IndexUpdate } from "./block-index.ts";
import { type BlockRecord, decodeBlockRecord } from "./block-record.ts";
import type { LocatedFrame, LogCursor, RecordLocation } from "./segmented-log.ts";

type Growing<T> = T extends readonly (infer Element)[] ? Element[] : T;

/** An update that takes further records, and the cursor of the last of them. */
export type GrowingUpdate = { -readonly [Field in keyof IndexUpdate]: Growing<IndexUpdate[Field]> };

/** What one transaction of the index may hold while a log is read again. */
const REPLAY_BATCH_RECORDS = 1_000;

/** The update, or a new one, with a later cursor. */
export function extendUpdate(update: GrowingUpdate | undefined, cursor: LogCursor): GrowingUpdate {
  if (update === undefined) return { blocks: [], finals: [], certificates: [], cursor };
  update.cursor = cursor;
  return update;
}

export function noteRecord(
  update: GrowingUpdate,
  record: BlockRecord,
  location: RecordLocation,
): void {
  const { height } = record;
  if (record.type === "block") {
    update.blocks.push({ hash: record.hash, height, location });
    return;
  }
  if (record.type === "final") update.finals.push({ height, hash: record.hash });
  if (record.certificate !== undefined) update.certificates.push({ height, location });
}

/** Brings the index up to the end of the log, some records at a time. */
export class IndexReplay {
  frames = 0;
  readonly #index: BlockIndex;
  #update: GrowingUpdate | undefined;

  constructor(index: BlockIndex) {
    this.#index = index;
  }

  visit(frame: LocatedFrame): void {
    this.frames += 1;
    const update = extendUpdate(this.#update, frame.next);
    this.#update = update;
    for (const { location, payload } of frame.records) {
      noteRecord(update, decodeBlockRecord(payload), location);
    }
    const records = update.blocks.length + update.finals.length + update.certificates.length;
    if (records >= REPLAY_BATCH_RECORDS) this.finish();
  }

  finish(): void {
    if (this.#update !== undefined) this.#index.writeSync(this.#update);
    this.#update = undefined;
  }
}
