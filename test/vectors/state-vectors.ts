// Receipts and their trees, the authenticated map, and what the built-in ledger keeps in the state.

import {
  type Address,
  ascii,
  concatBytes,
  domain,
  encode,
  type Height,
  merkleProof,
  merkleProofCodec,
  merkleRoot,
  portableHashLayer,
  toHex,
} from "../../crypto/index.ts";
import { AuthenticatedMap } from "../../node/ledger/authenticated-map.ts";
import {
  accountCodec,
  accountKey,
  applicationKey,
  LAST_BLOCK_KEY,
  type Lease,
  lastBlockHash,
  leaseCodec,
  leaseKey,
  type MapProof,
  mapProofCodec,
  offenceKey,
  type Receipt,
  type RecordEntry,
  receiptHash,
  recordCodec,
  recordKey,
  verifyMapProof,
} from "../../node/ledger/index.ts";
import { type Leaf, leafHash } from "../../node/ledger/leaf.ts";
import { LAYOUTS } from "./layouts.ts";
import { found, type SmallChain } from "./small-chain.ts";
import { type Encoding, encodingOf, type Refusal } from "./vector.ts";

export function receiptsOf({ first, second, third }: SmallChain): readonly Receipt[] {
  return [first, second, third].flatMap(({ execution }) => execution.receipts);
}

export function receiptVectors(chain: SmallChain) {
  return receiptsOf(chain).map((receipt) => ({
    ...encodingOf(LAYOUTS.receipt, receipt.result, receipt),
    hash: toHex(receiptHash(receipt)),
  }));
}

export function receiptRefusals(chain: SmallChain): readonly Refusal[] {
  const failed = encode(LAYOUTS.receipt, found(chain.first.execution.receipts[3]));
  const given = [
    ["result 3", failed.with(36, 3), "unknown-tag"],
    ["a code in upper case", failed.with(41, 0x49), "out-of-range"],
    ["a code of 65 bytes", failed.with(40, 65), "too-long"],
    ["an output of 1,025 bytes", failed.with(-2, 4).with(-1, 1), "too-long"],
  ] as const;
  return given.map(([about, bytes, refusal]) => ({ about, bytes: toHex(bytes), refusal }));
}

/** Lists of receipt hashes: of none to seven, with the path of every one. */
export function treeVectors(chain: SmallChain) {
  const hashes = receiptsOf(chain).map((receipt) => receiptHash(receipt));
  return [0, 1, 2, 3, 5, 7].map((count) => {
    const leaves = hashes.slice(0, count);
    return {
      leaves: leaves.map(toHex),
      root: toHex(merkleRoot(leaves)),
      proofs: leaves.map((_, index) => toHex(encode(merkleProofCodec, merkleProof(leaves, index)))),
    };
  });
}

export function treeRefusals(chain: SmallChain) {
  const leaves = receiptsOf(chain)
    .slice(0, 3)
    .map((receipt) => receiptHash(receipt));
  const root = merkleRoot(leaves);
  const leaf = found(leaves[2]);
  const proof = merkleProof(leaves, 2);
  const given = [
    ["at another place", { ...proof, index: 1 }, "wrong-sibling-count"],
    ["of a list of four", { ...proof, count: 4 }, "wrong-sibling-count"],
    ["of a list of two", { ...proof, count: 2 }, "index-out-of-range"],
    ["without its sibling", { ...proof, siblings: [] }, "wrong-sibling-count"],
    ["with another sibling", { ...proof, siblings: [leaf] }, "wrong-root"],
  ] as const;
  return given.map(([about, { index, count, siblings }, refusal]) => {
    const claimed = { index, count, siblings: siblings.map(toHex) };
    return { about, root: toHex(root), leaf: toHex(leaf), ...claimed, refusal };
  });
}

/** Slots: a new key takes the next one; the last key takes the slot of a deleted one. */
export function mapVectors() {
  const map = new AuthenticatedMap();
  const long = new Uint8Array(40).fill(7);
  const writes: readonly (readonly [string, Uint8Array | undefined])[] = [
    ["banana", ascii("1")],
    ["apple", ascii("2")],
    ["cherry", long],
    ["apple", ascii("3")],
    ["banana", undefined],
    ["date", new Uint8Array(0)],
  ];
  const steps = writes.map(([key, value]) => {
    if (value === undefined) map.delete(ascii(key));
    else map.set(ascii(key), value);
    const written = value === undefined ? {} : { value: toHex(value) };
    return { key: toHex(ascii(key)), ...written, leafCount: map.size + 1, root: toHex(map.root()) };
  });
  const root = map.root();
  const asked = ["apple", "cherry", "date", "banana", "aaa", "zebra"];
  const proofs = asked.map((text) => {
    const key = ascii(text);
    const verdict = verifyMapProof(root, key, map.prove(key));
    if (!verdict.ok) throw new Error("the map proves what it holds");
    const held = verdict.value === undefined ? {} : { value: toHex(verdict.value) };
    return { key: toHex(key), ...held, bytes: toHex(encode(mapProofCodec, map.prove(key))) };
  });
  const empty = new AuthenticatedMap().root();
  return { emptyRoot: toHex(empty), steps, proofs, refusals: mapRefusals(map), leaf: leafVector() };
}

