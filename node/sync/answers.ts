// The answering side: what a validator that holds blocks tells one that misses them. Pure over two sources: the blocks
// and bodies in memory, and the blocks on disk.

import { type Certificates, type CommitCert, commitCertCodec } from "../../consensus/index.ts";
import { ByteMap, decode, type Hash, type Height, next } from "../../crypto/index.ts";
import { transactionId } from "../transaction/index.ts";
import {
  type Answer,
  type BlockWithBodies,
  blockWithBodiesCodec,
  MAX_ANSWER_BYTES,
  MAX_ANSWERED_BLOCKS,
  type Question,
} from "./wire.ts";

/** What the replica holds of blocks that are not final yet, of pending transactions, and of certificates. */
export type Held = {
  readonly blockWithBodies: (hash: Hash) => BlockWithBodies | undefined;
  readonly bodiesOf: (ids: readonly Hash[]) => readonly Uint8Array[];
  readonly certificates: () => Certificates;
};

/** Blocks on disk, as they were stored: encoded with `blockWithBodiesCodec` and `commitCertCodec`. */
export type StoredBlocks = {
  readonly finalHeight: () => Height;
  readonly blockByHash: (hash: Hash) => Uint8Array | undefined;
  readonly blockAt: (height: Height) => Uint8Array | undefined;
  readonly certificateAt: (height: Height) => Uint8Array | undefined;
};

export function answer(question: Question, held: Held, stored: StoredBlocks): Answer {
  switch (question.type) {
    case "bodies":
      return { type: "bodies", bodies: bodiesOf(question, held, stored) };
    case "block": {
      const found = held.blockWithBodies(question.hash) ?? storedBlock(stored, question.hash);
      return found === undefined ? { type: "block" } : { type: "block", found };
    }
    case "blocks":
      return finalBlocks(question.from, stored);
    case "certificates":
      return { type: "certificates", ...held.certificates() };
  }
}

/** From the pool and blocks under way; once the block is final, from disk. */
function bodiesOf(
  { block, ids }: Extract<Question, { type: "bodies" }>,
  held: Held,
  stored: StoredBlocks,
): readonly Uint8Array[] {
  const wanted = new ByteMap<Hash>();
  for (const id of ids) wanted.set(id, id);
  const bodies = held.bodiesOf([...wanted.values()]);
  if (bodies.length === wanted.size) return withinLimit(bodies);
  const whole = storedBlock(stored, block);
  if (whole === undefined) return withinLimit(bodies);
  return withinLimit(whole.bodies.filter((body) => wanted.has(transactionId(body))));
}

/** Those from the front that make up an answer of bounded size; the rest is asked for again. */
function withinLimit(bodies: readonly Uint8Array[]): readonly Uint8Array[] {
  let bytes = 0;
  const end = bodies.findIndex((body) => {
    bytes += body.length;
    return bytes > MAX_ANSWER_BYTES;
  });
  return end < 0 ? bodies : bodies.slice(0, Math.max(1, end));
}

/** A run of final blocks that ends at the last certificate within the limits; empty if there is none. */
function finalBlocks(from: Height, stored: StoredBlocks): Answer {
  const blocks: BlockWithBodies[] = [];
  let certified: { readonly count: number; readonly cert: CommitCert } | undefined;
  let bytes = 0;
  const last = stored.finalHeight();
  for (let height = from; height <= last; height = next(height)) {
    const encoded = stored.blockAt(height);
    if (encoded === undefined || blocks.length >= MAX_ANSWERED_BLOCKS) break;
    bytes += encoded.length;
    if (bytes > MAX_ANSWER_BYTES && certified !== undefined) break;
    const block = decode(blockWithBodiesCodec, encoded);
    if (!block.ok) break;
    blocks.push(block.value);
    const cert = certificateAt(stored, height);
    if (cert !== undefined) certified = { count: blocks.length, cert };
  }
  if (certified === undefined) return { type: "blocks", blocks: [] };
  return { type: "blocks", blocks: blocks.slice(0, certified.count), cert: certified.cert };
}

function storedBlock(stored: StoredBlocks, hash: Hash): BlockWithBodies | undefined {
  const encoded = stored.blockByHash(hash);
  if (encoded === undefined) return undefined;
  const decoded = decode(blockWithBodiesCodec, encoded);
  return decoded.ok ? decoded.value : undefined;
}

function certificateAt(stored: StoredBlocks, height: Height): CommitCert | undefined {
  const encoded = stored.certificateAt(height);
  if (encoded === undefined) return undefined;
  const decoded = decode(commitCertCodec, encoded);
  return decoded.ok ? decoded.value : undefined;
}
