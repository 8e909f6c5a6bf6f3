// The events of the chain as the stores have them. A block is told of once its receipts are there too, which is a moment
// after it is final; from then on both can be read for good.

import type { Evidence, ValidatorIndex } from "../../consensus/index.ts";
import { decode, type Height, type View } from "../../crypto/index.ts";
import type { EventFeed, FinalEvents, Occurrence } from "../rpc/index.ts";
import type { BlockStore, StateStore, StoredBlock } from "../storage/index.ts";
import { readBlock } from "./stored-blocks.ts";
import { blockReceiptsCodec } from "./transaction-record.ts";

export type EventStores = {
  readonly blockStore: Pick<BlockStore, "blockAt" | "certificateAt">;
  readonly stateStore: Pick<StateStore, "receiptsAt">;
};

type Listener = (occurrence: Occurrence) => void;

/** Blocks that are kept as read: those who follow the chain all ask for the newest. */
const MAX_KEPT = 4;

export class EventSource implements EventFeed {
  readonly #stores: EventStores;
  readonly #listeners = new Set<Listener>();
  /** Oldest first. */
  readonly #kept = new Map<Height, FinalEvents>();
  #tip: Height;

  /** `tip`: the height whose state was restored, with its receipts and all before. */
  constructor(stores: EventStores, tip: Height) {
    this.#stores = stores;
    this.#tip = tip;
  }

  tip(): Height {
    return this.#tip;
  }

  finalAt(height: Height): FinalEvents | undefined {
    if (height > this.#tip) return undefined;
    const kept = this.#kept.get(height);
    if (kept !== undefined) return kept;
    const { blockStore, stateStore } = this.#stores;
    const stored = blockStore.blockAt(height);
    const records = stateStore.receiptsAt(height);
    if (stored === undefined || records === undefined) return undefined;
    const events = eventsOf(stored, records, blockStore.certificateAt(height));
    this.#kept.set(height, events);
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size > MAX_KEPT) this.#kept.delete(oldest);
    return events;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everything about the blocks up to this height is in the stores' hands. */
  indexed(height: Height): void {
    this.#tip = height;
    this.#tell({ type: "final" });
  }

  enteredView(view: View, leader: ValidatorIndex): void {
    this.#tell({ type: "view", view, leader });
  }

  foundEvidence(evidence: Evidence): void {
    this.#tell({ type: "evidence", evidence });
  }

  #tell(occurrence: Occurrence): void {
    for (const listener of this.#listeners) listener(occurrence);
  }
}

function eventsOf(
  stored: StoredBlock,
  records: Uint8Array,
  certificate: Uint8Array | undefined,
): FinalEvents {
  const known = decode(blockReceiptsCodec, records);
  if (!known.ok) throw new Error(`the receipts of block ${stored.height} do not decode`);
  const { receipts } = known.value;
  const ids = receipts.map(({ transaction }) => transaction);
  const { view: block, bodies } = readBlock(stored, certificate, ids);
  return { block, receipts, bodies };
}
