// Proofs of the state and of receipts: those that hold, and the ways to spoil them.

import type { Block } from "../../consensus/index.ts";
import {
  ascii,
  decode,
  type Epoch,
  encode,
  type Height,
  merkleProof,
  toHex,
  type View,
} from "../../crypto/index.ts";
import {
  accountKey,
  LAST_BLOCK_KEY,
  type LastBlock,
  lastBlockCodec,
  leaseKey,
  type MapProof,
  receiptHash,
  recordKey,
} from "../../node/ledger/index.ts";
import {
  type ReceiptProof,
  receiptProofCodec,
  type StateProof,
  stateProofCodec,
} from "../../node/proof/index.ts";
import { found, type SmallChain, type Step } from "./small-chain.ts";
import { type Plain, plain } from "./vector.ts";

export type ProofVector = {
  readonly about: string;
  /** The key, or the id of the transaction, that the asker wants to know about. */
  readonly asked: string;
  readonly bytes: string;
  readonly verdict: Plain;
};

type Changed<T> = readonly [about: string, change: Partial<T>, refusal: string];

export function stateProofVectors(chain: SmallChain): readonly ProofVector[] {
  const { first, third, people } = chain;
  const [alice, dave] = [accountKey(people.alice.address), accountKey(people.dave.address)];
  const valid: readonly (readonly [string, Step, Uint8Array])[] = [
    ["an account at height 1", first, alice],
    ["the same account at height 3", third, alice],
    ["an account that nobody has paid to", third, dave],
    ["a record", third, recordKey(ascii("motd"))],
    ["a lease that was released", third, leaseKey(ascii("printer"))],
    ["what the state says of its block", third, LAST_BLOCK_KEY],
  ];
  const proof = stateProofOf(chain, third, alice);
  const bytes = encode(stateProofCodec, proof);
  return [
    ...valid.map(([about, step, key]): ProofVector => {
      const given = stateProofOf(chain, step, key);
      return {
        about,
        asked: toHex(key),
        bytes: toHex(encode(stateProofCodec, given)),
        verdict: stateVerdict(chain, step, key),
      };
    }),
    refused("cut by a byte", alice, bytes.slice(0, -1), "malformed"),
    refused("with a byte more", alice, Uint8Array.of(...bytes, 0), "malformed"),
    refused("of another key", dave, bytes, "wrong-key"),
    ...spoiltStateProofs(chain, proof).map(([about, change, refusal]) =>
      refused(about, alice, encode(stateProofCodec, { ...proof, ...change }), refusal),
    ),
  ];
}

function spoiltStateProofs(chain: SmallChain, valid: StateProof): readonly Changed<StateProof>[] {
  const { first, third, people, say } = chain;
  const { proof, cert } = valid;
  const earlier = stateProofOf(chain, first, valid.key);
  const neighbour = stateProofOf(chain, third, accountKey(people.bob.address));
  const { siblings, leaf } = proof;
  const below = say.commitCert(third.block, cert.stateRoot, [1, 2, 3]);
  const higher = say.commitCert(blockAbove(third), cert.stateRoot, [0, 1, 3]);
  const swapped = [found(siblings[1]), found(siblings[0]), ...siblings.slice(2)];
  const changedLeaf = { ...leaf, value: leaf.value.with(7, 0) };
  return [
    ["with another value", { proof: { ...proof, leaf: changedLeaf } }, "wrong-root"],
    ["with two siblings swapped", { proof: { ...proof, siblings: swapped } }, "wrong-root"],
    ["with a sibling less", { proof: { ...proof, siblings: siblings.slice(1) } }, "wrong-shape"],
    ["with the path of another key", { proof: neighbour.proof }, "wrong-leaf"],
    ["with the path of another height", { proof: earlier.proof }, "wrong-root"],
    ["with the block of another height", { lastBlock: earlier.lastBlock }, "last-block-not-proven"],
    ["with the certificate of another height", { cert: earlier.cert }, "last-block-not-proven"],
    ["with a later block, certified with this state", { cert: higher }, "wrong-height"],
    ["signed by power 3 of 6", { cert: below }, "below-quorum"],
    ["of epoch 1", { cert: { ...cert, epoch: 1 as Epoch } }, "wrong-epoch"],
    ["with another view than was signed", { cert: { ...cert, view: 5 as View } }, "bad-signature"],
    ["of view 0", { cert: { ...cert, view: 0 as View } }, "genesis-certificate"],
    ["of height 0", { cert: { ...cert, height: 0 as Height } }, "genesis-certificate"],
  ];
}

