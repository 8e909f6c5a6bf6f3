// The second reading of node/WIRE.md, sections 6 to 9: certificates, receipts, state and proofs.

import {
  type Bytes,
  Cursor,
  domainOf,
  hashIn,
  join,
  lengthAnd,
  refuse,
  same,
  sha256,
  type Trusted,
  uint,
  verifies,
  whole,
} from "./by-hand.ts";

// Section 6.

export type Cert = {
  readonly epoch: number;
  readonly view: number;
  readonly height: number;
  readonly block: Bytes;
  readonly stateRoot: Bytes;
  readonly signers: readonly number[];
  readonly signatures: readonly Bytes[];
};

export function commitCert(cursor: Cursor): Cert {
  const [epoch, view, height] = [cursor.uint53(), cursor.uint53(), cursor.uint53()];
  const [block, stateRoot] = [cursor.take(32), cursor.take(32)];
  const length = cursor.uint8();
  if (length > 32) refuse("too-long");
  const bitmap = cursor.take(length);
  if (bitmap.at(-1) === 0) refuse("out-of-range");
  const signers = [...Array(8 * length).keys()].filter((validator) => {
    return (((bitmap[validator >> 3] as number) >> (validator & 7)) & 1) === 1;
  });
  const signatures = signers.map(() => cursor.take(64));
  return { epoch, view, height, block, stateRoot, signers, signatures };
}

export function checkCommitCert(cert: Cert, trust: Trusted): void {
  const { epoch, view, height, block, stateRoot, signers, signatures } = cert;
  if (view === 0 || height === 0) refuse("genesis-certificate");
  if (epoch !== 0) refuse("wrong-epoch");
  let power = 0;
  for (const signer of signers) {
    power += trust.validators[signer]?.power ?? refuse("unknown-signer");
  }
  if (power < trust.quorumPower) refuse("below-quorum");
  const content = join(uint(8, epoch), uint(8, view), uint(8, height), block, stateRoot);
  const message = join(domainOf("quorate/commit-vote/1"), trust.chainId, content);
  for (const [at, signer] of signers.entries()) {
    const key = trust.validators[signer]?.publicKey as Bytes;
    if (!verifies(key, message, signatures[at] as Bytes)) refuse("bad-signature");
  }
}

// Section 7.

export type Receipt = {
  readonly transaction: Bytes;
  readonly index: number;
  readonly result: number;
  readonly code: string;
  readonly feePaid: bigint;
  readonly output: Bytes;
};

export function receipt(cursor: Cursor): Receipt {
  const [transaction, index, result] = [cursor.take(32), cursor.uint32(), cursor.uint8()];
  if (result > 2) refuse("unknown-tag");
  const code = Buffer.from(cursor.bytes(64)).toString("latin1");
  if (!/^[a-z0-9-]*$/.test(code)) refuse("out-of-range");
  return { transaction, index, result, code, feePaid: cursor.uint64(), output: cursor.bytes(1024) };
}

export function receiptHash({ transaction, index, result, code, feePaid, output }: Receipt): Bytes {
  const head = join(transaction, uint(4, index), uint(1, result), lengthAnd(Buffer.from(code)));
  return hashIn("quorate/receipt/1", head, uint(8, feePaid), lengthAnd(output));
}

const listLeaf = (element: Bytes) => hashIn("quorate/merkle/leaf-of-a-list/1", element);

const listTop = (count: number, top: Bytes) =>
  hashIn("quorate/merkle/root-of-a-list/1", uint(4, count), top);

export function listRoot(elements: readonly Bytes[]): Bytes {
  let layer = elements.map(listLeaf);
  while (layer.length > 1) {
    const above: Bytes[] = [];
    for (let at = 0; at < layer.length; at += 2) {
      const [left, right] = [layer[at] as Bytes, layer[at + 1]];
      above.push(right === undefined ? left : sha256(left, right));
    }
    layer = above;
  }
  return listTop(elements.length, layer[0] ?? new Uint8Array(0));
}

export type ListProof = {
  readonly index: number;
  readonly count: number;
  readonly siblings: readonly (Bytes | undefined)[];
};

/** One entry a layer; undefined where the node moves up. */
export function listProof(cursor: Cursor): ListProof {
  const [index, count] = [cursor.uint32(), cursor.uint32()];
  if (count < 1 || count > 2 ** 24 || index >= count) refuse("out-of-range");
  const siblings: (Bytes | undefined)[] = [];
  let [p, w] = [index, count];
  while (w > 1) {
    siblings.push(p % 2 === 1 || p + 1 < w ? cursor.take(32) : undefined);
    [p, w] = [Math.floor(p / 2), Math.ceil(w / 2)];
  }
  return { index, count, siblings };
}

export function rootOfListProof(element: Bytes, { index, count, siblings }: ListProof): Bytes {
  let node = listLeaf(element);
  let p = index;
  for (const sibling of siblings) {
    if (sibling !== undefined) node = p % 2 === 1 ? sha256(sibling, node) : sha256(node, sibling);
    p = Math.floor(p / 2);
  }
  return listTop(count, node);
}

// Section 8.

export type Leaf = { readonly key: Bytes; readonly value: Bytes; readonly nextKey: Bytes };

