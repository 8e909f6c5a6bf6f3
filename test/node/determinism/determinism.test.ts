import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ascii } from "../../../crypto/index.ts";
import { taskBoard } from "../../../devnet/examples/task-board.ts";
import {
  type Calls,
  checkDeterminism,
  type DeterminismVerdict,
} from "../../../node/determinism/index.ts";
import {
  type CallContext,
  createBuiltInLedger,
  type StateMachine,
  type StateWriter,
} from "../../../node/ledger/index.ts";
import { encodeCall } from "../../../node/transaction/index.ts";

type Execute = (call: string, context: CallContext, state: StateWriter) => void;

const WORDS = ["apple", "pear", "plum", "cherry", "fig"];
const words: Calls = (random) => ascii(WORDS[random.below(WORDS.length)] ?? "");

/** A machine whose calls are words, and what it does with one. */
function machine(execute: Execute): StateMachine<string> {
  return {
    name: "trial",
    decode: (bytes) => ({ ok: true, call: String.fromCharCode(...bytes) }),
    execute: (call, context, state) => {
      execute(call, context, state);
      return { ok: true };
    },
  };
}

function check(execute: Execute): DeterminismVerdict {
  return checkDeterminism(() => machine(execute), { calls: words, seed: 7 });
}

/** The words so far, counted in the state. */
const honest: Execute = (call, { height, timestampMs }, state) => {
  const count = (state.get(ascii(call))?.[0] ?? 0) + 1;
  state.set(ascii(call), Uint8Array.of(count % 256, height, timestampMs % 256));
};

/** Writes text under the word. */
function writing(text: () => string): Execute {
  return (call, _context, state) => state.set(ascii(call), ascii(text()));
}

describe("a machine is accepted", () => {
  test("that keeps all it knows in the state", () => {
    expect(check(honest)).toEqual({
      ...{ ok: true, blocks: 24, calls: 192 },
      ...{ executed: 192, failed: 0, faults: 0, thrown: undefined },
    });
  });

  test("that sorts before it writes what a map holds", () => {
    const verdict = check((call, _context, state) => {
      const letters = new Set(call);
      for (const letter of [...letters].sort()) state.set(ascii(letter), ascii(call));
    });
    expect(verdict).toMatchObject({ ok: true });
  });

  test("that refuses calls, deletes keys and throws", () => {
    const verdict = check((call, context, state) => {
      honest(call, context, state);
      if (call === "pear") state.delete(ascii("apple"));
      if (call === "plum") throw new Error("no plums");
    });
    if (!verdict.ok) throw new Error(verdict.message);
    expect(verdict.executed).toBe(192);
    expect(verdict.faults).toBeGreaterThan(0);
    expect(verdict.failed).toBe(verdict.faults);
    expect(String(verdict.thrown)).toBe("Error: no plums");
  });

  test("that refuses some calls for good reasons, and is told how many it was really handed", () => {
    const make = (): StateMachine<string> => ({
      ...machine(honest),
      decode: (bytes) =>
        bytes.length === 3 ? { ok: false, code: "no-figs" } : machine(honest).decode(bytes),
      execute: (call) => (call === "plum" ? { ok: false, code: "no-plums" } : { ok: true }),
    });
    const calls = ["fig", "plum", "pear", "fig"];
    const verdict = checkDeterminism(make, { calls, blocks: 1, callsPerBlock: 4 });
    expect(verdict).toMatchObject({ ok: true, calls: 4, executed: 2, failed: 1, faults: 0 });
  });

  test("that makes a date of the block's time, in UTC", () => {
    const execute: Execute = (call, { timestampMs }, state) =>
      state.set(ascii(call), ascii(new Date(timestampMs).toISOString()));
    expect(check(execute)).toMatchObject({ ok: true });
  });

  test("that is the built-in ledger", () => {
    const calls: Calls = (random, { senders }) => {
      const to = senders[random.below(senders.length)];
      if (to === undefined) throw new Error("a sender");
      const amount = BigInt(random.below(1_000) + 1);
      return encodeCall({ type: "transfer", to, amount, memo: new Uint8Array(0) });
    };
    const verdict = checkDeterminism(createBuiltInLedger, { calls, contained: false });
    expect(verdict).toMatchObject({ ok: true });
  });
});

test("the task board is accepted, whatever its agents do", () => {
  const verbs = ["open", "claim", "claim", "renew", "release", "done"];
  const calls: Calls = (random, { height }) => {
    const verb = verbs[random.below(verbs.length)];
    const token = height - random.below(3);
    const command = { do: verb, task: `task-${random.below(4)}`, title: "a task", token };
    return ascii(JSON.stringify(command));
  };
  expect(checkDeterminism(() => taskBoard, { calls, seed: 3 })).toMatchObject({ ok: true });
});