export function receiptProofVectors(chain: SmallChain): readonly ProofVector[] {
  const { first, second, third } = chain;
  const valid: readonly (readonly [string, Step, number])[] = [
    ["the first of five, in a block with a certificate", first, 0],
    ["the last of five, which was skipped", first, 4],
    ["in a block that the next one made final", second, 1],
    ["the third of five", third, 2],
  ];
  const proof = receiptProofOf(chain, second, 1);
  const asked = proof.receipt.transaction;
  const other = receiptProofOf(chain, second, 2);
  const bytes = encode(receiptProofCodec, proof);
  return [
    ...valid.map(([about, step, index]): ProofVector => {
      const given = receiptProofOf(chain, step, index);
      return {
        about,
        asked: toHex(given.receipt.transaction),
        bytes: toHex(encode(receiptProofCodec, given)),
        verdict: receiptVerdict(chain, step, index),
      };
    }),
    refused("cut by a byte", asked, bytes.slice(0, -1), "malformed"),
    refused("with a byte more", asked, Uint8Array.of(...bytes, 0), "malformed"),
    refused("of another transaction", other.receipt.transaction, bytes, "wrong-transaction"),
    ...spoiltReceiptProofs(chain, proof).map(([about, change, refusal]) =>
      refused(about, asked, encode(receiptProofCodec, { ...proof, ...change }), refusal),
    ),
  ];
}

function spoiltReceiptProofs(
  chain: SmallChain,
  valid: ReceiptProof,
): readonly Changed<ReceiptProof>[] {
  const { first, second, third, say } = chain;
  const { receipt, path, uncertified, cert } = valid;
  const before = lastBlockOf(chain, first);
  const unpaid = { ...receipt, feePaid: 0n };
  const above = { ...receipt, index: 2 };
  const [block] = uncertified as [LastBlock];
  const later = { ...block, timestampMs: block.timestampMs + 1 };
  const below = say.commitCert(third.block, cert.stateRoot, [1, 2, 3]);
  const higher = say.commitCert(blockAbove(third), cert.stateRoot, [0, 1, 3]);
  const otherPath = receiptProofOf(chain, third, 1).path;
  return [
    ["with another fee", { receipt: unpaid }, "receipt-not-in-block"],
    ["with another index than its path", { receipt: above }, "wrong-index"],
    ["with the path of another block", { path: otherPath }, "receipt-not-in-block"],
    ["of a block of four", { path: { ...path, count: 4 } }, "receipt-not-in-block"],
    ["without the block before the certified one", { uncertified: [] }, "receipt-not-in-block"],
    ["with another time of that block", { uncertified: [later] }, "broken-chain"],
    ["with a block that does not follow", { uncertified: [block, before] }, "broken-chain"],
    ["with the block of another height", { lastBlock: lastBlockProof(chain, second) }, UNPROVEN],
    ["with a later block, certified with this state", { cert: higher }, "wrong-height"],
    ["signed by power 3 of 6", { cert: below }, "below-quorum"],
    ["of epoch 1", { cert: { ...cert, epoch: 1 as Epoch } }, "wrong-epoch"],
    ["with the certificate of another block", { cert: first.cert }, UNPROVEN],
    ["of view 0", { cert: { ...cert, view: 0 as View } }, "genesis-certificate"],
  ];
}

/** No honest quorum signs it with the state of the block below. */
function blockAbove({ block }: Step): Block {
  return { ...block, view: 5 as View, height: 4 as Height };
}

const UNPROVEN = "last-block-not-proven";

function stateProofOf(chain: SmallChain, step: Step, key: Uint8Array): StateProof {
  const { proof } = found(chain.ledger.proveAt(step.block.height, key));
  return { key, proof, lastBlock: lastBlockProof(chain, step), cert: step.cert };
}

/** Under the certificate of the block; of the next one for height 2, as if height 2 had none. */
function receiptProofOf(chain: SmallChain, step: Step, index: number): ReceiptProof {
  const { receipts } = step.execution;
  const leaves = receipts.map((receipt) => receiptHash(receipt));
  const isCertified = step !== chain.second;
  const certified = isCertified ? step : chain.third;
  return {
    receipt: found(receipts[index]),
    path: merkleProof(leaves, index),
    uncertified: isCertified ? [] : [lastBlockOf(chain, step)],
    lastBlock: lastBlockProof(chain, certified),
    cert: certified.cert,
  };
}

function lastBlockProof(chain: SmallChain, { block }: Step): MapProof {
  return found(chain.ledger.proveAt(block.height, LAST_BLOCK_KEY)).proof;
}

function lastBlockOf(chain: SmallChain, step: Step): LastBlock {
  const decoded = decode(lastBlockCodec, lastBlockProof(chain, step).leaf.value);
  if (!decoded.ok) throw new Error("every state names its block");
  return decoded.value;
}

function stateVerdict(chain: SmallChain, step: Step, key: Uint8Array): Plain {
  const value = found(chain.ledger.readerAt(step.block.height)).get(key);
  return plain({ ok: "yes", ...certified(step), key, value });
}

function receiptVerdict(chain: SmallChain, step: Step, index: number): Plain {
  const { height, timestampMs } = step.block;
  const receipt = step.execution.receipts[index];
  const anchor = certified(step === chain.second ? chain.third : step);
  return plain({ ok: "yes", receipt, height, timestampMs, certified: anchor });
}

function certified({ block, hash, execution }: Step) {
  const { height, view, timestampMs } = block;
  return { height, blockHash: hash, stateRoot: execution.stateRoot, view, timestampMs };
}

function refused(
  about: string,
  asked: Uint8Array,
  bytes: Uint8Array,
  refusal: string,
): ProofVector {
  return { about, asked: toHex(asked), bytes: toHex(bytes), verdict: { ok: "no", refusal } };
}
