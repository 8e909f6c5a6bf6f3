import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Block,
  blockHash,
  commitCertCodec,
  initialSafetyState,
  safetyStateCodec,
  silentSafetyState,
  UNKNOWN_PAST,
} from "../../../consensus/index.ts";
import {
  addressOf,
  decode,
  encode,
  type Hash,
  type Height,
  type Nonce,
  type View,
} from "../../../crypto/index.ts";
import type { Genesis } from "../../../node/chain/index.ts";
import { type ChainRoot, chainRootOf } from "../../../node/chain/index.ts";
import { LAST_BLOCK_KEY } from "../../../node/ledger/index.ts";
import {
  closeStores,
  openStores,
  type Restored,
  restore,
  type Stores,
} from "../../../node/runtime/restoration.ts";
import { blockReceiptsCodec } from "../../../node/runtime/transaction-record.ts";
import { SAFETY_LOG_FILE } from "../../../node/storage/index.ts";
import { blockWithBodiesCodec, payloadHash } from "../../../node/sync/index.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../../node/transaction/index.ts";
import { hashOf, standInSigner } from "../../consensus/fixtures.ts";
import { genesis as exampleGenesis } from "../genesis/fixtures.ts";

const alice = standInSigner("alice");
const genesis: Genesis = {
  ...exampleGenesis,
  accounts: [{ address: addressOf(alice.publicKey), balance: 1_000_000n }],
};
const root = chainRootOf(genesis);
const { chainId } = root.validators;

function transfer(nonce: number, amount = 1n): SignedTransaction {
  const call = { type: "transfer", to: addressOf(standInSigner("bob").publicKey), amount } as const;
  const unsigned = {
    chainId,
    sender: addressOf(alice.publicKey),
    publicKey: alice.publicKey,
    nonce: nonce as Nonce,
    fee: 1n,
    validUntilHeight: 1_000 as Height,
    call: encodeCall({ ...call, memo: new Uint8Array(0) }),
  };
  return signTransaction(unsigned, alice);
}

type Stored = { readonly block: Block; readonly transactions: readonly SignedTransaction[] };

/** One transfer a block. Restoration trusts its own disk, so the certificates need no signatures. */
function chainOf(length: number, firstAmount = 1n): readonly Stored[] {
  const blocks: Stored[] = [];
  let parent: { readonly hash: Hash; readonly height: number } = {
    hash: root.genesisBlock,
    height: 0,
  };
  for (let height = 1; height <= length; height++) {
    const transactions = [transfer(height - 1, height === 1 ? firstAmount : 1n)];
    const justify = {
      ...root.genesisQc,
      view: (height - 1) as View,
      height: parent.height as Height,
      block: parent.hash,
    };
    const block: Block = {
      epoch: root.validators.epoch,
      view: height as View,
      height: height as Height,
      parent: parent.hash,
      justify,
      payload: payloadHash(transactions.map(({ id }) => id)),
      timestampMs: genesis.genesisTimeMs + height,
      proposer: height % 2,
    };
    blocks.push({ block, transactions });
    parent = { hash: blockHash(block), height };
  }
  return blocks;
}

function put({ blockStore }: Stores, { block, transactions }: Stored): void {
  const bodies = transactions.map(({ bytes }) => bytes);
  const bytes = encode(blockWithBodiesCodec, { block, bodies });
  blockStore.putBlock({ hash: blockHash(block), height: block.height, bytes });
}

function finalize(stores: Stores, stored: Stored, certificate?: Uint8Array): void {
  put(stores, stored);
  const final = { height: stored.block.height, hash: blockHash(stored.block) };
  stores.blockStore.finalize(certificate === undefined ? final : { ...final, certificate });
}