describe("a machine is rejected", () => {
  test.each([
    ["clock", "Date.now()", writing(() => `${Date.now()}`)],
    ["clock", "new Date()", writing(() => new Date().toISOString())],
    ["clock", "performance.now()", writing(() => `${performance.now()}`)],
    ["clock", "process.hrtime.bigint()", writing(() => `${process.hrtime.bigint()}`)],
    ["randomness", "Math.random()", writing(() => `${Math.random()}`)],
    ["randomness", "crypto.randomUUID()", writing(() => crypto.randomUUID())],
    ["randomness", "crypto.randomUUID()", writing(() => randomUUID())],
    ["surroundings", "Number.prototype.toLocaleString()", writing(() => (1e6).toLocaleString())],
    ["surroundings", "new Intl.NumberFormat()", writing(() => new Intl.NumberFormat().format(1e6))],
    ["surroundings", "Date.prototype.getHours()", writing(() => `${new Date(0).getHours()}`)],
    ["floating-point", "Math.sin()", writing(() => `${Math.sin(1)}`)],
  ] as const)("for its use of %s: %s", (cause, what, execute) => {
    const verdict = check(execute);
    expect(verdict).toMatchObject({ ok: false, cause, block: 1, call: 0, use: { what } });
    expect(verdict).toMatchObject({ message: expect.stringContaining(`calls ${what} at `) });
    expect(verdict).toMatchObject({
      use: { where: expect.stringContaining("determinism.test.ts") },
    });
  });

  test("for a clock that it only looks at", () => {
    const verdict = check((call, context, state) => {
      if (Date.now() > 0) honest(call, context, state);
    });
    expect(verdict).toMatchObject({ ok: false, cause: "clock" });
  });

  test("for a clock in its decoding", () => {
    const decode = (bytes: Uint8Array) =>
      ({ ok: true, call: `${Date.now()}${bytes.length}` }) as const;
    const make = () => ({ ...machine(honest), decode });
    const verdict = checkDeterminism(make, { calls: words, seed: 7 });
    expect(verdict).toMatchObject({ ok: false, cause: "clock", block: 1, call: 0 });
  });

  test("with the key that differs and both its values", () => {
    const verdict = check(writing(() => (Date.now() > 0 ? `${Math.floor(Date.now() / 1e9)}` : "")));
    if (verdict.ok) throw new Error("a clock");
    const key = `0x${Buffer.from(verdict.key ?? []).toString("hex")}`;
    expect(WORDS.map((word) => `0x${Buffer.from(word).toString("hex")}`)).toContain(key);
    expect(verdict.message).toContain(`under the key ${key}`);
    expect(verdict.message).toContain("context.timestampMs");
  });

  test("for the order of a set", () => {
    const verdict = check((call, _context, state) => {
      for (const letter of new Set(call)) state.set(ascii(letter), ascii(call));
    });
    expect(verdict).toMatchObject({ ok: false, cause: "iteration", block: 1, call: 0 });
  });

  test("for the order of a map that it keeps", () => {
    const make = () => {
      const seen = new Map<string, number>();
      return machine((call, _context, state) => {
        seen.set(call, 1);
        state.set(ascii("order"), ascii([...seen.keys()].join(" ")));
      });
    };
    const verdict = checkDeterminism(make, { calls: words, seed: 7 });
    expect(verdict).toMatchObject({ ok: false, cause: "iteration", key: ascii("order") });
  });

  test("for what an instance remembers", () => {
    const make = () => {
      let count = 0;
      return machine((call, _context, state) => {
        count += 1;
        state.set(ascii(call), Uint8Array.of(count % 256));
      });
    };
    const verdict = checkDeterminism(make, { calls: words, seed: 7 });
    expect(verdict).toMatchObject({ ok: false, cause: "memory", block: 2, call: 0 });
  });

  test("for what the module remembers", () => {
    let count = 0;
    const verdict = check((call, _context, state) => {
      count += 1;
      state.set(ascii(call), Uint8Array.of(count % 256));
    });
    expect(verdict).toMatchObject({ ok: false, cause: "memory", block: 1, call: 0 });
  });

  test("for a memory of blocks that were taken back", () => {
    const highest = { height: 0, calls: new Set<string>() };
    const make = () =>
      machine((call, { height }, state) => {
        // Begins anew with each block, and so never notices a restart.
        if (height !== highest.height) {
          highest.height = height;
          highest.calls = new Set();
        }
        highest.calls.add(call);
        state.set(ascii(call), Uint8Array.of(highest.calls.size));
      });
    const verdict = checkDeterminism(make, { calls: words, seed: 7 });
    expect(verdict).toMatchObject({ ok: false, cause: "memory" });
  });

  test("for writing into what the state handed out", () => {
    const verdict = check((call, _context, state) => {
      const value = state.get(ascii(call)) ?? Uint8Array.of(0);
      value[0] = (value[0] ?? 0) + 1;
      state.set(ascii(call), value);
    });
    expect(verdict).toMatchObject({ ok: false, cause: "writes-into-state" });
  });

  test("for an answer that differs though it writes nothing", () => {
    let count = 0;
    const make = () => ({
      ...machine(() => {}),
      execute: () => ({ ok: true, output: Uint8Array.of(count++ % 256) }) as const,
    });
    const verdict = checkDeterminism(make, { calls: words, seed: 7 });
    const place = { block: 1, call: 0, key: undefined };
    expect(verdict).toMatchObject({ ok: false, cause: "memory", ...place });
  });
});

