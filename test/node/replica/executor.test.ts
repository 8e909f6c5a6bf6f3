import { describe, expect, test } from "vitest";
import { type Block, blockHash } from "../../../consensus/index.ts";
import type { Height } from "../../../crypto/index.ts";
import { Pool } from "../../../mempool/index.ts";
import { admit, type PooledTransaction } from "../../../node/replica/admission.ts";
import { Executor } from "../../../node/replica/executor.ts";
import { Payloads } from "../../../node/replica/payloads.ts";
import type { SignedTransaction } from "../../../node/transaction/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, committee, newLedger, stateRoots, transfer } from "./fixtures.ts";

const first = transfer();
const second = transfer({ nonce: 1 });
const other = transfer({ amount: 9n });

const one = block(1, { with: [first] });
const two = block(2, { on: one, with: [second] });
const rival = block(3, { with: [other] });

function executor(...blocks: readonly (readonly [Block, readonly SignedTransaction[]])[]) {
  const ledger = newLedger();
  const payloads = new Payloads();
  const pool = new Pool<PooledTransaction>();
  for (const [made, transactions] of blocks) {
    const ids = transactions.map(({ id }) => id);
    const content = { block: made, hash: blockHash(made), ids };
    payloads.open(content, (_, at) => transactions[at]);
  }
  const executes = new Executor({ ledger, payloads, pool, validators: committee.validators });
  const pend = (transaction: SignedTransaction) =>
    admit(transaction, { pool, ledger, height: 0 as Height });
  return { executes, ledger, payloads, pool, pend };
}

const [afterOne, afterTwo] = stateRoots([
  [one, [first]],
  [two, [second]],
]);
const [afterRival] = stateRoots([[rival, [other]]]);
if (afterOne === undefined || afterTwo === undefined || afterRival === undefined) {
  throw new Error("a root for each block");
}

describe("the executor", () => {
  test("gives the state after a block, ancestors first", () => {
    const { executes, payloads } = executor([one, [first]], [two, [second]]);
    expect(executes.execute(blockHash(two)).stateRoot).toEqual(afterTwo);
    expect(payloads.get(blockHash(two))?.isExecuted).toBe(true);
  });

  test("executes a rival branch on the state of their common parent, and back again", () => {
    const { executes } = executor([one, [first]], [two, [second]], [rival, [other]]);
    executes.execute(blockHash(two));
    expect(executes.execute(blockHash(rival)).stateRoot).toEqual(afterRival);
    expect(executes.execute(blockHash(two)).stateRoot).toEqual(afterTwo);
  });

  test("executes again what a rival took the place of before it is final", () => {
    const { executes } = executor([one, [first]], [rival, [other]]);
    executes.execute(blockHash(one));
    executes.execute(blockHash(rival));
    const final = executes.commit({ block: one, hash: blockHash(one), stateRoot: afterOne });
    expect(final.stateRoot).toEqual(afterOne);
    expect(final.receipts.map(({ result }) => result)).toEqual(["ok"]);
  });

  test("hands out what became final, certificate and all", () => {
    const { executes } = executor([one, [first]]);
    executes.execute(blockHash(one));
    const cert = committee.commitCert(one, { stateRoot: afterOne });
    const final = executes.commit({ block: one, hash: blockHash(one), stateRoot: afterOne, cert });
    expect(final).toMatchObject({ block: one, transactions: [first], cert });
    expect(final.changes.length).toBeGreaterThan(0);
  });

  test("never makes a block final with a state it does not get itself", () => {
    const { executes } = executor([one, [first]]);
    const stateRoot = hashOf("another state");
    const commit = () => executes.commit({ block: one, hash: blockHash(one), stateRoot });
    expect(commit).toThrow("executing twice gives one result");
  });

  test("drops the payloads of final heights, a rival's too", () => {
    const { executes, payloads } = executor([one, [first]], [rival, [other]], [two, [second]]);
    executes.commit({ block: one, hash: blockHash(one), stateRoot: afterOne });
    expect(payloads.size).toBe(1);
    expect(payloads.get(blockHash(two))).toBeDefined();
  });

  test("takes from the pool what a final block used up, and what it made impossible", () => {
    const { executes, pool, pend } = executor([one, [first]]);
    pend(other);
    pend(second);
    executes.commit({ block: one, hash: blockHash(one), stateRoot: afterOne });
    expect(pool.has(other.id)).toBe(false);
    expect(pool.has(second.id)).toBe(true);
  });

  test("takes a skipped transaction from the pool without using up its nonce", () => {
    const skipping = block(1, { with: [second] });
    const [root] = stateRoots([[skipping, [second]]]);
    const { executes, pool, pend } = executor([skipping, [second]]);
    pend(first);
    pend(second);
    const hash = blockHash(skipping);
    if (root === undefined) throw new Error("a root");
    const final = executes.commit({ block: skipping, hash, stateRoot: root });
    expect(final.receipts.map(({ result, code }) => [result, code])).toEqual([
      ["skipped", "bad-nonce"],
    ]);
    expect(pool.has(second.id)).toBe(false);
    expect(pool.has(first.id)).toBe(true);
  });
});
