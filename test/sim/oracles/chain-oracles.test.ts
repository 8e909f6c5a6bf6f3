import { describe, expect, test } from "vitest";
import type { Height, Nonce, Signature, View } from "../../../crypto/index.ts";
import { agreement } from "../../../devnet/sim/oracles/agreement.ts";
import { atMostOnce } from "../../../devnet/sim/oracles/at-most-once.ts";
import { conservation } from "../../../devnet/sim/oracles/conservation.ts";
import { contiguity } from "../../../devnet/sim/oracles/contiguity.ts";
import { stateRoots } from "../../../devnet/sim/oracles/state-roots.ts";
import { validity } from "../../../devnet/sim/oracles/validity.ts";
import type { Receipt } from "../../../node/ledger/index.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import {
  at,
  beyondBounds,
  certified,
  committed,
  final,
  History,
  otherHash,
  premises,
  transfer,
  verdict,
} from "./fixtures.ts";

function soundHistory(): FinalBlock[] {
  const history = new History();
  history.add([transfer()]);
  history.add([transfer({ nonce: 1 as Nonce }), transfer({ from: 1, amount: 7n })]);
  history.add();
  // Spends more than there is; then a nonce that is used up.
  history.add([
    transfer({ nonce: 2 as Nonce, amount: 9_000_000n }),
    transfer({ nonce: 2 as Nonce }),
  ]);
  return history.blocks;
}

const sound = soundHistory();
const [first, second] = sound as [FinalBlock, FinalBlock];

describe("a sound history", () => {
  const everything = [0, 1, 2, 3].flatMap((node) => [
    at(node, { type: "started", height: 0 }),
    ...sound.map((block) => final(node, block)),
    at(node, { type: "started", height: 2 }),
    ...sound.slice(2).map((block) => final(node, block)),
  ]);

  test.each([
    { maker: agreement },
    { maker: contiguity },
    { maker: validity },
    { maker: atMostOnce },
    { maker: conservation },
    { maker: stateRoots },
  ])("passes $maker.name", ({ maker }) => {
    expect(verdict(maker, everything)).toEqual([]);
  });
});

describe("agreement reports", () => {
  const other = { ...first, hash: otherHash(7) };

  test("two blocks of one height", () => {
    expect(verdict(agreement, [final(0, first), final(1, other)])[0]).toMatch(/^height 1: v0 has/);
  });

  test("two states after one block", () => {
    const state = { ...first, stateRoot: otherHash(7) };
    expect(verdict(agreement, [final(0, first), final(1, state)])).toHaveLength(1);
  });

  test("another block of the same node after a restart", () => {
    const seen = [final(0, first), at(0, { type: "started", height: 0 }), final(0, other)];
    expect(verdict(agreement, seen)).toHaveLength(1);
  });

  test("nothing of what liars call final, nor with more liars than the protocol bears", () => {
    const isHonest = (node: number) => node !== 1;
    expect(verdict(agreement, [final(0, first), final(1, other)], premises({ isHonest }))).toEqual(
      [],
    );
    expect(verdict(agreement, [final(0, first), final(1, other)], beyondBounds())).toEqual([]);
  });
});

describe("contiguity reports", () => {
  test("a height left out", () => {
    expect(verdict(contiguity, [final(0, second)])).toEqual(["v0, height 2 follows on height 0"]);
  });

  test("a parent that was not final", () => {
    const block = { ...second.block, parent: otherHash(9) };
    const seen = [final(0, first), final(0, { ...second, block })];
    expect(verdict(contiguity, seen)[0]).toContain("height 2: parent 09090909");
  });

  test("a start above all that was final", () => {
    const seen = [final(0, first), at(0, { type: "started", height: 2 })];
    expect(verdict(contiguity, seen)).toEqual(["v0 starts at height 2, and ever reported 1"]);
  });

  test("another block where one was final in an earlier life", () => {
    const other = { ...first, hash: otherHash(7) };
    const seen = [final(0, first), at(0, { type: "started", height: 0 }), final(0, other)];
    expect(verdict(contiguity, seen)[0]).toContain("in an earlier life");
  });

  test("a height that comes again without a restart", () => {
    expect(verdict(contiguity, [final(0, first), final(0, first)])).toEqual([
      "v0, height 1 follows on height 1",
    ]);
  });
});

