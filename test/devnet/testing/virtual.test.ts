// A devnet inside a test, on virtual time: what it does, how it is hurt, and what it says when something is amiss.

import { describe, expect, test } from "vitest";
import { WAYS } from "../../../devnet/behaviours/index.ts";
import { keyOf, readTask, taskBoard } from "../../../devnet/examples/task-board.ts";
import {
  createDevnet,
  DevnetError,
  type FinalBlock,
  NAMED_WAYS,
} from "../../../devnet/testing/index.ts";
import type { StateMachine } from "../../../node/index.ts";

const refused = async (promise: Promise<unknown>): Promise<DevnetError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DevnetError);
  return error as DevnetError;
};

const open = { do: "open", task: "build", title: "Build it" };
const claim = { do: "claim", task: "build" };

describe("time", () => {
  test("stands still while nobody waits", async () => {
    const net = await createDevnet();
    const before = net.height;
    await new Promise((resolve) => setImmediate(resolve));
    expect(net.height).toBe(before);
  });

  test("advances once for all who wait", async () => {
    const net = await createDevnet();
    const [first, second] = await Promise.all([net.blocks(2), net.blocks(2)]);
    expect(second).toEqual(first);
    expect(net.height).toBe(3);
  });

  test("takes the same course each time, with calls in flight (seed 5)", async () => {
    const course = async () => {
      const net = await createDevnet({ seed: 5 });
      await net.lie(1, "double-vote");
      const paid = [0, 1, 2, 3].map((from) => net.transfer({ from, to: from + 1, amount: 5 }));
      const receipts = await Promise.all(paid);
      await net.run(1_000);
      return { receipts, verdict: await net.verdict() };
    };
    expect(await course()).toEqual(await course());
  });

  test("waits for a condition, and no longer than is said", async () => {
    const net = await createDevnet();
    await net.until(() => net.height >= 4);
    expect(net.height).toBe(4);
    const error = await refused(net.until(() => false, { timeoutMs: 500 }));
    expect(error).toMatchObject({ code: "TIMEOUT" });
    expect(error.message).toMatch(/^not as awaited by \d+ virtual ms: 4 of 4 validators are up/);
    // There is nothing to heal.
    expect(error.message).toMatch(/\. Give it a longer timeoutMs\.$/);
  });
});

describe("a call", () => {
  test("answers with its place in the chain and what the state machine says", async () => {
    const net = await createDevnet({ stateMachine: taskBoard });
    const opened = await net.call(open);
    expect(opened).toMatchObject({ result: "ok", code: "", index: 0 });
    expect(readTask(opened.output)).toEqual({ title: "Build it", state: "open" });
    expect(await net.call(open, { from: 1 })).toMatchObject({
      ...{ result: "failed", code: "task-exists" },
    });
  });

  test("that fails is an error to append", async () => {
    const net = await createDevnet({ stateMachine: taskBoard });
    const error = await refused(net.append(claim));
    expect(error).toMatchObject({ code: "FAILED", reason: "no-such-task" });
    expect(error.message).toMatch(/stands in block \d+ and failed/);
  });

  test("that no block may carry is refused, and its nonce stays free", async () => {
    const net = await createDevnet({ stateMachine: taskBoard });
    expect(await refused(net.call("junk"))).toMatchObject({ code: "REFUSED", reason: "not-json" });
    expect(await net.call(open)).toMatchObject({ result: "ok" });
  });

  test("is final at every healthy validator when it is answered", async () => {
    const net = await createDevnet({ stateMachine: taskBoard });
    await net.call(open);
    const seen = await Promise.all([0, 1, 2, 3].map((at) => net.read(keyOf("build"), { at })));
    expect(seen.map((bytes) => readTask(bytes)?.title)).toEqual(Array(4).fill("Build it"));
  });

  test("comes through when the validator that took it goes down", async () => {
    const net = await createDevnet({ stateMachine: taskBoard });
    for (const victim of [0, 1, 2, 3]) {
      const called = net.call({ ...open, task: `task-${victim}` });
      await net.kill(victim);
      expect(await called).toMatchObject({ result: "ok" });
      await net.heal();
    }
  });

  test("comes once, whatever a liar makes up in its sender's name (seed 3)", async () => {
    const net = await createDevnet({ seed: 3 });
    await net.lie(2, "withhold-bodies");
    const { balance } = await net.account(9);
    for (let at = 0; at < 5; at++) await net.transfer({ from: at, to: 9, amount: 10 });
    // What the liar made up goes to its own favourites in amounts of at most 50.
    const { balance: after } = await net.account(9);
    expect(after - balance).toBeGreaterThanOrEqual(50n);
    expect((await net.verdict()).ok).toBe(true);
  });

  test("that is not final in time says what is missing, and may still come", async () => {
    const net = await createDevnet({ stateMachine: taskBoard });
    await net.kill([2, 3]);
    const error = await refused(net.call(open, { timeoutMs: 2_000 }));
    expect(error).toMatchObject({ code: "TIMEOUT" });
    expect(error.message).toMatch(/2 of 4 validators are up, 3 are needed; v2 is down \(killed\)/);
    expect(error.message).toMatch(/Heal what is wrong, or give it a longer timeoutMs\.$/);
    await net.heal();
    await net.blocks(2);
    expect(readTask(await net.read("build"))?.title).toBe("Build it");
  });
});

