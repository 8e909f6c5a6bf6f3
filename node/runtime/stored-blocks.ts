// The block store as others read it: the answering side of sync, the HTTP interface, those who follow the chain.

import { commitCertCodec } from "../../consensus/index.ts";
import { decode, type Hash, type Height } from "../../crypto/index.ts";
import { hashIn } from "../../crypto/native/index.ts";
import type { BlockView } from "../rpc/index.ts";
import type { BlockStore, StoredBlock } from "../storage/index.ts";
import { blockWithBodiesCodec, type StoredBlocks } from "../sync/index.ts";
import { transactionId } from "../transaction/index.ts";

export function storedBlocks(blockStore: BlockStore): StoredBlocks {
  return {
    finalHeight: () => blockStore.finalHeight() ?? (0 as Height),
    blockByHash: (hash) => blockStore.blockByHash(hash)?.bytes,
    blockAt: (height) => blockStore.blockAt(height)?.bytes,
    certificateAt: (height) => blockStore.certificateAt(height),
  };
}

/** A final block and its bodies. `ids` are those of its transactions, if they are known. Throws for what does not decode. */
export function readBlock(
  { hash, height, bytes }: StoredBlock,
  certificate: Uint8Array | undefined,
  ids?: readonly Hash[],
): { readonly view: BlockView; readonly bodies: readonly Uint8Array[] } {
  const decoded = decode(blockWithBodiesCodec, bytes);
  const cert = certificate === undefined ? undefined : decode(commitCertCodec, certificate);
  if (!decoded.ok || cert?.ok === false) {
    throw new Error(`what is stored of block ${height} does not decode`);
  }
  const { block, bodies } = decoded.value;
  const transactions = ids ?? bodies.map((body) => transactionId(body, hashIn));
  const view = { block, hash, transactions };
  return { view: cert === undefined ? view : { ...view, cert: cert.value }, bodies };
}
