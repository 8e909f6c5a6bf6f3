import { describe, expect, test } from "vitest";
import {
  Chain,
  type ChainNode,
  MAX_BLOCKS,
  MAX_REMEMBERED_COMMITS,
} from "../../consensus/chain.ts";
import { type Block, blockHash } from "../../consensus/index.ts";
import { hashOf, viewOf, type World, world } from "./fixtures.ts";

function chainOf(made: World, blocks: readonly Block[]): Chain {
  const chain = new Chain(made.genesisTip);
  for (const block of blocks) chain.insert(block, true);
  return chain;
}

function viewsOf(nodes: readonly ChainNode[]): number[] {
  return nodes.map(({ block }) => block.view);
}

function commitAll(chain: Chain, made: World, blocks: readonly Block[]): void {
  for (const block of blocks) {
    const node = chain.insert(block, true);
    if (node === undefined) throw new Error("the chain takes no more blocks");
    node.stateRoot = made.rootAfter(block);
    chain.commit(node, true);
    chain.prune();
  }
}

describe("the chain of blocks above the tip", () => {
  test("is walked by hash, oldest first, over views that were skipped", () => {
    const made = world();
    const [one, two] = [made.block(1), made.block(2)];
    const five = made.block(5, { on: 2 });
    const fork = made.block(4, { on: 1 });
    const path = chainOf(made, [five, fork, two, one]).pathTo(blockHash(five));
    expect(path.type === "whole" && viewsOf(path.nodes)).toEqual([1, 2, 5]);
  });

  test("has an empty path to the tip itself", () => {
    const made = world();
    expect(chainOf(made, []).pathTo(made.genesis.block)).toEqual({ type: "whole", nodes: [] });
  });

  test("names the newest block that is missing on the way down", () => {
    const made = world();
    const [one, , three, four] = made.chain(1, 4);
    const chain = chainOf(made, [one, three, four] as Block[]);
    expect(chain.pathTo(blockHash(made.block(4)))).toEqual({
      type: "missing",
      hash: blockHash(made.block(2)),
    });
    const unknown = hashOf("unknown");
    expect(chain.pathTo(unknown)).toEqual({ type: "missing", hash: unknown });
  });

  test("knows that a block beside the tip will never build on it", () => {
    const made = world();
    const chain = new Chain(made.genesisTip);
    commitAll(chain, made, [made.block(1)]);
    const beside = made.block(3, { on: made.block(2, { on: 0 }) });
    chain.insert(beside, true);
    expect(chain.pathTo(blockHash(beside))).toEqual({ type: "off-the-chain" });
  });

  test("takes no block at or below the tip", () => {
    const made = world();
    const chain = new Chain(made.genesisTip);
    commitAll(chain, made, made.chain(1, 3));
    expect(chain.insert(made.block(9, { on: 2 }), true)).toBeUndefined();
    expect(chain.insert(made.block(9, { on: 3 }), true)).toBeDefined();
  });

  test("drops what the tip has overtaken, forks too", () => {
    const made = world();
    const chain = new Chain(made.genesisTip);
    chain.insert(made.block(5, { on: 0 }), false);
    chain.insert(made.block(6, { on: 1 }), false);
    commitAll(chain, made, [made.block(1)]);
    expect(chain.size).toBe(1);
    expect(chain.get(blockHash(made.block(6, { on: 1 })))).toBeDefined();
  });

  test("remembers the last commits, and forgets older ones", () => {
    const made = world();
    const chain = new Chain(made.genesisTip);
    commitAll(chain, made, made.chain(1, MAX_REMEMBERED_COMMITS + 20));
    const heights = [20, 21, 148, 149].map((each) => chain.committedAt(each as never)?.tip.view);
    expect(heights).toEqual([undefined, 21, 148, undefined]);
    expect(chain.tip).toEqual(made.tipAt(148));
  });

  test("refuses to commit what does not extend the tip: our bug", () => {
    const made = world();
    const chain = chainOf(made, made.chain(1, 2));
    const node = chain.get(blockHash(made.block(2)));
    if (node === undefined) throw new Error("not inserted");
    node.stateRoot = made.rootAfter(2);
    expect(() => chain.commit(node, false)).toThrow("a commit extends the tip");
  });

  test("refuses to commit what was not executed: our bug", () => {
    const made = world();
    const chain = chainOf(made, made.chain(1, 1));
    const node = chain.get(blockHash(made.block(1))) as ChainNode;
    expect(() => chain.commit(node, false)).toThrow("executed before it is committed");
  });

  test("refuses to commit at a height that does not follow: our bug", () => {
    const made = world();
    const chain = new Chain(made.genesisTip);
    const node = chain.insert(
      { ...made.block(1), height: made.block(2).height },
      true,
    ) as ChainNode;
    node.stateRoot = made.rootAfter(1);
    expect(() => chain.commit(node, false)).toThrow("heights are contiguous");
  });
});

describe("a full tree", () => {
  const made = world();
  const blocks = made.chain(1, MAX_BLOCKS + 2);

  test("refuses a proposal, and takes what was asked for in place of the highest block", () => {
    const chain = chainOf(made, blocks.slice(1, MAX_BLOCKS + 1));
    expect(chain.size).toBe(MAX_BLOCKS);
    expect(chain.insert(made.block(1), false)).toBeUndefined();
    expect(chain.insert(made.block(1), true)).toBeDefined();
    expect(chain.size).toBe(MAX_BLOCKS);
    expect(chain.get(blockHash(made.block(MAX_BLOCKS + 1)))).toBeUndefined();
    expect(chain.get(blockHash(made.block(MAX_BLOCKS)))).toBeDefined();
  });

  test("takes nothing above all that it holds", () => {
    const chain = chainOf(made, blocks.slice(0, MAX_BLOCKS));
    expect(chain.insert(made.block(MAX_BLOCKS + 2), true)).toBeUndefined();
    const besideTheHighest = made.block(MAX_BLOCKS + 2, { on: MAX_BLOCKS - 1 });
    expect(chain.insert(besideTheHighest, true)).toBeUndefined();
  });
});

describe("old forks", () => {
  test("go once a certified branch has left them behind, the branch stays whole", () => {
    const made = world();
    const branch = made.chain(1, 4);
    const fork = made.block(7, { on: 2 });
    const young = made.block(20, { on: 3 });
    const chain = chainOf(made, [...branch, fork, young]);
    chain.pruneForks(blockHash(made.block(4)), viewOf(20));
    expect(chain.get(blockHash(fork))).toBeUndefined();
    expect(chain.get(blockHash(young))).toBeDefined();
    expect(chain.pathTo(blockHash(made.block(4))).type).toBe("whole");
  });

  test("stay while the certified block itself is missing, for it may stand on any of them", () => {
    const made = world();
    const chain = chainOf(made, made.chain(1, 4));
    chain.pruneForks(blockHash(made.block(40)), viewOf(24));
    expect(chain.size).toBe(4);
  });
});