describe("faults", () => {
  test("have a name for each way to lie", () => {
    expect([...NAMED_WAYS].sort()).toEqual([...WAYS.keys()].sort());
  });

  test("can all be caused by method", async () => {
    const net = await createDevnet();
    await net.pause(1);
    await net.resume(1);
    await net.cut(0, [1, 2]);
    await net.flap(0, 1, { every: "500ms" });
    await net.delay("all", "10ms", { jitter: 5 });
    await net.lose(2, 5);
    await net.duplicate(2, 5);
    await net.throttle(3, 50);
    await net.heal();
    await net.breakDisk(1);
    await net.run(300);
    await net.restart(1);
    await net.skew(1, "-1h");
    await net.freeze(1);
    await net.heal(1);
    await net.fillDisk(2);
    await net.run(300);
    await net.heal();
    await net.copyDisk(2);
    await net.run(300);
    await net.rewindDisk(2);
    await net.partition([
      [0, 1],
      [2, 3],
    ]);
    await net.fault("heal");
    expect((await net.verdict()).ok).toBe(true);
  });

  test("lose a disk, and its validator comes back", async () => {
    const net = await createDevnet();
    await net.loseDisk(0);
    await net.blocks(3);
    expect((await net.verdict()).sights[0]).toMatchObject({ state: "running", isHonest: true });
  });

  test("stop with the word for it when a liar repents", async () => {
    const net = await createDevnet();
    await net.lie(3, "equivocate", "be-slow");
    await net.repent(3);
    const { liars } = await net.verdict();
    expect(liars).toEqual([{ validator: 3, ways: ["equivocate", "be-slow"] }]);
  });

  test.each([
    ["an unknown way", (net) => net.lie(3, "equivocat"), /do you mean "equivocate"\?$/],
    ["an unknown verb", (net) => net.fault("kil 2"), /do you mean "kill"\?$/],
    ["an unknown validator", (net) => net.kill(9), /there is no validator 9/],
    ["a share beyond all", (net) => net.lose(1, 101), /101/],
    ["a period that is none", (net) => net.delay(1, "soon"), /"soon" is no duration/],
  ] satisfies [string, (net: Awaited<ReturnType<typeof createDevnet>>) => Promise<void>, RegExp][])(
    "refuse %s with the nearest word or what would be right",
    async (_, cause, message) => {
      const error = await refused(cause(await createDevnet()));
      expect(error.code).toBe("BAD_FAULT");
      expect(error.message).toMatch(message);
    },
  );
});

describe("what happens", () => {
  test("is told block by block, in order", async () => {
    const net = await createDevnet();
    const heights: number[] = [];
    const stopListening = net.on("block", ({ height }: FinalBlock) => heights.push(height));
    const told = await net.blocks(3);
    expect(heights).toEqual([2, 3, 4]);
    expect(told.map(({ height }) => height)).toEqual(heights);
    stopListening();
    await net.blocks(1);
    expect(heights).toHaveLength(3);
  });

  test("is told when the first proof of guilt is found (seed 7)", async () => {
    const net = await createDevnet({ seed: 7 });
    const accused: number[] = [];
    net.on("evidence", ({ validator }) => accused.push(validator));
    await net.lie(3, "equivocate");
    await net.until(() => accused.length > 0);
    await net.blocks(4);
    expect(accused).toEqual([3]);
    const [culprit] = await net.culprits();
    expect(culprit?.messages).toHaveLength(2);
  });

  test("reaches whoever waits when a listener throws", async () => {
    const net = await createDevnet();
    net.on("block", () => {
      throw new Error("not as expected");
    });
    await expect(net.blocks(1)).rejects.toThrow("not as expected");
  });
});

