// What a delivery of a liar is on a real network: ballots and raw bytes are frames, the rest is gossip. What the honest
// replica itself said goes out as the very bytes that it made.

import { messageCodec } from "../../consensus/index.ts";
import { encode, type Hash } from "../../crypto/index.ts";
import type { Topic } from "../../node/network/index.ts";
import {
  batchCodec,
  MAX_BATCH_TRANSACTIONS,
  MAX_INLINE_BODIES,
  MAX_INLINE_BYTES,
  proposalWithPayloadCodec,
} from "../../node/sync/index.ts";
import type { Delivery } from "../behaviours/index.ts";

export type Utterance =
  | { readonly by: "frame"; readonly bytes: Uint8Array }
  | { readonly by: "gossip"; readonly topic: Topic; readonly bytes: Uint8Array };

type Content = Delivery["content"];
type Known = { readonly ids: readonly Hash[]; readonly utterance: Utterance };

/** No batch of the honest replica has such a number: gossip would take the two for one. */
const FIRST_SEQUENCE = 2 ** 31;

export class Utterances {
  readonly #bodyOf: (id: Hash) => Uint8Array | undefined;
  /** By message, or list of transactions: what goes to all is encoded once. */
  readonly #known = new WeakMap<object, Known>();
  #sequence = FIRST_SEQUENCE;

  /** `bodyOf`: what small proposals bring along. */
  constructor(bodyOf: (id: Hash) => Uint8Array | undefined) {
    this.#bodyOf = bodyOf;
  }

  /** These bytes are what this content is, whatever we would make of it. */
  remember(content: Content, utterance: Utterance): void {
    const { key, ids } = keyOf(content);
    if (key !== undefined) this.#known.set(key, { ids, utterance });
  }

  /** @throws what a codec throws for what it cannot say */
  of(content: Content): Utterance {
    const { key, ids } = keyOf(content);
    const known = key && this.#known.get(key);
    if (known?.ids === ids) return known.utterance;
    const utterance = this.#utter(content);
    if (key !== undefined) this.#known.set(key, { ids, utterance });
    return utterance;
  }

  #utter(content: Content): Utterance {
    switch (content.type) {
      case "raw":
        return { by: "frame", bytes: content.bytes };
      case "transactions": {
        this.#sequence = this.#sequence + 1 < 2 ** 32 ? this.#sequence + 1 : FIRST_SEQUENCE;
        const some = content.transactions.slice(0, MAX_BATCH_TRANSACTIONS);
        const batch = { sequence: this.#sequence, bodies: some.map(({ bytes }) => bytes) };
        return { by: "gossip", topic: "transactions", bytes: encode(batchCodec, batch) };
      }
      case "message": {
        const { message, ids } = content;
        if (message.type === "proposal") {
          const proposal = { message, ids, bodies: this.#inline(ids) };
          const bytes = encode(proposalWithPayloadCodec, proposal);
          return { by: "gossip", topic: "proposals", bytes };
        }
        const bytes = encode(messageCodec, message);
        if (message.type === "decision") return { by: "gossip", topic: "certificates", bytes };
        return { by: "frame", bytes };
      }
    }
  }

  #inline(ids: readonly Hash[]): readonly Uint8Array[] {
    if (ids.length > MAX_INLINE_BODIES) return [];
    const bodies = ids.flatMap((id) => this.#bodyOf(id) ?? []);
    const size = bodies.reduce((sum, { length }) => sum + length, 0);
    return size > MAX_INLINE_BYTES ? [] : bodies;
  }
}

const NO_IDS: readonly Hash[] = [];

function keyOf(content: Content): { readonly key?: object; readonly ids: readonly Hash[] } {
  switch (content.type) {
    case "raw":
      return { ids: NO_IDS };
    case "transactions":
      return { key: content.transactions, ids: NO_IDS };
    case "message":
      // One proposal with two lists of ids is two things.
      return {
        key: content.message,
        ids: content.message.type === "proposal" ? content.ids : NO_IDS,
      };
  }
}
