// What a program hands to a log by mistake, as JavaScript lets it: refused at once, with the name of the argument.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppendError, createReplicatedLog, type StateMachine } from "../../../node/index.ts";
import type { ReplicatedLog } from "../../../node/replicated-log/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: a program in JavaScript has no types to stop it
type Untyped = any;
type Slip = [what: string, make: (log: Untyped) => unknown, reason: string, message: RegExp];

/** Keeps the last call under the key "last". */
const stateMachine: StateMachine<Uint8Array> = {
  name: "last-call",
  decode: (bytes) => ({ ok: true, call: bytes }),
  execute: (call, _, state) => {
    state.set(new TextEncoder().encode("last"), call);
    return { ok: true };
  },
};
const machine = (parts: object) => ({ stateMachine: { ...stateMachine, ...parts } });
const create = createReplicatedLog as Untyped;
const CALL = Uint8Array.of(1);

async function refusalOf(make: () => unknown): Promise<AppendError> {
  try {
    await make();
  } catch (error) {
    if (error instanceof AppendError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("createReplicatedLog refuses", () => {
  test.each([
    ["no options", undefined, "createReplicatedLog", /with an object of stateMachine, directory,/],
    [
      "an option that it does not know",
      { stateMachine, dir: "validator0" },
      "dir",
      /^createReplicatedLog knows no "dir", only stateMachine, directory, /,
    ],
    [
      "a directory that is not set",
      { stateMachine, directory: undefined },
      "directory",
      /left away/,
    ],
    ["a directory without a name", { stateMachine, directory: "" }, "directory", /, not ""$/],
    ["no state machine", {}, "stateMachine", /^stateMachine must be an object with `name`, /],
    [
      "one of an ill name",
      machine({ name: "My board" }),
      "stateMachine.name",
      /^stateMachine\.name must be 1\.\.32 of a-z, 0-9 and -, a letter first, not "My board"$/,
    ],
    ["one without a name", machine({ name: undefined }), "stateMachine.name", /not undefined$/],
    [
      "one that decodes nothing",
      machine({ decode: 1 }),
      "stateMachine.decode",
      /a function, not 1/,
    ],
    ["one that executes nothing", machine({ execute: {} }), "stateMachine.execute", /not Object$/],
    ["a passphrase that is none", { stateMachine, passphrase: 7 }, "passphrase", /not Number$/],
    ["a secret for an account", { stateMachine, account: "0x12" }, "account", /, not String$/],
    ["a log level for a logger", { stateMachine, log: "info" }, "log", /createLogger .*"info"$/],
    ["no logger for one", { stateMachine, log: null }, "log", /, not null$/],
    ["an ear that hears nothing", { stateMachine, onFatal: true }, "onFatal", /a function that /],
  ] as [string, unknown, string, RegExp][])("%s", async (_what, options, reason, message) => {
    const refusal = await refusalOf(() => create(options));
    expect(refusal).toMatchObject({ code: "BAD_ARGUMENT", reason });
    expect(refusal.message).toMatch(message);
  });
});

describe("a log refuses", () => {
  let log: ReplicatedLog;
  beforeAll(async () => {
    log = await createReplicatedLog({ stateMachine });
  });
  afterAll(() => log?.stop());

  test.each([
    [
      "a call of too many bytes",
      (log) => log.append(new Uint8Array(20_000)),
      "call",
      /^call must be a Uint8Array of at most 16384 bytes, not 20000 bytes$/,
    ],
    ["a call in a text", (log) => log.append("build"), "call", /, not "build"$/],
    ["a bare signal", (log) => log.append(CALL, new AbortController().signal), "append", /signal/],
    ["a signal that is none", (log) => log.append(CALL, { signal: 1 }), "signal", /AbortSig.* 1$/],
    ["a misspelt start", (log) => log.entries({ form: 1 }), "form", /^entries knows no "form", on/],
    ["a start below the first", (log) => log.entries({ from: -1 }), "from", /0 or more, not -1$/],
    ["a start between two", (log) => log.entries({ from: 1.5 }), "from", /, not 1\.5$/],
    ["a key in a text", (log) => log.read("last"), "key", /of 1\.\.255 bytes, not "last"$/],
    ["a key of no bytes", (log) => log.read(new Uint8Array(0)), "key", /, not 0 bytes$/],
    ["an ear that hears nothing", (log) => log.onFinal(), "listener", /, not undefined$/],
  ] as Slip[])("%s", async (_what, make, reason, message) => {
    const refusal = await refusalOf(() => make(log));
    expect(refusal).toMatchObject({ code: "BAD_ARGUMENT", reason });
    expect(refusal.message).toMatch(message);
  });

  test("nothing that makes sense, up to its bounds", async () => {
    const call = new Uint8Array(16_384).fill(7);
    const { height } = await log.append(call, { signal: new AbortController().signal });
    expect(log.read(new TextEncoder().encode("last"))).toEqual(call);
    const { value } = await log.entries({ from: 0 }).next();
    expect(value).toMatchObject({ height, call });
  });
});