describe("a trial is none", () => {
  const refusing = (decode: unknown) => () => ({ ...machine(honest), decode }) as StateMachine;
  const throwing = () => {
    throw new SyntaxError("no word");
  };
  const promising = async () => Promise.reject(new Error("later"));

  test("without calls", () => {
    const verdict = checkDeterminism(() => machine(honest), { calls: [] });
    const message = expect.stringContaining("there is no call, and nothing was tried");
    expect(verdict).toMatchObject({
      ok: false,
      cause: "nothing-executed",
      call: undefined,
      message,
    });
  });

  test.each([
    [
      "refuses",
      () => ({ ok: false, code: "not-a-word" }) as const,
      /skipped as "not-a-word"\. Hand /,
    ],
    [
      "throws over",
      throwing,
      /skipped as "application-fault", for it threw SyntaxError: no word\./,
    ],
    ["promises to decode", promising, /for it threw TypeError: decode answered with a promise/],
  ])("of calls that the machine %s", (_, decode, message) => {
    const verdict = checkDeterminism(refusing(decode), { calls: ["pear"] });
    expect(verdict).toMatchObject({ ok: false, cause: "nothing-executed", block: 1, call: 0 });
    expect(verdict).toMatchObject({ message: expect.stringMatching(message) });
  });

  test("of a machine that throws over every call", () => {
    const verdict = check(throwing);
    expect(verdict).toMatchObject({ ok: false, cause: "application-fault", block: 1, call: 0 });
    const message = /fails as "application-fault", for it threw SyntaxError: no word\. Answer/;
    expect(verdict).toMatchObject({ message: expect.stringMatching(message) });
    expect(verdict).toMatchObject({ thrown: expect.any(SyntaxError) });
  });

  test("of a machine that is async, were it over a single word", () => {
    const execute = (call: string) => (call === "plum" ? promising() : { ok: true });
    const make = () => ({ ...machine(honest), execute }) as StateMachine<string>;
    const verdict = checkDeterminism(make, { calls: words, seed: 7 });
    expect(verdict).toMatchObject({ ok: false, cause: "application-fault" });
    const message = expect.stringContaining("execute answered with a promise");
    expect(verdict).toMatchObject({ message });
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "a machine",
      () => checkDeterminism(machine(honest) as never, { calls: ["a"] }),
      /^a function/,
    ],
    ["no calls", () => checkDeterminism(() => machine(honest), {} as never), /^calls is a list/],
  ])("where it is handed %s", (_, trial, message) => {
    expect(trial).toThrow(message);
  });
});

test("calls may be bytes, texts, or what JSON can write", () => {
  const seen = new Set<string>();
  const make = () => machine((call) => seen.add(call));
  const calls = [ascii("bytes"), "text", { do: "it" }];
  checkDeterminism(make, { calls, blocks: 1, callsPerBlock: 3 });
  expect([...seen]).toEqual(["bytes", "text", '{"do":"it"}']);
});

describe("the surroundings", () => {
  test("are as before after a check, even one whose factory throws", () => {
    const before = surroundings();
    check(writing(() => `${Date.now()}`));
    expect(surroundings()).toEqual(before);
    let made = 0;
    const make = () => {
      made += 1;
      if (made > 2) throw new Error("no more machines");
      return machine(honest);
    };
    expect(() => checkDeterminism(make, { calls: words })).toThrow("no more machines");
    expect(surroundings()).toEqual(before);
  });

  test("are not watched outside of the machine's calls", () => {
    const make = () => {
      Date.now();
      return machine(honest);
    };
    expect(checkDeterminism(make, { calls: words })).toMatchObject({ ok: true });
  });
});

function surroundings(): readonly unknown[] {
  return [
    Date,
    Date.now,
    Date.prototype.getHours,
    Object.getOwnPropertyDescriptor(performance, "now"),
    Math.random,
    crypto.randomUUID,
    randomUUID,
    process.hrtime,
    process.hrtime.bigint,
    Intl.NumberFormat,
    Map.prototype[Symbol.iterator],
    Map.prototype.forEach,
    Set.prototype.values,
    setTimeout,
    fetch,
  ];
}