describe("a verdict", () => {
  test("fails when the expected culprit is not proven", async () => {
    const net = await createDevnet();
    const { ok, expectations } = await net.verdict({ culprits: [3] });
    expect(ok).toBe(false);
    expect(expectations).toMatchObject([{ name: "culprits", ok: false }]);
  });

  test("fails when progress is promised and two of four are dead", async () => {
    const net = await createDevnet();
    await net.kill([2, 3]);
    const { ok, liveness } = await net.verdict({ progress: "always" });
    expect(ok).toBe(false);
    expect(liveness.filter((check) => !check.ok)).toMatchObject([{ name: "progress" }]);
  });

  test("fails when a state machine does not do the same on every validator", async () => {
    let calls = 0;
    const net = await createDevnet({ stateMachine: writing(() => ++calls) });
    await net.call("go");
    const { safety } = await net.verdict();
    expect(safety.find(({ name }) => name === "agreement")).toMatchObject({
      ok: false,
      what: expect.stringMatching(/^v\d and v\d have different states after the block of height/),
    });
  });

  test("fails when it does otherwise on one of them, which stops for good", async () => {
    let made = 0;
    const machine = (): StateMachine => {
      made += 1;
      const isOdd = made === 3;
      return writing(() => (isOdd ? 1 : 0));
    };
    const net = await createDevnet({ stateMachine: machine });
    await net.call("go");
    const { ok, sights, safety } = await net.verdict();
    expect(ok).toBe(false);
    expect(sights.filter(({ state }) => state === "halted")).toHaveLength(1);
    expect(safety.find(({ name }) => name === "halts")?.what).toMatch(/state-diverged at height/);
  });
});

/** Writes a number at each call. */
const writing = (value: () => number): StateMachine => ({
  name: "writing",
  decode: (bytes) => ({ ok: true, call: bytes }),
  execute: (_call, _context, state) => {
    state.set(Uint8Array.of(1), Uint8Array.of(value()));
    return { ok: true };
  },
});

describe("options", () => {
  test("must make sense", async () => {
    const error = await refused(createDevnet({ validators: 0 }));
    expect(error).toMatchObject({ code: "BAD_ARGUMENT" });
    expect(error.message).toBe("validators is a whole number from 1 to 64, not 0");
  });

  test("may ask for real signatures", async () => {
    const net = await createDevnet({ signatures: "ed25519" });
    expect(await net.transfer({ to: 1, amount: 5 })).toMatchObject({ result: "ok" });
  });

  test("give the application what genesis tells it", async () => {
    const told: StateMachine = {
      name: "told",
      initialize: (state, parameters) => state.set(Uint8Array.of(7), parameters),
      decode: (bytes) => ({ ok: true, call: bytes }),
      execute: () => ({ ok: true }),
    };
    const net = await createDevnet({ stateMachine: told, parameters: Uint8Array.of(1, 2) });
    expect(await net.read(Uint8Array.of(7))).toEqual(Uint8Array.of(1, 2));
  });
});

test("a devnet that is stopped answers nobody any more", async () => {
  const net = await createDevnet();
  const waiting = refused(net.blocks(1_000));
  await net.stop();
  expect(await waiting).toMatchObject({ code: "STOPPED" });
  expect(await refused(net.blocks(1))).toMatchObject({ code: "STOPPED" });
});

test("a devnet is stopped where its scope ends", async () => {
  let waiting: Promise<DevnetError> | undefined;
  {
    await using net = await createDevnet();
    waiting = refused(net.blocks(1_000));
  }
  expect(await waiting).toMatchObject({ code: "STOPPED" });
});

test("says in an error what did not hold (seed 5)", async () => {
  const net = await createDevnet({ validators: 4, seed: 5 });
  await net.lie(3, "equivocate");
  await net.blocks(8);
  const error = await net.mustHold({ culprits: [2] }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "NOT_HELD" });
  expect(String(error)).toMatch(/FAILED +culprits +.*v2/);
  await net.stop();
});
