// What goes wrong with a state machine of one's own, as a test of it sees: what it throws, what it remembers, and a
// validator whose state is another one.

import { describe, expect, test } from "vitest";
import { createDevnet, DevnetError, mustBeDeterministic } from "../../../devnet/testing/index.ts";
import type { StateMachine } from "../../../node/index.ts";

type Execute = StateMachine<Uint8Array>["execute"];

const KEY = Uint8Array.of(1);

const machine = (execute: Execute): StateMachine<Uint8Array> => ({
  name: "own-machine",
  decode: (bytes) => ({ ok: true, call: bytes }),
  execute,
});

/** Counts calls outside of the state. */
const forgetful = (): StateMachine<Uint8Array> => {
  let count = 0;
  return machine((_call, _context, state) => {
    count += 1;
    state.set(KEY, Uint8Array.of(count));
    return { ok: true };
  });
};

async function refused(promise: Promise<unknown>): Promise<DevnetError> {
  const error = await promise.catch((thrown: unknown) => thrown);
  if (error instanceof DevnetError) return error;
  throw new Error("it was not refused");
}

describe("what it throws", () => {
  test("over a call is the cause of what append throws", async () => {
    const thrown = new TypeError("title is undefined");
    const execute = () => {
      throw thrown;
    };
    const net = await createDevnet({ stateMachine: machine(execute) });
    const error = await refused(net.append("go"));
    expect(error).toMatchObject({ code: "FAILED", reason: "application-fault", cause: thrown });
    expect(error.message).toMatch(
      /says "application-fault", for it threw TypeError: title is undefined$/,
    );
  });

  test("over one call is not the cause of another's failure", async () => {
    let calls = 0;
    const execute: Execute = (call) => {
      if (call[0] !== 0) return { ok: false, code: "not-now" };
      calls += 1;
      throw new Error(`${calls}`);
    };
    const net = await createDevnet({ stateMachine: machine(execute) });
    // The first of four validators' errors.
    expect(await refused(net.append(Uint8Array.of(0)))).toMatchObject({ cause: Error("1") });
    const error = await refused(net.append(Uint8Array.of(1)));
    expect(error).toMatchObject({ code: "FAILED", reason: "not-now" });
    expect(error.cause).toBeUndefined();
  });

  test("over bytes that it reads is the cause of a refusal", async () => {
    const thrown = new SyntaxError("Unexpected token");
    const decode = () => {
      throw thrown;
    };
    const net = await createDevnet({
      stateMachine: { ...machine(() => ({ ok: true })), decode },
    });
    const error = await refused(net.append("go"));
    expect(error).toMatchObject({ code: "REFUSED", reason: "application-fault", cause: thrown });
    expect(error.message).toMatch(
      /threw SyntaxError: Unexpected token\. Mend the state machine\.$/,
    );
  });

  test("is a word about promises when it is async", async () => {
    const execute = async () => Promise.reject(new Error("later"));
    const net = await createDevnet({ stateMachine: machine(execute as never) });
    expect((await refused(net.append("go"))).message).toMatch(/execute answered with a promise; /);
  });

  test("is told in an excerpt", async () => {
    const execute = () => {
      throw new Error("x".repeat(5_000));
    };
    const net = await createDevnet({ stateMachine: machine(execute) });
    expect((await refused(net.append("go"))).message.length).toBeLessThan(400);
  });
});

describe("what it remembers", () => {
  /** Calls before, while and after validator 2 is down. */
  async function restarted(stateMachine: () => StateMachine<Uint8Array>, seed: number) {
    const net = await createDevnet({ seed, stateMachine });
    const append = async (count: number) => {
      for (let at = 0; at < count; at++) await net.append("go");
    };
    await append(5);
    await net.kill(2);
    await append(3);
    await net.restart(2);
    await append(3);
    return net;
  }

  test.each([1, 2, 7])(
    "shows when a validator starts again from its state (seed %i)",
    async (seed) => {
      const net = await restarted(forgetful, seed);
      const { ok, sights } = await net.verdict();
      expect(ok).toBe(false);
      expect(sights.filter(({ state }) => state === "halted")).toMatchObject([{ validator: 2 }]);
    },
  );

  test("is in the state, and then a restart does no harm (seed 1)", async () => {
    const counting = () =>
      machine((_call, _context, state) => {
        state.set(KEY, Uint8Array.of((state.get(KEY)?.[0] ?? 0) + 1));
        return { ok: true };
      });
    const net = await restarted(counting, 1);
    await net.mustHold();
    const read = await Promise.all([0, 1, 2, 3].map((at) => net.read(KEY, { at })));
    expect(read).toEqual(Array(4).fill(Uint8Array.of(11)));
  });

  test("makes a validator stop, and a test that expects it passes (seed 1)", async () => {
    const net = await restarted(forgetful, 1);
    const { expectations } = await net.mustHold({ halted: [2] });
    expect(expectations).toMatchObject([{ name: "halted", ok: true }]);
  });
});

test("a report on states that differ blames no consensus, and says what to ask (seed 1)", async () => {
  let calls = 0;
  const net = await createDevnet({
    stateMachine: machine((_call, _context, state) => {
      calls += 1;
      state.set(KEY, Uint8Array.of(calls));
      return { ok: true };
    }),
  });
  await net.call("go");
  const { safety } = await net.verdict();
  expect(safety.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(["agreement"]);
  expect(safety.find(({ ok }) => !ok)?.what).toMatch(
    /the blocks are the same; most likely the application is not deterministic: `checkDeterminism`/,
  );
});

describe("a machine that must be deterministic", () => {
  const calls = ["go"];

  test("says how much of it was tried", () => {
    const make = () => machine(() => ({ ok: true }));
    expect(mustBeDeterministic(make, { calls })).toMatchObject({ executed: 192, faults: 0 });
  });

  test("fails a test where it is not", () => {
    const trial = () => mustBeDeterministic(forgetful, { calls });
    expect(trial).toThrow(DevnetError);
    expect(trial).toThrow(/^not deterministic: block 2, call 0 .*Likely cause: memory/);
  });
});