describe("validity reports", () => {
  const reported = (...blocks: readonly FinalBlock[]) =>
    verdict(
      validity,
      blocks.map((block) => final(0, block)),
    );
  const alone = (transactions: SignedTransaction[], changes = {}) => {
    return reported(new History().add(transactions, changes));
  };

  test("a hash that is not the block's", () => {
    expect(reported({ ...first, hash: otherHash(7) })[0]).toContain("block hash 07070707");
  });

  test("a proposer that is no validator", () => {
    expect(alone([], { proposer: 4 })[0]).toContain("proposer 4 of 4");
  });

  test("a proposer that does not lead", () => {
    expect(alone([], { proposer: 2 })[0]).toContain("proposed by v2, and v1 leads");
  });

  test("a view not above the parent's", () => {
    const history = new History();
    history.add();
    const block = history.add([], { view: 1 as View });
    const told = reported(history.blocks[0] as FinalBlock, block);
    expect(told).toContain("height 2, view 1: its parent is of view 1");
  });

  test("a timestamp not above the parent's", () => {
    const { genesisTimeMs } = premises();
    expect(alone([], { timestampMs: genesisTimeMs })[0]).toContain(`timestamp ${genesisTimeMs}`);
  });

  test("another epoch", () => {
    expect(alone([], { epoch: 1 })[0]).toContain("epoch 1, not 0");
  });

  test("a certificate of another height than the parent's", () => {
    const history = new History();
    const parent = history.add();
    const justify = { ...certified(parent.block), height: 7 as Height };
    const block = history.add([], { justify });
    expect(reported(parent, block)[0]).toContain("justify is for height 7");
  });

  test("a certificate of another block than the parent", () => {
    const history = new History();
    const parent = history.add();
    const justify = { ...certified(parent.block), block: otherHash(8) };
    const block = history.add([], { justify, parent: parent.hash });
    expect(reported(parent, block)[0]).toContain("justified block 08080808");
  });

  test("a certificate below a quorum", () => {
    const history = new History();
    const parent = history.add();
    const block = history.add([], { justify: certified(parent.block, [0, 1]) });
    expect(reported(parent, block)[0]).toContain("power 2 of a quorum of 3");
  });

  test("a certificate that counts a signer twice", () => {
    const history = new History();
    const parent = history.add();
    const { signatures, ...content } = certified(parent.block);
    const [one, two] = signatures.signatures as [Signature, Signature];
    const twice = { signers: [0, 1, 1], signatures: [one, two, two] };
    const block = history.add([], { justify: { ...content, signatures: twice } });
    expect(reported(parent, block)[0]).toContain("signers [0 1 1] repeat");
  });

  test("a certificate with a signature that its signer never made", () => {
    const history = new History();
    const parent = history.add();
    const { signatures, ...content } = certified(parent.block);
    const forged = signatures.signatures.with(1, new Uint8Array(64) as Signature);
    const justify = { ...content, signatures: { ...signatures, signatures: forged } };
    const block = history.add([], { justify });
    expect(reported(parent, block)[0]).toContain("v1 did not sign it");
  });

  test("a payload that does not commit to the transactions in their order", () => {
    const history = new History();
    const block = history.add([transfer(), transfer({ from: 1 })]);
    const transactions = block.transactions.toReversed();
    expect(reported({ ...block, transactions })[0]).toContain("payload");
  });

  test("an expired transaction", () => {
    expect(alone([transfer({ validUntilHeight: 0 as Height })])[0]).toContain(
      "expired at height 0",
    );
  });

  test("a transaction of another chain", () => {
    expect(alone([transfer({ chainId: otherHash(3) })])[0]).toContain("is of chain 03030303");
  });

  test("a fee below the least", () => {
    expect(alone([transfer({ fee: 0n })])[0]).toContain("fee of 0");
  });

  test("a transfer of nothing", () => {
    expect(alone([transfer({ amount: 0n })])[0]).toContain("moves nothing");
  });

  test("a transaction that its key did not sign", () => {
    const { id, bytes, transaction } = transfer();
    const torn = bytes.slice();
    torn[torn.length - 1] = (torn.at(-1) ?? 0) ^ 1;
    expect(alone([{ id, bytes: torn, transaction }]).join()).toContain("not signed by its key");
  });

  test("bytes that are no transaction", () => {
    const { id, transaction } = transfer();
    const bytes = new Uint8Array(10);
    expect(alone([{ id, bytes, transaction }]).join()).toContain("transaction 0 is none");
  });

  test("nothing when liars are a quorum of their own", () => {
    const given = premises({ isHonest: (node) => node === 0, isWithinBounds: false });
    const block = new History().add([], { proposer: 2 });
    expect(verdict(validity, [final(0, block)], given)).toEqual([]);
  });
});