function sign({ safetyLog }: Stores, view: number): void {
  const safety = { ...initialSafetyState(root.genesisQc), lastVotedView: view as View };
  safetyLog.persist(encode(safetyStateCodec, safety));
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-restoration-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One life of a node: open, do, close. */
async function life<T>(act: (stores: Stores) => Promise<T> | T): Promise<T> {
  const stores = await openStores(folder, chainId);
  try {
    return await act(stores);
  } finally {
    await closeStores(stores);
  }
}

const resume = (chain: ChainRoot = root, hasSignedBefore = false): Promise<Restored> =>
  life((stores) => restore(chain, stores, { hasSignedBefore }));

/** The state after this chain, by a node that executed it in one go. */
async function referenceRoot(blocks: readonly Stored[]): Promise<Hash> {
  const kept = folder;
  folder = mkdtempSync(join(tmpdir(), "quorate-reference-"));
  await life((stores) => {
    for (const stored of blocks) finalize(stores, stored);
    sign(stores, 1);
  });
  const { tip } = await resume();
  rmSync(folder, { recursive: true, force: true });
  folder = kept;
  return tip.stateRoot;
}

describe("a fresh directory", () => {
  test("begins at genesis, with nothing signed", async () => {
    expect((await resume()).safety).toEqual(initialSafetyState(root.genesisQc));
  });

  test("signs nothing before it knows how far the others are when its key has signed before", async () => {
    const restored = await resume(root, true);
    expect(restored.tip).toMatchObject({ hash: root.genesisBlock, height: 0, view: 0 });
    expect(restored.tip.timestampMs).toBe(genesis.genesisTimeMs);
    expect(restored.safety).toEqual(silentSafetyState(root.genesisQc));
    expect(restored.unfinished).toEqual([]);
  });

  test("opens again after a life that stored blocks before it ever signed", async () => {
    const [first] = chainOf(1);
    await life(async (stores) => {
      await restore(root, stores, { hasSignedBefore: false });
      finalize(stores, first as Stored);
    });
    expect((await resume()).tip.height).toBe(1);
  });

  test("begins at genesis again when it was opened and left", async () => {
    const first = await resume();
    const second = await resume();
    expect(second.tip).toEqual(first.tip);
  });

  test("stays silent over a restart in the middle", async () => {
    await resume(root, true);
    const { safety } = await resume(root, true);
    expect(safety.silentThrough).toBe(UNKNOWN_PAST);
  });

  test("goes on with what was signed though nothing became final", async () => {
    await life((stores) => sign(stores, 7));
    const { safety } = await resume();
    expect(safety.lastVotedView).toBe(7);
  });
});

describe("a state store behind the block log", () => {
  const blocks = chainOf(5);

  test("is brought to the last final block, with the tip's view and time", async () => {
    await life(async (stores) => {
      await restore(root, stores, { hasSignedBefore: false });
      for (const stored of blocks) finalize(stores, stored);
      sign(stores, 5);
    });
    const { tip, ledger } = await resume();
    const block = blocks[4]?.block as Block;
    expect(tip).toMatchObject({ hash: blockHash(block), height: 5, view: 5, block });
    expect(tip.timestampMs).toBe(genesis.genesisTimeMs + 5);
    expect(ledger.committed.stateRoot).toEqual(tip.stateRoot);
  });

  test("gives the same state whether it was replayed at once, in parts or not at all", async () => {
    const expected = await referenceRoot(blocks);
    await life((stores) => {
      for (const stored of blocks.slice(0, 2)) finalize(stores, stored);
      sign(stores, 2);
    });
    await resume();
    await life((stores) => {
      for (const stored of blocks.slice(2)) finalize(stores, stored);
    });
    expect((await resume()).tip.stateRoot).toEqual(expected);
    expect((await resume()).tip.stateRoot).toEqual(expected);
  });

  test("is replayed from genesis when the state is gone altogether", async () => {
    await life((stores) => {
      for (const stored of blocks) finalize(stores, stored);
      sign(stores, 5);
    });
    const before = await resume();
    rmSync(join(folder, "state"), { recursive: true });
    expect((await resume()).tip).toEqual(before.tip);
  });

  test("is replayed however far behind it is", async () => {
    const many = chainOf(400);
    await life((stores) => {
      for (const stored of many) finalize(stores, stored);
      sign(stores, 400);
    });
    expect((await resume()).tip.height).toBe(400);
  });

  test("knows the outcome of replayed transactions", async () => {
    await life((stores) => {
      for (const stored of blocks) finalize(stores, stored);
      sign(stores, 5);
    });
    await resume();
    const id = blocks[3]?.transactions[0]?.id as Hash;
    const record = await life(({ stateStore }) => stateStore.transaction(id));
    expect(record).toBeDefined();
  });

  test("keeps with replayed receipts what proves them later", async () => {
    await life((stores) => {
      for (const stored of blocks) finalize(stores, stored);
      sign(stores, 5);
    });
    await resume();
    const bytes = await life(({ stateStore }) => stateStore.receiptsAt(4 as Height));
    const kept = decode(blockReceiptsCodec, bytes ?? new Uint8Array(0));
    expect(kept.ok && kept.value.lastBlock?.leaf.key).toEqual(LAST_BLOCK_KEY);
  });

  test("halts when a quorum certified another state than the replay gives", async () => {
    const [stored] = blocks as [Stored];
    const { epoch, view, height } = stored.block;
    const content = { epoch, view, height, block: blockHash(stored.block) };
    const signatures = { signers: [], signatures: [] };
    const cert = { ...content, stateRoot: hashOf("another state"), signatures };
    await life((stores) => {
      finalize(stores, stored, encode(commitCertCodec, cert));
      sign(stores, 1);
    });
    await expect(resume()).rejects.toMatchObject({
      code: "SAFETY_HALT",
      found: {
        halt: { reason: "state-diverged", height: 1, theirs: hashOf("another state"), cert },
        computed: { hash: blockHash(stored.block), receipts: [{ result: "ok" }] },
        block: expect.any(Uint8Array),
      },
    });
  });
});

describe("blocks above the last final one", () => {
  const blocks = chainOf(4);

  test("are handed out with their transactions, lowest first", async () => {
    await life((stores) => {
      for (const stored of blocks.slice(0, 2)) finalize(stores, stored);
      put(stores, blocks[3] as Stored);
      put(stores, blocks[2] as Stored);
      sign(stores, 4);
    });
    const { unfinished, tip } = await resume();
    expect(tip.height).toBe(2);
    expect(unfinished.map(({ block }) => block.height)).toEqual([3, 4]);
    expect(unfinished[0]?.ids).toEqual([blocks[2]?.transactions[0]?.id]);
  });
});

describe("a directory that contradicts itself is refused", () => {
  const blocks = chainOf(3);
  const DAMAGED = { name: "StorageError", code: "LOG_DAMAGED" };

  async function filled(): Promise<void> {
    await life((stores) => {
      for (const stored of blocks) finalize(stores, stored);
      sign(stores, 3);
    });
    await resume();
  }

  test("when there are final blocks and no safety log", async () => {
    await filled();
    rmSync(join(folder, SAFETY_LOG_FILE));
    await expect(resume()).rejects.toMatchObject(DAMAGED);
    await expect(resume()).rejects.toThrow("no record of what this validator has signed");
  });

  test("when there are blocks that a vote promised to keep, and no safety log", async () => {
    await life((stores) => put(stores, blocks[0] as Stored));
    await expect(resume()).rejects.toMatchObject(DAMAGED);
  });

  test("when the safety record does not decode", async () => {
    await life(({ safetyLog }) => safetyLog.persist(Uint8Array.of(1, 2, 3)));
    await expect(resume()).rejects.toThrow("the safety record does not decode");
  });

  test("when the state is ahead of the block log", async () => {
    await life(async (stores) => {
      const { ledger } = await restore(root, stores, { hasSignedBefore: false });
      const { stateRoot } = ledger.committed;
      stores.stateStore.commit({ height: 1 as Height, stateRoot, changes: [], transactions: [] });
      sign(stores, 1);
    });
    await expect(resume()).rejects.toThrow("the state is that of height 1");
  });

  test("when the stored state has another root than it should", async () => {
    await life(async (stores) => {
      await restore(root, stores, { hasSignedBefore: false });
      finalize(stores, blocks[0] as Stored);
      sign(stores, 1);
    });
    await life(async (stores) => {
      const { stateRoot } = (await restore(root, stores, { hasSignedBefore: false })).tip;
      const key = Uint8Array.of(1, 2, 3);
      finalize(stores, blocks[1] as Stored);
      const changes = [{ key, value: key }];
      stores.stateStore.commit({ height: 2 as Height, stateRoot, changes, transactions: [] });
    });
    await expect(resume()).rejects.toMatchObject(DAMAGED);
  });

  test("when a stored block's bodies are not its own", async () => {
    await life((stores) => {
      const [first, second] = blocks as [Stored, Stored];
      put(stores, { block: first.block, transactions: second.transactions });
      const hash = blockHash(first.block);
      stores.blockStore.finalize({ height: 1 as Height, hash });
      sign(stores, 1);
    });
    await expect(resume()).rejects.toThrow("a stored block does not decode");
  });

  test("when it belongs to another chain", async () => {
    await filled();
    const opened = openStores(folder, hashOf("another chain"));
    await expect(opened).rejects.toMatchObject({ code: "WRONG_CHAIN" });
  });
});
