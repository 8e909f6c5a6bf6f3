import { describe, expect, test } from "vitest";
import { type Block, blockHash, commitCertCodec } from "../../../consensus/index.ts";
import { encode, equalBytes, type Hash, type Height } from "../../../crypto/index.ts";
import { answer, type Held, type StoredBlocks } from "../../../node/sync/index.ts";
import {
  type BlockWithBodies,
  blockWithBodiesCodec,
  MAX_ANSWER_BYTES,
  MAX_ANSWERED_BLOCKS,
  MAX_ASKED_BODIES,
} from "../../../node/sync/wire.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, committee, transfer, withBodies } from "../replica/fixtures.ts";

const nothingHeld: Held = {
  blockWithBodies: () => undefined,
  bodiesOf: () => [],
  certificates: () => ({ highQc: committee.genesis }),
};
const nothingStored: StoredBlocks = {
  finalHeight: () => 0 as Height,
  blockByHash: () => undefined,
  blockAt: () => undefined,
  certificateAt: () => undefined,
};

function holding(...transactions: SignedTransaction[]): Held {
  const bodiesOf = (ids: readonly Hash[]) =>
    ids.flatMap((id) =>
      transactions.filter((one) => equalBytes(one.id, id)).map((one) => one.bytes),
    );
  return { ...nothingHeld, bodiesOf };
}

/** Final blocks from height 1 on; those in `certified` have a certificate of their own. */
function onDisk(blocks: readonly BlockWithBodies[], certified: readonly number[]): StoredBlocks {
  const stateRoot = hashOf("state");
  const encodedAt = (height: number) => {
    const stored = blocks[height - 1];
    return stored && encode(blockWithBodiesCodec, stored);
  };
  return {
    finalHeight: () => blocks.length as Height,
    blockByHash: (hash) => {
      const at = blocks.findIndex((stored) => equalBytes(blockHash(stored.block), hash));
      return encodedAt(at + 1);
    },
    blockAt: encodedAt,
    certificateAt: (height) => {
      const stored = blocks[height - 1];
      if (stored === undefined || !certified.includes(height)) return undefined;
      return encode(commitCertCodec, committee.commitCert(stored.block, { stateRoot }));
    },
  };
}

test("who asks for certificates hears of the highest that are held", () => {
  const certificates = { highQc: committee.qc(3), highTc: committee.tc(4, { highQc: 3 }) };
  const held = { ...nothingHeld, certificates: () => certificates };
  const given = answer({ type: "certificates" }, held, nothingStored);
  expect(given).toEqual({ type: "certificates", ...certificates });
});

function chainOf(length: number, carried: readonly SignedTransaction[] = []): BlockWithBodies[] {
  const blocks: BlockWithBodies[] = [];
  let on: Block | undefined;
  for (let view = 1; view <= length; view++) {
    on = block(view, { ...(on === undefined ? {} : { on }), with: carried });
    blocks.push(withBodies(on, carried));
  }
  return blocks;
}

describe("a question for bodies", () => {
  const first = transfer();
  const second = transfer({ nonce: 1 });
  const third = transfer({ nonce: 2 });
  const made = block(1, { with: [first, second, third] });
  const question = {
    type: "bodies",
    block: blockHash(made),
    ids: [third.id, first.id],
  } as const;

  test("is answered from the pool, in the order of the question", () => {
    const given = answer(question, holding(first, third), nothingStored);
    expect(given).toEqual({ type: "bodies", bodies: [third.bytes, first.bytes] });
  });

  test("is answered once for an id that it names twice", () => {
    const twice = { ...question, ids: [first.id, first.id] };
    const given = answer(twice, holding(first), nothingStored);
    expect(given).toEqual({ type: "bodies", bodies: [first.bytes] });
  });

  test("is answered from disk once the block is there, with nothing that was not asked for", () => {
    const disk = onDisk([withBodies(made, [first, second, third])], []);
    const given = answer(question, holding(first), disk);
    expect(given).toEqual({ type: "bodies", bodies: [first.bytes, third.bytes] });
  });

  test("is answered with what the pool has when the block is not on disk", () => {
    const given = answer(question, holding(first), nothingStored);
    expect(given).toEqual({ type: "bodies", bodies: [first.bytes] });
  });
});

