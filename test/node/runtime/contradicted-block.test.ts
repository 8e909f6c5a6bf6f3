import { describe, expect, test } from "vitest";
import { type Block, blockHash, type Halt } from "../../../consensus/index.ts";
import { encode, type Hash, type Height } from "../../../crypto/index.ts";
import { contradictedBlock } from "../../../node/runtime/contradicted-block.ts";
import { UncertifiedBlocks } from "../../../node/runtime/uncertified-blocks.ts";
import { blockWithBodiesCodec } from "../../../node/sync/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import {
  addressNamed,
  block,
  committee,
  newLedger,
  transfer,
  withBodies,
} from "../replica/fixtures.ts";

const carried = [transfer()];
const one = block(1, { with: carried });
const hash = blockHash(one);
const bytes = encode(blockWithBodiesCodec, withBodies(one, carried));
const cert = committee.commitCert(one, { stateRoot: hashOf("theirs") });

function executed() {
  const ledger = newLedger();
  const { parent, height, timestampMs } = one;
  const proposer = addressNamed("bob");
  const execution = ledger.execute({
    hash,
    parent,
    height,
    timestampMs,
    proposer,
    transactions: carried,
  });
  return { ledger, execution };
}

const held = { blockWithBodies: () => withBodies(one, carried) };
const nothingHeld = { blockWithBodies: () => undefined };
const stored = { blockByHash: () => ({ hash, height: 1 as Height, bytes }) };
const nothingStored = { blockByHash: () => undefined };

function diverged(ours: Hash): Halt {
  const { view, height } = one;
  return { reason: "state-diverged", height, view, ours, theirs: cert.stateRoot, cert };
}

describe("the block of a halt", () => {
  test("comes with all that was computed for it while it is not final", () => {
    const { ledger, execution } = executed();
    const parentRoot = ledger.committed.stateRoot;
    const memory = { ledger, inventory: held, blocks: nothingStored };
    const uncertified = new UncertifiedBlocks();
    const found = contradictedBlock(diverged(execution.stateRoot), { ...memory, uncertified });
    const { stateRoot, receipts } = execution;
    const { changes } = ledger.commit(hash);
    const { parent, height } = one;
    const computed = { hash, height, parent, parentRoot, stateRoot, receipts, changes };
    expect(found).toEqual({ block: bytes, computed, below: [] });
  });

  test("comes with what was computed for those below it that are not final either", () => {
    const { ledger, execution } = executed();
    const parentRoot = ledger.committed.stateRoot;
    const two = { ...block(2), parent: hash, height: 2 as Height };
    const above = ledger.execute({
      ...{ hash: blockHash(two), parent: hash, height: two.height, transactions: [] },
      ...{ timestampMs: one.timestampMs + 1, proposer: addressNamed("bob") },
    });
    const halt = { ...diverged(above.stateRoot), cert: { ...cert, block: blockHash(two) } };
    const uncertified = new UncertifiedBlocks();
    const memory = { ledger, inventory: nothingHeld, blocks: nothingStored, uncertified };
    const found = contradictedBlock(halt, memory);
    expect(found.computed).toMatchObject({ height: 2, parentRoot: execution.stateRoot });
    const { stateRoot, receipts } = execution;
    const { changes } = ledger.commit(hash);
    const { parent, height } = one;
    expect(found.below).toEqual([
      { hash, height, parent, parentRoot, stateRoot, receipts, changes },
    ]);
  });

  test("comes with it when the certificate came after the block was final", () => {
    const { ledger } = executed();
    const { stateRoot, receipts, changes } = ledger.commit(hash);
    const uncertified = new UncertifiedBlocks();
    uncertified.note({ block: one, hash, stateRoot, receipts, changes, transactions: carried });
    const memory = { ledger, inventory: nothingHeld, blocks: stored, uncertified };
    const found = contradictedBlock(diverged(stateRoot), memory);
    expect(found.block).toEqual(bytes);
    expect(found.computed).toMatchObject({
      hash,
      parent: one.parent,
      stateRoot,
      receipts,
      changes,
    });
  });

  test("is our own where the others have another one", () => {
    const { ledger } = executed();
    const theirs = hashOf("another block");
    const { view, height } = one;
    const halt = { reason: "conflicting-commit", height, view, ours: hash, theirs } as const;
    const uncertified = new UncertifiedBlocks();
    const memory = { ledger, inventory: held, blocks: nothingStored, uncertified };
    expect(contradictedBlock(halt, memory)).toMatchObject({ block: bytes, computed: { hash } });
  });

  test("is left out where nothing is known of it any more", () => {
    const ledger = newLedger();
    const uncertified = new UncertifiedBlocks();
    const memory = { ledger, inventory: nothingHeld, blocks: nothingStored, uncertified };
    const found = contradictedBlock(diverged(hashOf("ours")), memory);
    expect(found).toEqual({ block: undefined, computed: undefined, below: [] });
  });
});

describe("the memory of uncertified blocks", () => {
  const finalAt = (height: number, certified = false) => {
    const at: Block = { ...one, height: height as Height };
    const stateRoot = hashOf("state");
    const final = { block: at, hash: hashOf(`block ${height}`), stateRoot, receipts: [] };
    const rest = { changes: [], transactions: [] };
    return certified ? { ...final, ...rest, cert } : { ...final, ...rest };
  };

  test("keeps no block whose certificate came with it", () => {
    const uncertified = new UncertifiedBlocks();
    uncertified.note(finalAt(1, true));
    expect(uncertified.find(hashOf("block 1"))).toBeUndefined();
  });

  test("forgets a block after eight more, certified or not", () => {
    const uncertified = new UncertifiedBlocks();
    uncertified.note(finalAt(1));
    for (let height = 2; height <= 8; height++) uncertified.note(finalAt(height, height % 2 === 0));
    expect(uncertified.find(hashOf("block 1"))).toBeDefined();
    uncertified.note(finalAt(9, true));
    expect(uncertified.find(hashOf("block 1"))).toBeUndefined();
    expect(uncertified.find(hashOf("block 3"))).toBeDefined();
  });
});
