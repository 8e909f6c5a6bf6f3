import { afterEach, describe, expect, test } from "vitest";
import {
  type CheckOutcome,
  createInlineVerification,
  createVerificationPool,
  VerificationError,
  type VerificationPool,
  type VerificationPoolOptions,
} from "../../../node/verification/index.ts";
import {
  builtIndex,
  builtWorker,
  chainId,
  endingWorker,
  onOtherChain,
  signed,
  signedRange,
  signedWithSmallOrder,
  silentWorker,
  tellingWorker,
  throwingWorker,
  truncated,
  unstartableWorker,
  wronglySigned,
} from "./fixtures.ts";

const pools: VerificationPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function poolOf(options: Partial<VerificationPoolOptions> = {}): VerificationPool {
  const pool = createVerificationPool({
    workers: 2,
    chainId,
    maxBacklog: 1_000,
    workerUrl: builtWorker,
    ...options,
  });
  pools.push(pool);
  return pool;
}

const good = signedRange(300);
const goodBytes = good.map(({ bytes }) => bytes);
const one = goodBytes.slice(0, 1);

/** What the telling worker told of the first transaction of a check. */
function told(outcome: CheckOutcome, position = 0): { question?: number; size?: number } {
  const checked = outcome.ok ? outcome.results[position] : undefined;
  if (checked?.ok !== true) return {};
  const [question = -1, size = -1] = checked.transaction.id;
  return { question, size };
}

describe("a verification pool", () => {
  test("answers in the order of submission, over several workers and chunks", async () => {
    const outcome = await poolOf({ workers: 3 }).check(goodBytes, "admission");
    const results = good.map((transaction) => ({ ok: true, transaction }));
    expect(outcome).toEqual({ ok: true, results });
  });

  test("answers as verification without threads does, under both rules", async () => {
    const mixed = [
      signed(1).bytes,
      truncated,
      wronglySigned,
      onOtherChain,
      signedWithSmallOrder.bytes,
      ...goodBytes.slice(0, 40),
      wronglySigned,
      new Uint8Array(),
    ];
    const pool = poolOf();
    const inline = createInlineVerification({ chainId });
    for (const rule of ["admission", "vote"] as const) {
      expect(await pool.check(mixed, rule)).toEqual(await inline.check(mixed, rule));
    }
  });

  test("lets the caller reuse its array at once", async () => {
    const mine = Uint8Array.from(one[0] as Uint8Array);
    const answer = poolOf().check([mine], "admission");
    mine.fill(0);
    expect(await answer).toEqual({ ok: true, results: [{ ok: true, transaction: good[0] }] });
  });

  test("answers nothing for nothing", async () => {
    expect(await poolOf().check([], "vote")).toEqual({ ok: true, results: [] });
  });

  test("refuses what is malformed or of another chain without asking a worker", async () => {
    const pool = poolOf({ workerUrl: silentWorker });
    const outcome = await pool.check([truncated, onOtherChain], "admission");
    const refusals = [
      { ok: false, refusal: "truncated" },
      { ok: false, refusal: "wrong-chain" },
    ];
    expect(outcome).toEqual({ ok: true, results: refusals });
    expect(pool.backlog).toBe(0);
  });

  test("works from the build with the worker file beside it", async () => {
    const built = (await import(
      /* @vite-ignore */ builtIndex.href
    )) as typeof import("../../../node/verification/index.ts");
    const pool = built.createVerificationPool({ workers: 1, chainId, maxBacklog: 10 });
    pools.push(pool);
    expect(await pool.check(one, "vote")).toMatchObject({ results: [{ ok: true }] });
  });
});

describe("the backlog of a verification pool", () => {
  test("counts what is accepted and not answered", async () => {
    const pool = poolOf();
    const answer = pool.check([...goodBytes.slice(0, 100), truncated], "admission");
    expect(pool.backlog).toBe(100);
    await answer;
    expect(pool.backlog).toBe(0);
  });

  test("refuses beyond its count, with the numbers, and takes what still fits", async () => {
    const pool = poolOf({ workerUrl: silentWorker, maxBacklog: 10 });
    const held = pool.check(goodBytes.slice(0, 8), "admission");
    const bytes = good.slice(0, 8).reduce((sum, transaction) => sum + transaction.bytes.length, 0);
    expect(await pool.check(goodBytes.slice(0, 3), "admission")).toEqual({
      ok: false,
      refusal: "overloaded",
      backlog: 8,
      maxBacklog: 10,
      backlogBytes: bytes,
      maxBacklogBytes: 4 * 1024 * 1024,
    });
    const fitting = pool.check(goodBytes.slice(0, 2), "admission");
    expect(pool.backlog).toBe(10);
    await pool.close();
    await Promise.all([held, fitting]);
  });

  test("refuses beyond its bytes", async () => {
    const pool = poolOf({ workerUrl: silentWorker, maxBacklogBytes: 500 });
    const held = pool.check(goodBytes.slice(0, 2), "admission");
    expect(await pool.check(one, "admission")).toMatchObject({ refusal: "overloaded" });
    await pool.close();
    await held;
  });

  test("does not call one transaction overload because it is enormous", async () => {
    const enormous = new Uint8Array(5 * 1024 * 1024);
    expect(await poolOf().check([enormous], "admission")).toMatchObject({
      results: [{ ok: false }],
    });
  });

  test("of admissions leaves the room of votes alone", async () => {
    const pool = poolOf({ workerUrl: silentWorker, maxBacklog: 1 });
    const admission = pool.check(one, "admission");
    const vote = pool.check(one, "vote");
    expect(pool.backlog).toBe(2);
    expect(await pool.check(one, "vote")).toMatchObject({ refusal: "overloaded", backlog: 1 });
    await pool.close();
    await Promise.all([admission, vote]);
  });

  test("has room again after an answer", async () => {
    const pool = poolOf({ maxBacklog: 10, maxBacklogBytes: 2_300 });
    for (let round = 0; round < 3; round++) {
      expect(await pool.check(goodBytes.slice(0, 10), "admission")).toMatchObject({ ok: true });
    }
  });
});

