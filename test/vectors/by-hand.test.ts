// Does node/WIRE.md suffice? The vectors against a reading of that page which shares no code with the node.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  addressOf,
  addressText,
  Cursor,
  domainOf,
  genesisBytes,
  hashIn,
  hex,
  join,
  lengthAnd,
  Refused,
  sha256,
  signed,
  trusted,
  uint,
  unhex,
  verifies,
  whole,
} from "./by-hand.ts";
import {
  checkCommitCert,
  checkMapProof,
  checkReceiptProof,
  checkStateProof,
  commitCert,
  type Leaf,
  leafHash,
  listProof,
  listRoot,
  mapProof,
  receipt,
  receiptHash,
  rootOfListProof,
  stateRoot,
} from "./by-hand-proofs.ts";
import type { WireVectors } from "./wire-vectors.ts";

const wire: WireVectors = JSON.parse(readFileSync("test/vectors/wire.json", "utf8"));
const genesisJson = wire.genesis.json as unknown as Parameters<typeof trusted>[0];
const trust = trusted(genesisJson, unhex(wire.genesis.chainId));

function keyOf(name: string) {
  const key = wire.keys.find((each) => each.name === name);
  if (key === undefined) throw new Error(`nobody is called ${name}`);
  return key;
}

/** The refusal, or what came of it. */
function outcome<T>(check: () => T): T | string {
  try {
    return check();
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

describe("by WIRE.md alone", () => {
  test.each(wire.keys)("the address of $name comes out", ({ publicKey, addressBytes, address }) => {
    expect(hex(addressOf(unhex(publicKey)))).toBe(addressBytes);
    expect(addressText(unhex(addressBytes))).toBe(address);
  });

  test("genesis has its bytes, its chain id, its block and its quorum", () => {
    const bytesOf = new Map(wire.keys.map(({ address, addressBytes }) => [address, addressBytes]));
    const bytes = genesisBytes(genesisJson, (text) => unhex(bytesOf.get(text) ?? "0x"));
    expect(hex(bytes)).toBe(wire.genesis.bytes);
    expect(hex(hashIn("quorate/genesis/1", bytes))).toBe(wire.genesis.chainId);
    expect(hex(hashIn("quorate/genesis-block/1", trust.chainId))).toBe(wire.genesis.block);
    expect(trust.quorumPower).toBe(wire.genesis.quorumPower);
  });

  test("the first transaction is built, signed and named", () => {
    const [vector] = wire.transactions;
    const [alice, bob] = [keyOf("alice"), keyOf("bob")];
    const to = unhex(bob.addressBytes);
    const call = join(uint(1, 1), to, uint(8, 25), lengthAnd(Buffer.from("hi")));
    const fields = join(uint(8, 0), uint(8, 2), uint(8, 1_000), lengthAnd(call));
    const publicKey = unhex(alice.publicKey);
    const head = join(uint(1, 1), trust.chainId, addressOf(publicKey), publicKey);
    const unsigned = join(head, fields);
    const message = join(domainOf("quorate/transaction-signature/1"), unsigned);
    expect(hex(message)).toBe(vector?.signedBytes);
    const signature = signed(unhex(alice.secretKey), publicKey, message);
    const bytes = join(unsigned, signature);
    expect(hex(bytes)).toBe(vector?.bytes);
    expect(hex(hashIn("quorate/transaction/1", bytes))).toBe(vector?.id);
  });

  test.each(wire.transactions)("the signature of a transaction holds: $about", ({ bytes, id }) => {
    const whole = unhex(bytes);
    const cursor = new Cursor(whole);
    const [version, chainId] = [cursor.uint8(), cursor.take(32)];
    cursor.take(20);
    const publicKey = cursor.take(32);
    const message = join(domainOf("quorate/transaction-signature/1"), whole.slice(0, -64));
    expect([version, hex(chainId)]).toEqual([1, wire.genesis.chainId]);
    expect(verifies(publicKey, message, whole.slice(-64))).toBe(true);
    expect(hex(hashIn("quorate/transaction/1", whole))).toBe(id);
  });

  test.each(wire.blockHashes.map((named, at) => ({ named, at })))(
    "the block of height $at and one has the hash $named, and the payload of its transactions",
    ({ named, at }) => {
      const block = unhex(wire.encodings.block?.[at]?.bytes ?? "0x");
      expect(hex(hashIn("quorate/block/1", block))).toBe(named);
      const ids = wire.transactions.map(({ id }) => unhex(id));
      const [from, to] = [
        [0, 5],
        [5, 8],
        [8, 13],
      ][at] as [number, number];
      const payload = block.slice(block.length - 42, block.length - 10);
      expect(hex(listRoot(ids.slice(from, to)))).toBe(hex(payload));
    },
  );

  test.each(wire.signatures)("a $kind is signed by $signer", (vector) => {
    const { publicKey, secretKey } = keyOf(vector.signer);
    const message = unhex(vector.signedBytes);
    const tail = message.slice(domainOf(`quorate/${vector.kind}/1`).length);
    expect(hex(join(domainOf(`quorate/${vector.kind}/1`), tail))).toBe(vector.signedBytes);
    expect(hex(tail.slice(0, 32))).toBe(wire.genesis.chainId);
    expect(hex(signed(unhex(secretKey), unhex(publicKey), message))).toBe(vector.signature);
  });

  const commitCerts = wire.certificates.filter(({ layout }) => layout === "commitCert");
  test.each(commitCerts)("a CommitCert $about: $refusal", ({ bytes, refusal }) => {
    const check = () => {
      checkCommitCert(whole(unhex(bytes), commitCert), trust);
      return "none";
    };
    expect(outcome(check)).toBe(refusal);
  });

  test.each(wire.receipts)("a receipt is read and hashed: $about", ({ bytes, hash, value }) => {
    const read = whole(unhex(bytes), receipt);
    expect(hex(receiptHash(read))).toBe(hash);
    const { transaction, index, result, code, feePaid, output } = read;
    const results = ["ok", "failed", "skipped"];
    const names = { transaction: hex(transaction), index, result: results[result], code };
    expect({ ...names, feePaid: `${feePaid}`, output: hex(output) }).toEqual(value);
  });

  test.each(wire.trees)("a list has the root $root, and proofs of it", (vector) => {
    const leaves = vector.leaves.map(unhex);
    expect(hex(listRoot(leaves))).toBe(vector.root);
    for (const [index, bytes] of vector.proofs.entries()) {
      const proof = whole(unhex(bytes), listProof);
      expect(hex(rootOfListProof(leaves[index] as Uint8Array, proof))).toBe(vector.root);
    }
  });

  test("the state has the roots of its writes", () => {
    expect(hex(leafHash(leafOf(wire.map.leaf)))).toBe(wire.map.leaf.hash);
    expect(hex(sha256(unhex(wire.map.leaf.bytes)))).toBe(wire.map.leaf.hash);
    const slots: { key: string; value: string }[] = [{ key: "0x", value: "0x" }];
    for (const { key, value, root } of wire.map.steps) {
      write(slots, key, value);
      expect(hex(stateRoot(linked(slots)))).toBe(root);
    }
  });

  test.each(wire.map.proofs)("a map proof of $key holds", ({ key, value, bytes }) => {
    const held = checkMapProof(lastRoot(), unhex(key), whole(unhex(bytes), mapProof));
    expect(held && hex(held)).toBe(value);
  });

  test.each(wire.map.refusals)("a map proof is refused: $about", ({ key, bytes, refusal }) => {
    const check = () => checkMapProof(lastRoot(), unhex(key), whole(unhex(bytes), mapProof));
    expect(outcome(check)).toBe(refusal);
  });

  test.each(wire.stateProofs)("a state proof: $about", ({ asked, bytes, verdict }) => {
    const given = outcome(() => checkStateProof(unhex(bytes), unhex(asked), trust));
    const expected = verdict as { ok: string; refusal?: string; value?: string; height?: number };
    if (typeof given === "string") return expect(given).toBe(expected.refusal);
    const { value, ...place } = given;
    expect(expected).toMatchObject({ ok: "yes", ...place });
    expect(value && hex(value)).toBe(expected.value);
  });

  test.each(wire.receiptProofs)("a receipt proof: $about", ({ asked, bytes, verdict }) => {
    const given = outcome(() => checkReceiptProof(unhex(bytes), unhex(asked), trust));
    const expected = verdict as { ok: string; refusal?: string };
    if (typeof given === "string") return expect(given).toBe(expected.refusal);
    const { receipt, ...place } = given;
    const { index, feePaid } = receipt;
    expect(expected).toMatchObject({ ok: "yes", ...place });
    expect(expected).toMatchObject({ receipt: { index, feePaid: `${feePaid}` } });
  });
});

function lastRoot(): Uint8Array {
  return unhex(wire.map.steps.at(-1)?.root ?? "0x");
}

function leafOf(leaf: Readonly<Record<keyof Leaf, string>>): Leaf {
  return { key: unhex(leaf.key), value: unhex(leaf.value), nextKey: unhex(leaf.nextKey) };
}

/** A new key takes the next slot, the last key that of one that is deleted. */
function write(slots: { key: string; value: string }[], key: string, value: string | undefined) {
  const slot = slots.findIndex((entry) => entry.key === key);
  if (value !== undefined) {
    slots[slot < 0 ? slots.length : slot] = { key, value };
    return;
  }
  const last = slots.pop();
  if (last !== undefined && slot < slots.length) slots[slot] = last;
}

function linked(slots: readonly { readonly key: string; readonly value: string }[]): Leaf[] {
  const sorted = slots.map(({ key }) => key).sort((a, b) => Buffer.compare(unhex(a), unhex(b)));
  return slots.map(({ key, value }) => {
    return leafOf({ key, value, nextKey: sorted[sorted.indexOf(key) + 1] ?? "0x" });
  });
}