function mapRefusals(map: AuthenticatedMap) {
  const [apple, banana] = [ascii("apple"), ascii("banana")];
  const proof = map.prove(apple);
  const absence = map.prove(banana);
  const { leafCount, slot, siblings } = proof;
  const otherValue = { ...proof.leaf, value: ascii("4") };
  const given: readonly (readonly [string, Uint8Array, MapProof, string])[] = [
    ["of another value", apple, { ...proof, leaf: otherValue }, "wrong-root"],
    ["at another slot", apple, { ...proof, slot: slot ^ 1 }, "wrong-root"],
    ["of a larger map", apple, { ...proof, leafCount: leafCount + 1 }, "wrong-shape"],
    ["of a smaller map", apple, { ...proof, leafCount: leafCount - 1 }, "wrong-root"],
    ["with a sibling less", apple, { ...proof, siblings: siblings.slice(1) }, "wrong-shape"],
    ["of a leaf above the key", apple, map.prove(ascii("cherry")), "wrong-leaf"],
    ["of a leaf whose next key is below the key", ascii("zebra"), absence, "wrong-leaf"],
    ["at a slot that is not in use", apple, { ...proof, slot: leafCount }, "wrong-shape"],
    ["of the empty key", new Uint8Array(0), proof, "wrong-shape"],
  ];
  return given.map(([about, key, claimed, refusal]) => {
    return { about, key: toHex(key), bytes: toHex(encode(mapProofCodec, claimed)), refusal };
  });
}

/** A short one, so that its bytes are two words. */
function leafVector() {
  const leaf: Leaf = { key: ascii("apple"), value: ascii("3"), nextKey: ascii("cherry") };
  const { key, value, nextKey } = leaf;
  const lengths = Uint8Array.of(0, 5, 0, 0, 0, 1, 0, 6);
  const words = concatBytes(LEAF_DOMAIN.prefix, lengths, key, value, nextKey, new Uint8Array(12));
  const written = { key: toHex(key), value: toHex(value), nextKey: toHex(nextKey) };
  return { ...written, bytes: toHex(words), hash: toHex(leafHash(leaf, portableHashLayer)) };
}

const LEAF_DOMAIN = domain("quorate/state/leaf-of-the-map/1");

export type EntryVector = {
  readonly layout: "account" | "record" | "lease" | "offence" | "lastBlock";
  readonly about: string;
  readonly key: string;
  readonly height: number;
  readonly bytes: string;
};

/** What stands in the state of the chain, and where. */
export function entryVectors(chain: SmallChain): readonly EntryVector[] {
  const { people } = chain;
  const { publicKey } = found(people.validators[3]).signer;
  const offence = { publicKey, kind: "vote", view: chain.second.block.view } as const;
  const at = (layout: EntryVector["layout"], about: string, key: Uint8Array, height: number) => {
    const value = found(chain.ledger.readerAt(height as Height)).get(key);
    return { layout, about, key: toHex(key), height, bytes: toHex(found(value)) };
  };
  return [
    at("account", "alice, her key not rotated", accountKey(people.alice.address), 1),
    at("account", "alice, her key rotated", accountKey(people.alice.address), 3),
    at("account", "the proposer of height 1", accountKey(proposerOf(chain)), 1),
    at("record", "motd", recordKey(ascii("motd")), 1),
    at("record", "motd, given to bob", recordKey(ascii("motd")), 3),
    at("record", "draft, deleted", recordKey(ascii("draft")), 3),
    at("lease", "printer", leaseKey(ascii("printer")), 2),
    at("offence", "of validator 3, who voted twice in view 2", offenceKey(offence), 3),
    at("lastBlock", "height 0", LAST_BLOCK_KEY, 0),
    at("lastBlock", "height 1", LAST_BLOCK_KEY, 1),
    at("lastBlock", "height 2", LAST_BLOCK_KEY, 2),
    at("lastBlock", "height 3", LAST_BLOCK_KEY, 3),
  ];
}

/** Layouts of values that the chain does not come by. */
export function valueEncodings({
  people,
}: SmallChain): Readonly<Record<string, readonly Encoding[]>> {
  const holder = people.alice.address;
  const released = { holder, token: 7 as Height, expiresAt: 6 as Height } satisfies Lease;
  const empty: RecordEntry = {
    version: 1,
    height: 1 as Height,
    content: { owner: holder, value: new Uint8Array(0) },
  };
  return {
    account: [
      encodingOf(accountCodec, "the largest balance", {
        balance: 2n ** 64n - 1n,
        nonce: 0 as never,
        key: undefined,
      }),
    ],
    lease: [encodingOf(leaseCodec, "released in the block that acquired it", released)],
    record: [encodingOf(recordCodec, "with an empty value", empty)],
  };
}

export function keyExamples() {
  return [
    { about: "of an application's own key 0x2a", key: toHex(applicationKey(Uint8Array.of(42))) },
  ];
}

/** What each state says of the one before it. */
export function previousVectors(chain: SmallChain) {
  return [0, 1, 2].map((height) => {
    const bytes = found(found(chain.ledger.readerAt(height as Height)).get(LAST_BLOCK_KEY));
    return { bytes: toHex(bytes), hash: toHex(lastBlockHash(bytes)) };
  });
}

function proposerOf({ people, first }: SmallChain): Address {
  return found(people.validators[first.block.proposer]).address;
}