describe("state-roots reports", () => {
  const judged = (block: FinalBlock) => verdict(stateRoots, [final(0, block)])[0];

  test("a certificate of another state", () => {
    const cert = { ...committed(first), stateRoot: otherHash(7) };
    expect(judged({ ...first, cert })).toContain("for state 07070707");
  });

  test("a certificate of another block", () => {
    expect(judged({ ...first, cert: { ...committed(first), block: otherHash(7) } })).toContain(
      "for block 07070707",
    );
  });

  test("a certificate of another view", () => {
    expect(judged({ ...first, cert: committed(second) })).toContain("for height 2, view 2");
  });

  test("a certificate below a quorum", () => {
    expect(judged({ ...first, cert: committed(first, [1, 3]) })).toContain("power 2 of");
  });
});

describe("at-most-once reports", () => {
  const receipt = (of: SignedTransaction, index = 0): Receipt => {
    return { ...(first.receipts[0] as Receipt), transaction: of.id, index, result: "ok" };
  };

  test("a transaction that takes effect twice", () => {
    const again = transfer();
    const block = { ...second, transactions: [again], receipts: [receipt(again)] };
    const [told] = verdict(atMostOnce, [final(0, first), final(0, block)]);
    expect(told).toContain("took effect at height 1 before");
  });

  test("a nonce left out", () => {
    const skipping = transfer({ nonce: 1 as Nonce });
    const block = { ...first, transactions: [skipping], receipts: [receipt(skipping)] };
    expect(verdict(atMostOnce, [final(0, block)])[0]).toContain("has nonce 1, next was 0");
  });

  test("nothing of a transaction that was skipped", () => {
    const skipped = { ...receipt(transfer({ nonce: 4 as Nonce })), result: "skipped" as const };
    const block = { ...first, transactions: [transfer()], receipts: [skipped] };
    expect(verdict(atMostOnce, [final(0, block)])).toEqual([]);
  });
});

describe("conservation reports", () => {
  const judged = (changes: Partial<FinalBlock>) =>
    verdict(conservation, [final(0, { ...first, ...changes })]);
  const [receipt] = first.receipts as readonly [Receipt];

  test("a receipt with another result", () => {
    const receipts = [{ ...receipt, result: "failed" as const }];
    expect(judged({ receipts })[0]).toContain("says failed for a fee of 1, expected ok for 1");
  });

  test("a receipt with another fee", () => {
    const told = judged({ receipts: [{ ...receipt, feePaid: 2n }] });
    expect(told[0]).toContain("says ok for a fee of 2");
    expect(told[1]).toContain("2 burnt");
  });

  test("a receipt for another transaction", () => {
    expect(judged({ receipts: [{ ...receipt, transaction: otherHash(7) }] })[0]).toContain(
      "is for 07070707",
    );
  });

  test("a receipt missing", () => {
    expect(judged({ receipts: [] })[0]).toContain("0 receipts of 1 transactions");
  });

  test("a balance that the transactions do not explain", () => {
    const changes = first.changes.map(({ key, value }) => {
      const richer = value?.slice();
      if (key[0] === 0x61 && richer !== undefined) richer[15] = (richer[15] ?? 0) + 1;
      return { key, value: richer };
    });
    const told = judged({ changes });
    expect(told[0]).toContain("expected 999994 at nonce 1");
    expect(told.at(-1)).toContain("2000001 held and 1 burnt, supply 2000000");
  });

  test("a change that was not stored", () => {
    expect(judged({ changes: [] })[0]).toContain("holds 1000000 at nonce 0, expected 999994");
  });

  test("nothing of what any mix of sound and unsound transactions does on the real ledger", () => {
    const history = new History();
    const poor = 3_000_000n;
    history.add([
      transfer({ fee: poor }),
      transfer({ nonce: 5 as Nonce }),
      transfer({ chainId: otherHash(3) }),
      transfer({ fee: 0n }),
      transfer({ amount: 0n }),
      transfer({ call: Uint8Array.of(1, 2, 3) }),
      transfer({ validUntilHeight: 0 as Height }),
      transfer({ amount: poor }),
      transfer({ from: 1, sender: transfer().transaction.sender, nonce: 1 as Nonce }),
      transfer({ nonce: 1 as Nonce }),
    ]);
    const [block] = history.blocks as [FinalBlock];
    expect(block.receipts.map(({ result }) => result).join(" ")).toBe(
      `${"skipped ".repeat(7)}failed skipped ok`,
    );
    expect(verdict(conservation, [final(0, block)])).toEqual([]);
  });
});
