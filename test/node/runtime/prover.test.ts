import { describe, expect, test } from "vitest";
import { commitCertCodec } from "../../../consensus/index.ts";
import { encode, type Height, hash } from "../../../crypto/index.ts";
import { LAST_BLOCK_KEY } from "../../../node/ledger/index.ts";
import { checkReceiptProof, checkStateProof, MAX_UNCERTIFIED } from "../../../node/proof/index.ts";
import type { Provable, TransactionStatus } from "../../../node/rpc/index.ts";
import { keptProof } from "../../../node/runtime/kept-proof.ts";
import { Prover } from "../../../node/runtime/prover.ts";
import { receiptRecords } from "../../../node/runtime/transaction-record.ts";
import { ABSENT, chainOf, found, PRESENT, trustOf, writes } from "../proof/fixtures.ts";

const at = (height: number) => height as Height;

/** A prover over a chain of which these heights have certificates; every block has two transactions. */
function proving(given: {
  readonly length: number;
  readonly certified: readonly number[];
  /** How many states before the last are readable. */
  readonly readable?: number;
  /** Blocks without any transaction. */
  readonly empty?: readonly number[];
  /** Not on disk yet. */
  readonly unwritten?: readonly number[];
}) {
  const { length, certified, readable = 100, empty = [], unwritten = [] } = given;
  const all = new Map<number, Uint8Array>();
  const certificates = new Map<number, Uint8Array>();
  const certify = (height: number) => void certificates.set(height, all.get(height) as Uint8Array);
  const stored = new Map<number, Uint8Array>();
  const bodies = Array.from({ length }, (_, index) =>
    empty.includes(index + 1)
      ? []
      : [writes(2 * index, 20, index + 1), writes(2 * index + 1, 30, 99)],
  );
  const blockStore = { certificateAt: (height: Height) => certificates.get(height) };
  const chain = chainOf(bodies, undefined, { maxHeights: readable }, (ledger, step) => {
    const { height } = step.cert;
    all.set(height, encode(commitCertCodec, step.cert));
    if (certified.includes(height)) certify(height);
    const kept = keptProof({ ledger, blockStore }, { height, receipts: step.receipts });
    if (unwritten.includes(height)) return;
    stored.set(height, receiptRecords(height, step.receipts, kept).receipts);
  });
  const stateStore = { receiptsAt: (height: Height) => stored.get(height) };
  const prover = new Prover({ ledger: chain.ledger, blockStore, stateStore });
  const status = (height: number, index = 0): TransactionStatus => {
    const { block, receipts } = chain.at(height);
    return { state: "final", height: at(height), block, receipt: found(receipts[index]) };
  };
  return { ...chain, prover, status, certify, trust: trustOf(chain.w), stored };
}

function viewOf<T>(answer: Provable<T>): T {
  if (!answer.ok) throw new Error(answer.problem.code);
  return answer.value;
}

function codeOf(answer: Provable<unknown>): string {
  return answer.ok ? "proven" : answer.problem.code;
}

describe("the blocks without a certificate", () => {
  const counted = (length: number, certified: readonly number[]) =>
    proving({ length, certified }).prover.uncertified();

  test("are those above the newest certificate", () => {
    expect(counted(4, [1, 2, 4])).toBe(0);
    expect(counted(5, [1, 2, 4])).toBe(1);
    expect(counted(3, [])).toBe(3);
  });

  test("are counted up to a bound", () => {
    expect(counted(70, [3])).toBe(64);
    expect(counted(70, [6])).toBe(64);
    expect(counted(70, [7])).toBe(63);
  });

  test("are counted again when there are more, or a certificate comes late", () => {
    const { prover, certify } = proving({ length: 9, certified: [4] });
    expect(prover.uncertified()).toBe(5);
    expect(prover.uncertified()).toBe(5);
    certify(8);
    expect(prover.uncertified()).toBe(1);
  });
});

