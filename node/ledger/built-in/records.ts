// Owner-held records. A record's version grows by one with every put and gift; a deletion leaves its version behind, and
// whoever creates the record again goes on from there: no version ever names two contents of one key, so that what
// somebody read before a deletion can never be taken for what stands there after it.

import {
  type Address,
  addressCodec,
  assert,
  type Codec,
  decode,
  encode,
  equalBytes,
  type Height,
  heightCodec,
  optional,
  struct,
  uint53,
  variableBytes,
} from "../../../crypto/index.ts";
import {
  type DeleteRecordCall,
  type GiveRecordCall,
  MAX_RECORD_BYTES,
  type PutRecordCall,
} from "../../transaction/index.ts";
import type { CallContext, CallResult, StateReader, StateWriter } from "../state-machine.ts";
import { stateKey } from "./state-key.ts";

/** What stands under a record's key, laid out in this order. */
export type RecordEntry = {
  /** 1 and more: of the content; or of the last one, when that was deleted. */
  readonly version: number;
  /** Of the block that wrote last. */
  readonly height: Height;
  /** Undefined: deleted. */
  readonly content: RecordContent | undefined;
};

export type RecordContent = { readonly owner: Address; readonly value: Uint8Array };

export type PutRecordFailure = "not-the-owner" | "version-mismatch";
/** Of deletions and gifts. */
export type OwnedRecordFailure = "no-such-record" | "not-the-owner";

export const recordCodec: Codec<RecordEntry> = struct<RecordEntry>({
  version: uint53,
  height: heightCodec,
  content: optional(
    struct<RecordContent>({ owner: addressCodec, value: variableBytes(MAX_RECORD_BYTES) }),
  ),
});

const RECORD_KEY_KIND = 0x72;

/** The byte `r`, then the record's key. */
export function recordKey(key: Uint8Array): Uint8Array {
  return stateKey(RECORD_KEY_KIND, key);
}

/** Undefined: there never was one. */
export function readRecord(state: StateReader, key: Uint8Array): RecordEntry | undefined {
  const bytes = state.get(recordKey(key));
  if (bytes === undefined) return undefined;
  const decoded = decode(recordCodec, bytes);
  assert(decoded.ok, "what stands under a record's key is a record");
  return decoded.value;
}

/** Answers the version that it wrote. */
export function putRecord(
  call: Pick<PutRecordCall, "key" | "value" | "expectedVersion">,
  { sender, height }: CallContext,
  state: StateWriter,
): CallResult {
  const { key, value, expectedVersion } = call;
  const entry = readRecord(state, key);
  const content = entry?.content;
  if (content !== undefined && !equalBytes(content.owner, sender)) return failed("not-the-owner");
  const present = content === undefined ? 0 : entry?.version;
  if (expectedVersion !== undefined && expectedVersion !== present) {
    return failed("version-mismatch");
  }
  const version = (entry?.version ?? 0) + 1;
  return write(state, key, { version, height, content: { owner: sender, value } });
}

export function deleteRecord(
  { key }: Pick<DeleteRecordCall, "key">,
  { sender, height }: CallContext,
  state: StateWriter,
): CallResult {
  const entry = readRecord(state, key);
  if (entry?.content === undefined) return failed("no-such-record");
  if (!equalBytes(entry.content.owner, sender)) return failed("not-the-owner");
  const { version } = entry;
  state.set(recordKey(key), encode(recordCodec, { version, height, content: undefined }));
  return { ok: true };
}

/** Answers the version that it wrote. */
export function giveRecord(
  { key, to }: Pick<GiveRecordCall, "key" | "to">,
  { sender, height }: CallContext,
  state: StateWriter,
): CallResult {
  const entry = readRecord(state, key);
  if (entry?.content === undefined) return failed("no-such-record");
  if (!equalBytes(entry.content.owner, sender)) return failed("not-the-owner");
  const content = { ...entry.content, owner: to };
  return write(state, key, { version: entry.version + 1, height, content });
}

function write(state: StateWriter, key: Uint8Array, entry: RecordEntry): CallResult {
  state.set(recordKey(key), encode(recordCodec, entry));
  return { ok: true, output: encode(uint53, entry.version) };
}

function failed(code: PutRecordFailure | OwnedRecordFailure): CallResult {
  return { ok: false, code };
}
