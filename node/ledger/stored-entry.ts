// One key of the state as storage keeps it: the value is the key's slot in the map (uint32), then the map's value with
// its length (uint32). Storage need not look inside.

import { decode, struct, uint32, variableBytes } from "../../crypto/index.ts";
import { MAX_VALUE_BYTES } from "./leaf.ts";

export type StoredEntry = { readonly key: Uint8Array; readonly value: Uint8Array };

/** What storage does with one key. Undefined: delete it. */
export type StoredChange = { readonly key: Uint8Array; readonly value: Uint8Array | undefined };

/** A value and where in the map it stands. */
export type SlotValue = { readonly slot: number; readonly value: Uint8Array };

const storedValueCodec = struct<SlotValue>({
  slot: uint32,
  value: variableBytes(MAX_VALUE_BYTES),
});

/** Undefined: these bytes are none of ours. */
export function readStoredValue(bytes: Uint8Array): SlotValue | undefined {
  const decoded = decode(storedValueCodec, bytes);
  return decoded.ok ? decoded.value : undefined;
}

/** What stands before the value. */
export const STORED_HEADER_BYTES = 8;

/** As `storedValueCodec` does, without its detours: fills the room that `bytes` have before the value. */
export function storedValue(slot: number, bytes: Uint8Array): Uint8Array {
  const length = bytes.length - STORED_HEADER_BYTES;
  bytes[0] = slot >>> 24;
  bytes[1] = slot >>> 16;
  bytes[2] = slot >>> 8;
  bytes[3] = slot;
  bytes[4] = length >>> 24;
  bytes[5] = length >>> 16;
  bytes[6] = length >>> 8;
  bytes[7] = length;
  return bytes;
}