export function leafHash({ key, value, nextKey }: Leaf): Bytes {
  const domain = domainOf("quorate/state/leaf-of-the-map/1");
  const lengths = join(uint(2, key.length), uint(4, value.length), uint(2, nextKey.length));
  const content = join(domain, lengths, key, value, nextKey);
  let size = 64;
  while (size < content.length) size *= 2;
  let words: Bytes = join(content, new Uint8Array(size - content.length));
  while (words.length > 32) {
    const pairs = [...Array(words.length / 64).keys()];
    words = join(...pairs.map((at) => sha256((words as Bytes).slice(64 * at, 64 * at + 64))));
  }
  return words;
}

export function depthOf(leafCount: number): number {
  let depth = 0;
  while (2 ** depth < leafCount) depth += 1;
  return depth;
}

/** Of leaves by slot. */
export function stateRoot(leaves: readonly Leaf[]): Bytes {
  const width = 2 ** depthOf(leaves.length);
  let layer = [...Array(width).keys()].map((slot) => {
    const leaf = leaves[slot];
    return leaf === undefined ? new Uint8Array(32) : leafHash(leaf);
  });
  while (layer.length > 1) {
    layer = [...Array(layer.length / 2).keys()].map((at) =>
      sha256(layer[2 * at] as Bytes, layer[2 * at + 1] as Bytes),
    );
  }
  return hashIn("quorate/state-root/1", uint(4, leaves.length), layer[0] as Bytes);
}

export type MapProof = {
  readonly leafCount: number;
  readonly slot: number;
  readonly leaf: Leaf;
  readonly siblings: readonly Bytes[];
};

export function mapProof(cursor: Cursor): MapProof {
  const [leafCount, slot] = [cursor.uint32(), cursor.uint32()];
  const [key, value, nextKey] = [cursor.bytes(256), cursor.bytes(16_384), cursor.bytes(256)];
  const siblings = cursor.list(30, () => cursor.take(32));
  return { leafCount, slot, leaf: { key, value, nextKey }, siblings };
}

/** Undefined: the key holds nothing. */
export function checkMapProof(root: Bytes, key: Bytes, proof: MapProof): Bytes | undefined {
  const { leafCount, slot, leaf, siblings } = proof;
  if (key.length === 0 || leafCount < 1 || leafCount > 2 ** 30) refuse("wrong-shape");
  if (slot >= leafCount || siblings.length !== depthOf(leafCount)) refuse("wrong-shape");
  let node = leafHash(leaf);
  for (const [level, sibling] of siblings.entries()) {
    node = (slot >> level) & 1 ? sha256(sibling, node) : sha256(node, sibling);
  }
  if (!same(hashIn("quorate/state-root/1", uint(4, leafCount), node), root)) refuse("wrong-root");
  if (same(leaf.key, key)) return leaf.value;
  const isBelow = Buffer.compare(leaf.key, key) < 0;
  const isAbove = leaf.nextKey.length === 0 || Buffer.compare(leaf.nextKey, key) > 0;
  return isBelow && isAbove ? undefined : refuse("wrong-leaf");
}

const LAST_BLOCK_KEY = join(Uint8Array.of(0), Buffer.from("last-block"));

type LastBlock = {
  readonly bytes: Bytes;
  readonly height: number;
  readonly timestampMs: number;
  readonly receiptsRoot: Bytes;
  readonly previous: Bytes;
};

function lastBlock(cursor: Cursor): LastBlock {
  const bytes = cursor.take(80);
  const fields = new Cursor(bytes);
  const [height, timestampMs] = [fields.uint53(), fields.uint53()];
  return { bytes, height, timestampMs, receiptsRoot: fields.take(32), previous: fields.take(32) };
}

// Section 9.

function checkAnchor(cert: Cert, proof: MapProof, trust: Trusted): LastBlock {
  checkCommitCert(cert, trust);
  let block: LastBlock;
  try {
    const value = checkMapProof(cert.stateRoot, LAST_BLOCK_KEY, proof);
    block = whole(value ?? new Uint8Array(0), lastBlock);
  } catch {
    return refuse("last-block-not-proven");
  }
  if (block.height !== cert.height) refuse("wrong-height");
  return block;
}

export function checkStateProof(bytes: Bytes, key: Bytes, trust: Trusted) {
  const given = whole(bytes, (cursor) => ({
    key: cursor.bytes(256),
    proof: mapProof(cursor),
    lastBlock: mapProof(cursor),
    cert: commitCert(cursor),
  }));
  if (!same(given.key, key)) refuse("wrong-key");
  const { height, timestampMs } = checkAnchor(given.cert, given.lastBlock, trust);
  return { value: checkMapProof(given.cert.stateRoot, key, given.proof), height, timestampMs };
}

export function checkReceiptProof(bytes: Bytes, transaction: Bytes, trust: Trusted) {
  const given = whole(bytes, (cursor) => ({
    receipt: receipt(cursor),
    path: listProof(cursor),
    uncertified: cursor.list(256, () => lastBlock(cursor)),
    lastBlock: mapProof(cursor),
    cert: commitCert(cursor),
  }));
  if (!same(given.receipt.transaction, transaction)) refuse("wrong-transaction");
  if (given.receipt.index !== given.path.index) refuse("wrong-index");
  let block = checkAnchor(given.cert, given.lastBlock, trust);
  for (const earlier of given.uncertified.toReversed()) {
    if (!same(hashIn("quorate/last-block/1", earlier.bytes), block.previous))
      refuse("broken-chain");
    block = earlier;
  }
  const root = rootOfListProof(receiptHash(given.receipt), given.path);
  if (!same(root, block.receiptsRoot)) refuse("receipt-not-in-block");
  return { receipt: given.receipt, height: block.height, timestampMs: block.timestampMs };
}