describe("the state", () => {
  test("is told without a proof as of the last final height", () => {
    const { prover } = proving({ length: 3, certified: [1] });
    const view = { key: PRESENT, value: Uint8Array.of(3), height: 3 };
    expect(viewOf(prover.state(PRESENT, { proof: false }))).toEqual(view);
  });

  test("is proven as of the last height that has a certificate", () => {
    const { prover, trust } = proving({ length: 4, certified: [1, 3] });
    const { proof = PRESENT, ...view } = viewOf(prover.state(PRESENT, { proof: true }));
    expect(view).toEqual({ key: PRESENT, value: Uint8Array.of(3), height: 3 });
    expect(checkStateProof(proof, trust, PRESENT)).toMatchObject({
      ok: true,
      height: 3,
      value: Uint8Array.of(3),
    });
  });

  test("is proven to hold nothing under a key", () => {
    const { prover, trust } = proving({ length: 2, certified: [2] });
    const { proof = PRESENT, value } = viewOf(prover.state(ABSENT, { proof: true }));
    expect(value).toBeUndefined();
    expect(checkStateProof(proof, trust, ABSENT)).toMatchObject({ ok: true, value: undefined });
  });

  test("is not provable before there is a certificate", () => {
    const { prover } = proving({ length: 2, certified: [] });
    expect(codeOf(prover.state(PRESENT, { proof: true }))).toBe("NOT_PROVABLE_YET");
  });

  test("is not provable while the last certificate is of a state that is forgotten", () => {
    const { prover } = proving({ length: 5, certified: [1], readable: 2 });
    expect(codeOf(prover.state(PRESENT, { proof: true }))).toBe("NOT_PROVABLE_YET");
  });
});

describe("a query", () => {
  const query = { path: "value", argument: PRESENT };

  test("is answered from the last final state", () => {
    const { prover } = proving({ length: 3, certified: [2] });
    const view = viewOf(prover.query(query, { proof: false }));
    expect(view).toEqual({ key: PRESENT, value: Uint8Array.of(3), height: 3 });
  });

  test("with a proof is answered from the state that is proven", () => {
    const { prover, trust } = proving({ length: 3, certified: [2] });
    const { proof = PRESENT, ...view } = viewOf(prover.query(query, { proof: true }));
    expect(view).toEqual({ key: PRESENT, value: Uint8Array.of(2), height: 2 });
    expect(checkStateProof(proof, trust, PRESENT)).toMatchObject({ ok: true, height: 2 });
  });

  test("with a proof looks for the key in the state that is proven", () => {
    const { prover } = proving({ length: 3, certified: [2] });
    const pointer = { path: "pointer", argument: PRESENT };
    expect(viewOf(prover.query(pointer, { proof: true })).key).toEqual(Uint8Array.of(2));
    expect(viewOf(prover.query(pointer, { proof: false })).key).toEqual(Uint8Array.of(3));
  });

  test("is refused with a proof before there is a certificate", () => {
    const { prover } = proving({ length: 1, certified: [] });
    expect(codeOf(prover.query(query, { proof: true }))).toBe("NOT_PROVABLE_YET");
  });
});

