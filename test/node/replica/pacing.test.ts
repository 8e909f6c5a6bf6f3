import { describe, expect, test } from "vitest";
import type { Height, View } from "../../../crypto/index.ts";
import { Pacing } from "../../../node/replica/pacing.ts";
import { hashOf } from "../../consensus/fixtures.ts";

const WORK = { hasWork: true, mustFlush: false };
const FLUSH = { hasWork: false, mustFlush: true };
const IDLE = { hasWork: false, mustFlush: false };
const due = { view: 4 as View, height: 3 as Height, parent: hashOf("parent") };

function pacing(options: { interval?: number; heartbeat?: number } = {}): Pacing {
  const { interval = 10, heartbeat = 1_000 } = options;
  return new Pacing({ blockIntervalMs: interval, emptyBlockIntervalMs: heartbeat });
}

function afterBlockAt(now: number, options = {}): Pacing {
  const paced = pacing(options);
  paced.blockSeen(now);
  return paced;
}

describe("the wait for our block", () => {
  test("is nothing before any block was seen", () => {
    expect(pacing().waitMs(0, IDLE)).toBe(0);
  });

  test("is the block interval when there is work", () => {
    expect(afterBlockAt(100).waitMs(104, WORK)).toBe(6);
  });

  test("is nothing when there is work and no pace is set", () => {
    expect(afterBlockAt(100, { interval: 0 }).waitMs(100, WORK)).toBe(0);
  });

  test("is the heartbeat on an idle chain", () => {
    expect(afterBlockAt(100).waitMs(104, IDLE)).toBe(996);
  });

  test("is short when a block with content needs a child", () => {
    expect(afterBlockAt(100).waitMs(104, FLUSH)).toBe(46);
  });

  test("is never shorter than the block interval, flush or not", () => {
    expect(afterBlockAt(100, { interval: 200 }).waitMs(104, FLUSH)).toBe(196);
  });

  test("is never longer than the heartbeat, flush or not", () => {
    expect(afterBlockAt(100, { heartbeat: 20 }).waitMs(104, FLUSH)).toBe(16);
  });

  test("is over when its time has come", () => {
    expect(afterBlockAt(100).waitMs(1_100, IDLE)).toBe(0);
    expect(afterBlockAt(100).waitMs(5_000, IDLE)).toBe(0);
  });

  test("is in whole milliseconds, never too short", () => {
    expect(afterBlockAt(100.5).waitMs(104, WORK)).toBe(7);
  });
});

describe("the time of a view", () => {
  test("runs from its beginning when there is work", () => {
    const ms = pacing().viewEntered(0, { timeoutMs: 300, isIdle: false });
    expect(ms).toBe(310);
  });

  test("leaves an idle leader the whole heartbeat besides", () => {
    const ms = pacing().viewEntered(0, { timeoutMs: 300, isIdle: true });
    expect(ms).toBe(1_310);
  });

  test("begins to count when work arrives", () => {
    const paced = pacing();
    paced.viewEntered(0, { timeoutMs: 300, isIdle: true });
    expect(paced.workArrived(200)).toBe(310);
  });

  test("is not extended by work that arrives late", () => {
    const paced = pacing();
    paced.viewEntered(0, { timeoutMs: 300, isIdle: true });
    expect(paced.workArrived(1_200)).toBe(110);
  });

  test("is over, not negative, when work arrives after it", () => {
    const paced = pacing();
    paced.viewEntered(0, { timeoutMs: 300, isIdle: true });
    expect(paced.workArrived(9_000)).toBe(0);
  });

  test("is not changed by more work", () => {
    const paced = pacing();
    paced.viewEntered(0, { timeoutMs: 300, isIdle: true });
    paced.workArrived(200);
    expect(paced.workArrived(300)).toBeUndefined();
  });

  test("is not changed by work in a view that had some", () => {
    const paced = pacing();
    paced.viewEntered(0, { timeoutMs: 300, isIdle: false });
    expect(paced.workArrived(10)).toBeUndefined();
  });
});

describe("a view whose work is done", () => {
  function rested(): Pacing {
    const paced = pacing();
    paced.viewEntered(0, { timeoutMs: 300, isIdle: false });
    expect(paced.isIdle).toBe(false);
    expect(paced.workDone(40)).toBe(1_310);
    return paced;
  }

  test("leaves the leader a whole heartbeat from then on", () => {
    expect(rested().isIdle).toBe(true);
  });

  test("counts again when work arrives", () => {
    expect(rested().workArrived(100)).toBe(310);
  });
});

describe("a due proposal", () => {
  test("is remembered until it is made", () => {
    const paced = pacing();
    paced.proposalDue(due);
    expect(paced.due).toEqual(due);
    paced.proposed();
    expect(paced.due).toBeUndefined();
  });

  test("is void in the next view", () => {
    const paced = pacing();
    paced.proposalDue(due);
    paced.viewEntered(0, { timeoutMs: 300, isIdle: false });
    expect(paced.due).toBeUndefined();
  });
});
