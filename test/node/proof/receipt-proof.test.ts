import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, epoch, merkleProof, type View } from "../../../crypto/index.ts";
import { LAST_BLOCK_KEY, type LastBlock, receiptHash } from "../../../node/ledger/index.ts";
import {
  checkReceiptProof,
  MAX_UNCERTIFIED,
  type ReceiptProof,
  receiptProofCodec,
} from "../../../node/proof/index.ts";
import { world } from "../../consensus/fixtures.ts";
import { anyHash, chainOf, found, trustOf, writes } from "./fixtures.ts";

const BODIES = [
  [writes(0, 20, 1), writes(1, 20, 2), writes(2, 20, 3)],
  [writes(3, 20, 4), writes(4, 20, 99), writes(5, 20, 6), writes(6, 20, 7), writes(7, 20, 8)],
  [],
  [writes(8, 20, 9)],
];
const { w, at } = chainOf(BODIES);
const trust = trustOf(w);

/** Receipt `index` of a block, by the certificate of that block or of a later one. */
function proofOf(height: number, index: number, certified = height): ReceiptProof {
  const { receipts } = at(height);
  const uncertified: LastBlock[] = [];
  for (let each = height; each < certified; each++) uncertified.push(at(each).lastBlock);
  return {
    receipt: found(receipts[index]),
    path: merkleProof(
      receipts.map((receipt) => receiptHash(receipt)),
      index,
    ),
    uncertified,
    lastBlock: at(certified).prove(LAST_BLOCK_KEY),
    cert: at(certified).cert,
  };
}

function bytesOf(proof: ReceiptProof): Uint8Array {
  return encode(receiptProofCodec, proof);
}

function check(proof: ReceiptProof, transaction = proof.receipt.transaction) {
  return checkReceiptProof(bytesOf(proof), trust, transaction);
}

function refused(refusal: string) {
  return { ok: false, refusal };
}

describe("a receipt proof", () => {
  test.each([0, 1, 2, 3, 4])("tells what came of transaction %i of a block", (index) => {
    const { receipts, timestampMs, block, stateRoot } = at(2);
    expect(check(proofOf(2, index))).toEqual({
      ok: true,
      receipt: receipts[index],
      height: 2,
      timestampMs,
      certified: { height: 2, blockHash: block, stateRoot, view: 2, timestampMs },
    });
  });

  test("leads from a block without certificate to the next one that has one", () => {
    const { receipts, timestampMs } = at(1);
    expect(check(proofOf(1, 2, 4))).toMatchObject({
      ok: true,
      receipt: receipts[2],
      height: 1,
      timestampMs,
      certified: { height: 4, timestampMs: at(4).timestampMs },
    });
  });
});