describe("a receipt", () => {
  function prove(proved: ReturnType<typeof proving>, height: number) {
    const { prover, status, trust, at } = proved;
    const view = viewOf(prover.receipt(status(height)));
    const { transaction } = found(at(height).receipts[0]);
    const verdict = checkReceiptProof(view.proof, trust, hash(transaction));
    if (!verdict.ok) throw new Error(verdict.refusal);
    expect(verdict.height).toBe(height);
    expect(verdict.certified.height).toBe(view.certifiedHeight);
    return verdict.certified.height;
  }

  test("is proven by the certificate of its own block", () => {
    expect(prove(proving({ length: 3, certified: [1, 2, 3] }), 2)).toBe(2);
  });

  test("is proven by the next certificate where its block has none", () => {
    expect(prove(proving({ length: 6, certified: [1, 5, 6] }), 2)).toBe(5);
  });

  test("is proven although its state is forgotten", () => {
    expect(prove(proving({ length: 9, certified: [2, 3, 9], readable: 1 }), 2)).toBe(2);
  });

  test("is proven although the states of a whole chain to the certificate are forgotten", () => {
    const options = { length: 9, certified: [1, 5, 9], readable: 1 };
    expect(prove(proving({ ...options, empty: [3, 4, 5] }), 2)).toBe(5);
  });

  test("is proven before it is on the disk", () => {
    const proved = proving({ length: 3, certified: [1, 2, 3], unwritten: [3] });
    proved.prover.note(at(3), proved.at(3).receipts);
    expect(prove(proved, 3)).toBe(3);
  });

  test("is not provable in the moment when it is neither in memory nor on the disk", () => {
    const { prover, status } = proving({ length: 3, certified: [3], unwritten: [3] });
    expect(codeOf(prover.receipt(status(3)))).toBe("NOT_PROVABLE_YET");
  });

  test("is not provable before a certificate comes", () => {
    const { prover, status } = proving({ length: 3, certified: [1] });
    expect(codeOf(prover.receipt(status(2)))).toBe("NOT_PROVABLE_YET");
  });

  test("is not provable over more blocks without certificate than a proof may bridge", () => {
    const length = MAX_UNCERTIFIED + 2;
    const empty = Array.from({ length: length - 1 }, (_, index) => index + 2);
    const { prover, status } = proving({ length, certified: [length], readable: length, empty });
    expect(codeOf(prover.receipt(status(1)))).toBe("NOT_PROVABLE_YET");
  });

  test("is proven over as many blocks without certificate as a proof may bridge", () => {
    const length = MAX_UNCERTIFIED + 1;
    const empty = Array.from({ length: length - 1 }, (_, index) => index + 2);
    const options = { length, certified: [length], readable: length, empty };
    expect(prove(proving(options), 1)).toBe(length);
  });

  test("is pruned where neither state nor kept proof is left", () => {
    const {
      prover,
      status,
      stored,
      at: block,
    } = proving({
      length: 9,
      certified: [2, 9],
      readable: 1,
    });
    stored.set(2, receiptRecords(at(2), block(2).receipts).receipts);
    expect(codeOf(prover.receipt(status(2)))).toBe("PRUNED");
  });

  test.each(["pending", "included"] as const)("is not provable while it is %s", (state) => {
    const { prover, at: block } = proving({ length: 1, certified: [1] });
    const status =
      state === "pending" ? { state } : { state, height: at(1), block: block(1).block };
    expect(codeOf(prover.receipt(status))).toBe("NOT_PROVABLE_YET");
  });

  test.each([
    { state: "unknown" },
    { state: "expired" },
    { state: "rejected", code: "EXPIRED", detail: "" },
  ] as const)("is not found when the transaction is $state", (status) => {
    const { prover } = proving({ length: 1, certified: [1] });
    expect(codeOf(prover.receipt(status))).toBe("NOT_FOUND");
  });
});

describe("a proof of the block is kept", () => {
  const prove = { proveAt: () => chainProof };
  const chainProof = { tip: {}, proof: {} } as never;
  const certified = (...heights: readonly number[]) => ({
    certificateAt: (height: Height) => (heights.includes(height) ? PRESENT : undefined),
  });

  test.each([
    ["with every block that has receipts", 5, [1], [4], true],
    ["after a block without certificate", 5, [], [], true],
    ["not with an empty block after a certified one", 5, [], [4], false],
    ["not with an empty first block", 1, [], [], false],
  ] as const)("%s", (_, height, receipts, heights, isKept) => {
    const sources = { ledger: prove, blockStore: certified(...heights) };
    const kept = keptProof(sources, { height: at(height), receipts });
    expect(kept !== undefined).toBe(isKept);
  });
});

test("the proof that is kept is of what the state says of its block", () => {
  const { ledger, at: block } = chainOf([[writes(0, 20, 1)]]);
  const blockStore = { certificateAt: () => undefined };
  const kept = keptProof({ ledger, blockStore }, { height: at(1), receipts: block(1).receipts });
  expect(kept?.leaf.key).toEqual(LAST_BLOCK_KEY);
});