describe("a question for more bodies than one answer holds", () => {
  const ids = Array.from({ length: MAX_ASKED_BODIES }, (_, at) => hashOf(`${at}`));
  const sizeOf = (bodies: readonly Uint8Array[]) =>
    bodies.reduce((sum, { length }) => sum + length, 0);

  test("is answered with those from the front that fit", () => {
    const question = { type: "bodies", block: hashOf("unknown"), ids } as const;
    const held = { ...nothingHeld, bodiesOf: () => ids.map(() => new Uint8Array(10_000)) };
    const given = answer(question, held, nothingStored);
    const bytes = given.type === "bodies" ? sizeOf(given.bodies) : 0;
    expect(bytes).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
    expect(bytes).toBeGreaterThan(MAX_ANSWER_BYTES - 10_000);
  });
});

describe("a question for a block", () => {
  const made = block(1);
  const question = { type: "block", hash: blockHash(made) } as const;
  const found = withBodies(made, []);

  test("is answered from memory while the block is not final", () => {
    const held = { ...nothingHeld, blockWithBodies: () => found };
    expect(answer(question, held, nothingStored)).toEqual({ type: "block", found });
  });

  test("is answered from disk", () => {
    const given = answer(question, nothingHeld, onDisk([found], []));
    expect(given).toEqual({ type: "block", found });
  });

  test("is answered with nothing when the block is nowhere", () => {
    expect(answer(question, nothingHeld, nothingStored)).toEqual({ type: "block" });
  });

  test("is answered with nothing when the stored bytes do not decode", () => {
    const disk = { ...nothingStored, blockByHash: () => new Uint8Array(3) };
    expect(answer(question, nothingHeld, disk)).toEqual({ type: "block" });
  });
});

describe("a question for final blocks", () => {
  const ask = (from: number, disk: StoredBlocks) => {
    const given = answer({ type: "blocks", from: from as Height }, nothingHeld, disk);
    if (given.type !== "blocks") throw new Error("another kind of answer");
    const heights = given.blocks.map((stored) => stored.block.height);
    return { heights, certified: given.cert?.height };
  };
  const five = chainOf(5);

  test("is answered up to the last certificate, not beyond", () => {
    expect(ask(2, onDisk(five, [1, 2, 4]))).toEqual({ heights: [2, 3, 4], certified: 4 });
  });

  test("is answered with nothing when no block from there on has a certificate", () => {
    expect(ask(4, onDisk(five, [1, 2]))).toEqual({ heights: [], certified: undefined });
  });

  test("is answered with nothing above the last final block", () => {
    expect(ask(6, onDisk(five, [5]))).toEqual({ heights: [], certified: undefined });
  });

  test("is answered with nothing for the height of genesis", () => {
    expect(ask(0, onDisk(five, [5]))).toEqual({ heights: [], certified: undefined });
  });

  test("ends before a block whose stored bytes do not decode", () => {
    const disk = onDisk(five, [1, 2, 3, 4, 5]);
    const blockAt = (height: Height) => (height === 3 ? new Uint8Array(3) : disk.blockAt(height));
    expect(ask(1, { ...disk, blockAt })).toEqual({ heights: [1, 2], certified: 2 });
  });

  test("is answered with so many blocks at most", () => {
    const [stored] = five as [BlockWithBodies];
    const encoded = encode(blockWithBodiesCodec, stored);
    const cert = committee.commitCert(stored.block, { stateRoot: hashOf("state") });
    const disk: StoredBlocks = {
      ...nothingStored,
      finalHeight: () => 1_000 as Height,
      blockAt: () => encoded,
      certificateAt: () => encode(commitCertCodec, cert),
    };
    expect(ask(1, disk).heights).toHaveLength(MAX_ANSWERED_BLOCKS);
  });

  test("is answered with so many bytes at most, once there is a certificate", () => {
    const memo = new Uint8Array(64);
    const carried = Array.from({ length: 5_000 }, () => transfer({ memo }));
    const [large] = chainOf(1, carried) as [BlockWithBodies];
    const encoded = encode(blockWithBodiesCodec, large);
    const cert = committee.commitCert(large.block, { stateRoot: hashOf("state") });
    const disk: StoredBlocks = {
      ...nothingStored,
      finalHeight: () => 100 as Height,
      blockAt: () => encoded,
      certificateAt: () => encode(commitCertCodec, cert),
    };
    const { heights } = ask(1, disk);
    expect(heights).toHaveLength(Math.floor(MAX_ANSWER_BYTES / encoded.length));
  });
});