describe("a receipt proof is refused", () => {
  test("when it was cut, wherever that is", () => {
    const proof = proofOf(2, 1, 3);
    const bytes = bytesOf(proof);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const verdict = checkReceiptProof(cut, trust, proof.receipt.transaction);
      expect(verdict).toEqual(refused("malformed"));
    }
  });

  test("when it was extended", () => {
    const proof = proofOf(2, 1);
    const bytes = Uint8Array.of(...bytesOf(proof), 0);
    const verdict = checkReceiptProof(bytes, trust, proof.receipt.transaction);
    expect(verdict).toEqual(refused("malformed"));
  });

  test("when it bridges more blocks than a proof may", () => {
    const proof = proofOf(2, 1);
    const bytes = bytesOf({
      ...proof,
      uncertified: Array.from({ length: MAX_UNCERTIFIED }, () => at(1).lastBlock),
    });
    const longer = new DataView(bytes.buffer);
    const place = bytes.length - lengthAfterList(proof) - MAX_UNCERTIFIED * 80 - 4;
    expect(longer.getUint32(place)).toBe(MAX_UNCERTIFIED);
    longer.setUint32(place, MAX_UNCERTIFIED + 1);
    const verdict = checkReceiptProof(bytes, trust, proof.receipt.transaction);
    expect(verdict).toEqual(refused("malformed"));
  });

  test("when it is about another transaction", () => {
    expect(check(proofOf(2, 1), anyHash)).toEqual(refused("wrong-transaction"));
  });

  test("when the receipt says something else than the block's", () => {
    const proof = proofOf(2, 1);
    const receipt = { ...proof.receipt, result: "ok" as const };
    expect(proof.receipt.result).toBe("skipped");
    expect(check({ ...proof, receipt })).toEqual(refused("receipt-not-in-block"));
  });

  test("when the receipt claims another place of the block than its path", () => {
    const proof = proofOf(2, 1);
    const receipt = { ...proof.receipt, index: 2 };
    expect(check({ ...proof, receipt })).toEqual(refused("wrong-index"));
  });

  test("when the path is that of another receipt", () => {
    const proof = proofOf(2, 1);
    const receipt = { ...proof.receipt, index: 2 };
    const { path } = proofOf(2, 2);
    expect(check({ ...proof, receipt, path })).toEqual(refused("receipt-not-in-block"));
  });

  test("when the siblings are reordered", () => {
    const proof = proofOf(2, 1);
    const path = { ...proof.path, siblings: proof.path.siblings.toReversed() };
    expect(check({ ...proof, path })).toEqual(refused("receipt-not-in-block"));
  });

  test("when it is from a block of another height", () => {
    const { lastBlock, cert } = proofOf(4, 0);
    expect(check({ ...proofOf(2, 1), lastBlock, cert })).toEqual(refused("receipt-not-in-block"));
  });

  test("when the state's record of the block is from another height", () => {
    const lastBlock = at(1).prove(LAST_BLOCK_KEY);
    expect(check({ ...proofOf(2, 1), lastBlock })).toEqual(refused("last-block-not-proven"));
  });

  test("when a quorum certified the state of another height", () => {
    const cert = w.commitCert(3, { stateRoot: at(2).stateRoot });
    expect(check({ ...proofOf(2, 1), cert })).toEqual(refused("wrong-height"));
  });

  test("when a block of the chain to the certificate is left out", () => {
    const proof = proofOf(1, 0, 4);
    const uncertified = proof.uncertified.filter((_, index) => index !== 1);
    expect(check({ ...proof, uncertified })).toEqual(refused("broken-chain"));
  });

  test("when the chain to the certificate is reordered", () => {
    const proof = proofOf(1, 0, 4);
    const uncertified = proof.uncertified.toReversed();
    expect(check({ ...proof, uncertified })).toEqual(refused("broken-chain"));
  });

  test("when the chain begins with a block of the prover's own making", () => {
    const proof = proofOf(2, 0, 3);
    const [own] = proofOf(1, 0, 2).uncertified;
    expect(check({ ...proof, uncertified: [found(own)] })).toEqual(refused("broken-chain"));
  });

  test("when it is from another chain", () => {
    const other = chainOf(BODIES, world({ chain: "another" })).at(2);
    const lastBlock = other.prove(LAST_BLOCK_KEY);
    const proof = { ...proofOf(2, 1), lastBlock, cert: other.cert };
    expect(check(proof)).toEqual(refused("bad-signature"));
  });

  test("when it is from another epoch", () => {
    const cert = { ...at(2).cert, epoch: epoch(2) };
    expect(check({ ...proofOf(2, 1), cert })).toEqual(refused("wrong-epoch"));
  });

  test("when less than a quorum signed", () => {
    const cert = w.commitCert(2, { stateRoot: at(2).stateRoot, by: [0, 1] });
    expect(check({ ...proofOf(2, 1), cert })).toEqual(refused("below-quorum"));
  });

  test("when its certificate has view 0, whoever signed it", () => {
    const cert = { ...at(2).cert, view: 0 as View };
    expect(check({ ...proofOf(2, 1), cert })).toEqual(refused("genesis-certificate"));
  });
});

test("no byte of a receipt proof can be another without it being refused (seed 4042)", () => {
  const sound = [proofOf(2, 3), proofOf(1, 0, 4)].map((proof) => ({
    transaction: proof.receipt.transaction,
    bytes: bytesOf(proof),
  }));
  fc.assert(
    fc.property(
      fc.constantFrom(...sound),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (of, n, x) => {
        const bytes = Uint8Array.from(of.bytes);
        const place = n % bytes.length;
        bytes[place] = found(bytes[place]) ^ x;
        expect(checkReceiptProof(bytes, trust, of.transaction).ok).toBe(false);
      },
    ),
    { seed: 4042, numRuns: 3_000 },
  );
});

/** Bytes behind the blocks without certificate. */
function lengthAfterList(proof: ReceiptProof): number {
  const { length } = bytesOf({ ...proof, uncertified: [] });
  const { receipt, path } = proof;
  return (
    length -
    (32 + 4 + 1 + 4 + receipt.code.length + 8 + 4 + receipt.output.length) -
    (8 + 32 * path.siblings.length) -
    4
  );
}
