// What the block log holds: a block, the news that a block is final, a certificate that came later. One tag byte each.

import {
  assert,
  concatBytes,
  HASH_BYTES,
  type Hash,
  type Height,
  hash,
  height,
} from "../../crypto/index.ts";
import { dataOf, getUint53, setUint53 } from "./frame.ts";

export type BlockRecord =
  | {
      readonly type: "block";
      readonly hash: Hash;
      readonly height: Height;
      readonly bytes: Uint8Array;
    }
  | {
      readonly type: "final";
      readonly height: Height;
      readonly hash: Hash;
      readonly certificate: Uint8Array | undefined;
    }
  | { readonly type: "certificate"; readonly height: Height; readonly certificate: Uint8Array };

const BLOCK_TAG = 1;
const FINAL_TAG = 2;
const CERTIFIED_FINAL_TAG = 3;
const CERTIFICATE_TAG = 4;
const HEIGHT_OFFSET = 1;
const BODY_OFFSET = 9;
const HASHED_BODY_OFFSET = BODY_OFFSET + HASH_BYTES;

export function encodeBlockRecord(record: BlockRecord): Uint8Array {
  const head = (tag: number): Uint8Array => {
    const bytes = new Uint8Array(BODY_OFFSET);
    bytes[0] = tag;
    setUint53(dataOf(bytes), HEIGHT_OFFSET, record.height);
    return bytes;
  };
  if (record.type === "block") return concatBytes(head(BLOCK_TAG), record.hash, record.bytes);
  if (record.type === "certificate") return concatBytes(head(CERTIFICATE_TAG), record.certificate);
  if (record.certificate === undefined) return concatBytes(head(FINAL_TAG), record.hash);
  return concatBytes(head(CERTIFIED_FINAL_TAG), record.hash, record.certificate);
}

/** The bytes passed their checksum, so anything unreadable is our own bug. */
export function decodeBlockRecord(bytes: Uint8Array): BlockRecord {
  const tag = bytes[0];
  const at = height(getUint53(dataOf(bytes), HEIGHT_OFFSET));
  if (tag === CERTIFICATE_TAG) {
    return { type: "certificate", height: at, certificate: bytes.slice(BODY_OFFSET) };
  }
  const named = hash(bytes.slice(BODY_OFFSET, HASHED_BODY_OFFSET));
  const body = bytes.slice(HASHED_BODY_OFFSET);
  if (tag === BLOCK_TAG) return { type: "block", hash: named, height: at, bytes: body };
  assert(tag === FINAL_TAG || tag === CERTIFIED_FINAL_TAG, "a block record has a known tag");
  assert(
    tag === CERTIFIED_FINAL_TAG || body.length === 0,
    "a bare final record ends with its hash",
  );
  const certificate = tag === CERTIFIED_FINAL_TAG ? body : undefined;
  return { type: "final", height: at, hash: named, certificate };
}