describe("the order of work in a verification pool", () => {
  test("puts small checks of one turn of the loop into one question", async () => {
    const pool = poolOf({ workers: 1, workerUrl: tellingWorker });
    const outcomes = await Promise.all(
      goodBytes.slice(0, 5).map((bytes) => pool.check([bytes], "admission")),
    );
    expect(outcomes.map((outcome) => told(outcome))).toEqual(
      outcomes.map(() => ({ question: 0, size: 5 })),
    );
  });

  test("puts votes before admissions that came first", async () => {
    const pool = poolOf({ workers: 1, workerUrl: tellingWorker });
    const admission = pool.check(one, "admission");
    const vote = pool.check(one, "vote");
    expect(told(await vote)).toEqual({ question: 0, size: 1 });
    expect(told(await admission)).toEqual({ question: 1, size: 1 });
  });

  test("keeps votes behind two chunks at most of admissions already under way", async () => {
    const pool = poolOf({ workers: 1, workerUrl: tellingWorker });
    const admission = pool.check(goodBytes, "admission");
    // Comes after the pool's own immediate, and before the worker can be heard.
    await new Promise((resolve) => setImmediate(resolve));
    expect(told(await pool.check(one, "vote"))).toEqual({ question: 2, size: 1 });
    await admission;
  });

  test("does not let a long check hold up a short one", async () => {
    const pool = poolOf({ workers: 1, workerUrl: tellingWorker });
    const long = pool.check(goodBytes, "admission");
    const short = pool.check(one, "admission");
    expect(told(await short).question).toBe(0);
    expect(told(await long, goodBytes.length - 1).question).toBeGreaterThan(5);
  });

  test("splits a check over the workers that are there", async () => {
    const pool = poolOf({ workers: 4, workerUrl: tellingWorker });
    const outcome = await pool.check(goodBytes.slice(0, 40), "vote");
    const last = [0, 10, 20, 30].map((position) => told(outcome, position));
    expect(last).toEqual(last.map(() => ({ question: 0, size: 10 })));
  });
});

describe("closing a verification pool", () => {
  test("answers closed to what is under way and to what comes later", async () => {
    const pool = poolOf({ workerUrl: silentWorker });
    const underWay = pool.check(goodBytes, "admission");
    await pool.close();
    expect(await underWay).toEqual({ ok: false, refusal: "closed" });
    expect(await pool.check(one, "vote")).toEqual({ ok: false, refusal: "closed" });
    expect(pool.backlog).toBe(0);
  });

  test("in the middle of real work neither hangs nor fails", async () => {
    const pool = poolOf();
    await pool.check(one, "admission");
    const underWay = pool.check(goodBytes, "admission");
    await pool.check(one, "vote");
    await pool.close();
    expect(await underWay).toEqual({ ok: false, refusal: "closed" });
  });

  test("twice is closing once", async () => {
    const pool = poolOf();
    await Promise.all([pool.close(), pool.close()]);
  });
});

describe("a verification worker that dies", () => {
  test.each([
    ["throws", throwingWorker, "boom"],
    ["ends", endingWorker, "ended by itself with code 3"],
    ["cannot start", unstartableWorker, "no libsodium today"],
  ])("because it %s fails every check, now and later, and tells the owner", async (...row) => {
    const [, workerUrl, message] = row;
    const failures: VerificationError[] = [];
    const pool = poolOf({ workerUrl, onFailure: (error) => failures.push(error) });
    const checks = [pool.check(goodBytes, "admission"), pool.check(one, "vote")];
    for (const outcome of await Promise.allSettled(checks)) {
      const reason = outcome.status === "rejected" ? outcome.reason : undefined;
      expect(reason).toBeInstanceOf(VerificationError);
      expect(reason).toMatchObject({ code: "VERIFICATION_WORKER_DIED" });
      expect(reason.message).toContain(message);
    }
    await expect(pool.check(one, "admission")).rejects.toBe(failures[0]);
    expect(failures).toHaveLength(1);
    expect(pool.backlog).toBe(0);
  });

  test("while nobody waits tells the owner", async () => {
    const failure = new Promise<VerificationError>((resolve) => {
      poolOf({ workerUrl: unstartableWorker, onFailure: resolve });
    });
    expect(await failure).toMatchObject({ code: "VERIFICATION_WORKER_DIED" });
  });

  test("lets the pool be closed, which is no second failure", async () => {
    const failures: VerificationError[] = [];
    const pool = poolOf({
      workerUrl: throwingWorker,
      onFailure: (error) => failures.push(error),
    });
    await expect(pool.check(one, "vote")).rejects.toThrow("boom");
    await pool.close();
    expect(failures).toHaveLength(1);
  });
});
