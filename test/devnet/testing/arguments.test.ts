// What a test hands to its devnet by mistake, as JavaScript lets it: refused at once, with what would be right. The worst
// slip is an expectation that nobody reads.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { taskBoard } from "../../../devnet/examples/task-board.ts";
import { VERB_HELP } from "../../../devnet/faults/index.ts";
import { createDevnet, DevnetError } from "../../../devnet/testing/index.ts";
import type { StateMachine } from "../../../node/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: a test in JavaScript has no types to stop it
type Untyped = any;
type Slip = [string, (net: Untyped) => unknown, RegExp];

/** Its code and message. */
async function refusal(cause: () => unknown): Promise<string> {
  try {
    await cause();
  } catch (error) {
    if (error instanceof DevnetError) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error("it was not refused");
}

const create = createDevnet as Untyped;
const machine = (parts: object) => ({ stateMachine: { ...taskBoard, ...parts } });

describe("createDevnet refuses", () => {
  test.each([
    [
      "an option that it does not know",
      { validator: 4 },
      /no "validator"; do you mean "validators"\?$/,
    ],
    ["an option unlike any", { colour: 4 }, /no "colour"; there are validators, seed, /],
    ["no options at all", null, /createDevnet takes an object with keys such as .*, not null$/],
    ["a number in the place of options", 4, /takes an object with keys such as .*, not 4$/],
    ["a seed that is a text", { seed: "7" }, /^seed is a whole number from 0 .*, not "7"$/],
    ["leaders of another kind", { leaders: "robin" }, /^leaders is not "robin"; there are round-/],
    ["processes as a text", { processes: "yes" }, /^processes is not "yes"; there are true, false/],
    ["signatures that it cannot make", { signatures: "ed22519" }, /do you mean "ed25519"\?$/],
    ["parameters that are no bytes", { parameters: "x" }, /^parameters are a Uint8Array, not "x"$/],
    ["an application that is no path", { application: {} }, /is the path of a module, not an obj/],
    ["a state machine without a name", { stateMachine: {} }, /^the name of a .*, not undefined$/],
    [
      "a state machine of an ill name",
      machine({ name: "My board" }),
      /^the name .*, not "My board"/,
    ],
    [
      "one that decodes nothing",
      machine({ decode: undefined }),
      /"task-board" has no function dec/,
    ],
    [
      "one that executes nothing",
      machine({ execute: 3 }),
      /"task-board" has no function execute: /,
    ],
    ["a query that is no function", machine({ query: {} }), /^query of the .* is no function$/],
    ["a maker that makes none", { stateMachine: () => undefined }, /is an object, not undefined: /],
  ] satisfies [string, unknown, RegExp][])("%s", async (_, options, message) => {
    const told = await refusal(() => create(options));
    expect(told).toMatch(/^BAD_ARGUMENT /);
    expect(told.replace("BAD_ARGUMENT ", "")).toMatch(message);
  });
});

describe("a devnet refuses", () => {
  test.each([
    [
      "an expectation that it does not know",
      (net) => net.mustHold({ culprit: [2] }),
      /"culprits"\?$/,
    ],
    ["the same of a verdict", (net) => net.verdict({ haltet: [2] }), /do you mean "halted"\?$/],
    [
      "culprits that are no list",
      (net) => net.mustHold({ culprits: 3 }),
      /as in { culprits: \[3\] }, n/,
    ],
    [
      "a culprit that is not there",
      (net) => net.mustHold({ culprits: [4] }),
      /from 0 to 3, not 4$/,
    ],
    [
      "a promise of another kind",
      (net) => net.mustHold({ progress: "allways" }),
      /mean "always"\?$/,
    ],
    [
      "a safety of another kind",
      (net) => net.verdict({ safety: "hold" }),
      /do you mean "holds"\?$/,
    ],
    [
      "a maybe",
      (net) => net.verdict({ noOtherCulprits: "no" }),
      /^noOtherCulprits is not "no"; there a/,
    ],
    [
      "expectations that are none",
      (net) => net.mustHold(null),
      /^an expectation takes .*, not null$/,
    ],
    [
      "a run that never ends",
      (net) => net.run(Number.POSITIVE_INFINITY),
      /from 0 to 86400000, not Inf/,
    ],
    ["a run that is no number", (net) => net.run(Number.NaN), /^run is a number .*, not NaN$/],
    [
      "a run of no length",
      (net) => net.run(),
      /^run is a number of milliseconds .*, not undefined$/,
    ],
    ["a run backwards", (net) => net.run(-1), /^run is a number of milliseconds .*, not -1$/],
    ["a run as text", (net) => net.run("500"), /^run is a number of milliseconds .*, not "500"$/],
    ["blocks without number", (net) => net.blocks(Number.NaN), /from 1 to 100000, not NaN$/],
    ["no blocks", (net) => net.blocks(0), /^a count of blocks is .* from 1 to 100000, not 0$/],
    ["too many blocks", (net) => net.blocks(100_001), /from 1 to 100000, not 100001$/],
    [
      "a wait without end",
      (net) => net.blocks(1, { timeoutMs: Number.POSITIVE_INFINITY }),
      /not Inf/,
    ],
    [
      "a wait of NaN",
      (net) => net.until(() => true, { timeoutMs: Number.NaN }),
      /^timeoutMs .*NaN$/,
    ],
    [
      "a wait with another key",
      (net) => net.blocks(1, { timeout: 5 }),
      /do you mean "timeoutMs"\?$/,
    ],
    [
      "a condition that is none",
      (net) => net.until(true),
      /^a condition is a function, not true: unt/,
    ],
    [
      "one that promises",
      (net) => net.until(async () => false),
      /answers at once, not with a promise/,
    ],
    [
      "a call of nothing",
      (net) => net.call(),
      /^undefined is no call: hand over bytes, a text, or/,
    ],
    ["a call that JSON cannot write", (net) => net.call({ n: 1n }), /^an object is no call: /],
    ["a call with another key", (net) => net.call("x", { form: 1 }), /do you mean "from"\?$/],
    [
      "a call that waits for ever",
      (net) => net.call("x", { timeoutMs: "1s" }),
      /^timeoutMs .*"1s"$/,
    ],
    ["a call by a stranger", (net) => net.call("x", { from: 10 }), /^an account is .* 9, not 10$/],
    ["a call through nobody", (net) => net.call("x", { via: 4 }), /^a validator is .* 3, not 4$/],
    [
      "a transfer of nothing",
      (net) => net.transfer(),
      /^transfer takes an object .*, not undefined$/,
    ],
    [
      "a transfer to nobody",
      (net) => net.transfer({ amount: 5 }),
      /^an account is .*, not undefined$/,
    ],
    ["half a coin", (net) => net.transfer({ to: 1, amount: 0.5 }), /^an amount is .*, not 0\.5$/],
    ["a debt", (net) => net.transfer({ to: 1, amount: -5n }), /^an amount is .*, not -5$/],
    ["coins as text", (net) => net.transfer({ to: 1, amount: "5" }), /^an amount is .*, not "5"$/],
    ["a key that is none", (net) => net.read(7), /^a key is a Uint8Array or a text, not 7$/],
    [
      "a place that is none",
      (net) => net.read("x", { at: 4 }),
      /^a validator is .* 0 to 3, not 4$/,
    ],
    ["a validator in the place of options", (net) => net.read("x", 2), /^read takes .*, not 2$/],
    ["an account that is none", (net) => net.account(-1), /^an account is .* 0 to 9, not -1$/],
    [
      "an event that never happens",
      (net) => net.on("blok", () => undefined),
      /^there is no event "blok"; do you mean "block"\?$/,
    ],
    [
      "a listener that hears nothing",
      (net) => net.on("block"),
      /^a listener is a function, not und/,
    ],
  ] satisfies Slip[])("%s", async (_, cause, message) => {
    const net = await createDevnet();
    const told = await refusal(() => cause(net));
    expect(told).toMatch(/^BAD_ARGUMENT /);
    expect(told.replace("BAD_ARGUMENT ", "")).toMatch(message);
    // It stands as it stood, and goes on.
    await net.blocks(1);
  });

  test("a machine that a later life of a validator cannot use", async () => {
    let isSound = true;
    const stateMachine = () => (isSound ? taskBoard : ({} as StateMachine));
    const net = await createDevnet({ stateMachine });
    isSound = false;
    const told = await refusal(async () => {
      await net.restart(1);
      await net.blocks(2);
    });
    expect(told).toMatch(/^BAD_ARGUMENT the name of a state machine is/);
  });
});

describe("a fault method says how it is written when it is given", () => {
  test.each([
    [
      "nobody",
      (net) => net.kill(),
      /^kill: undefined names .* written kill\(2\), kill\(\[1, 3\]\)/,
    ],
    [
      "a text of its own",
      (net) => net.pause("1,3"),
      /^pause: "1,3" names no validators; it is written/,
    ],
    [
      "two where one list is meant",
      (net) => net.kill(1, 3),
      /^kill: 2 arguments are too many; it is/,
    ],
    [
      "an empty list",
      (net) => net.heal([]),
      /^heal: a list names no validators; .* heal\(\) or heal/,
    ],
    [
      "groups one by one",
      (net) => net.partition([0, 1], [2, 3]),
      /too many; .*\(\[\[0, 1\], \[2, 3\]\]\)/,
    ],
    [
      "groups that are numbers",
      (net) => net.partition([0, 1]),
      /^partition: a list is no list of gro/,
    ],
    ["one end of a cut", (net) => net.cut(0), /^cut: undefined names .* written cut\(0, 2\)/],
    [
      "no period",
      (net) => net.flap(0, 1),
      /^flap: flap takes an object with keys such as every, not/,
    ],
    [
      "a period of another key",
      (net) => net.flap(0, 1, { evry: 5 }),
      /do you mean "every"\?; it is/,
    ],
    ["no time", (net) => net.delay(1), /^delay: undefined is no duration: .* delay\(2, "200ms"\)/],
    [
      "NaN of time",
      (net) => net.delay(1, Number.NaN),
      /^delay: NaN is no duration: milliseconds are/,
    ],
    [
      "jitter misspelt",
      (net) => net.delay(1, 5, { jiter: 5 }),
      /^delay: .* do you mean "jitter"\?; /,
    ],
    ["no share", (net) => net.lose(1), /^lose: undefined is no amount in %; .* lose\(1, 10\)/],
    [
      "no rate",
      (net) => net.throttle(1, ""),
      /^throttle: "" is no amount in kB\/s; it is written thr/,
    ],
    ["no offset", (net) => net.skew(1), /^skew: undefined is no duration: .* skew\(1, "\+5s"\)/],
    [
      "no way to lie",
      (net) => net.lie(3),
      /^lie: no way to lie is named; .* lie\(3, "equivocate"\)/,
    ],
    [
      "ways as a list",
      (net) => net.lie(3, ["fork"]),
      /^lie: a list is no way to lie; it is written/,
    ],
    ["no command", (net) => net.fault(), /^fault: undefined is no command; .* fault\("kill 2"\)/],
  ] satisfies Slip[])("%s", async (_, cause, message) => {
    const net = await createDevnet();
    const told = await refusal(() => cause(net));
    expect(told).toMatch(/^BAD_FAULT /);
    expect(told.replace("BAD_FAULT ", "")).toMatch(message);
  });
});

test("what cannot be obeyed is refused with what to do first", async () => {
  const net = await createDevnet();
  const error = await net.rewindDisk(2).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DevnetError);
  expect(error).toMatchObject({ code: "BAD_FAULT", reason: "NO_COPY" });
  expect(String(error)).toMatch(/`rewind-disk 2`: .* copy of the disk .*: .*copy-disk/);
});

describe("what people write is taken, too", () => {
  test.each([
    ["groups", (net) => net.partition("0,1/2,3"), "partition 0,1/2,3"],
    [
      "groups as lists",
      (net) =>
        net.partition([
          [0, 1],
          [2, 3],
        ]),
      "partition 0,1/2,3",
    ],
    ["a share", (net) => net.lose(0, "10%"), "lose 0 10%"],
    ["a share as a number", (net) => net.duplicate([0, 1], 10), "duplicate 0,1 10%"],
    ["a rate", (net) => net.throttle("all", "2MB/s"), "throttle all 2000kB/s"],
    ["an offset", (net) => net.skew(1, "-1h"), "skew 1 -1h"],
    ["an offset as a number", (net) => net.skew(1, -5), "skew 1 -5ms"],
    ["a delay", (net) => net.delay(2, "0.2s", { jitter: 50 }), "delay 2 200ms jitter 50ms"],
    ["nobody, to heal all", (net) => net.heal(), "heal"],
  ] satisfies [string, (net: Untyped) => unknown, string][])("%s", async (_, cause, text) => {
    const direct = await createDevnet();
    await direct.fault(text);
    const net = await createDevnet();
    await cause(net);
    const [said, meant] = [await net.verdict(), await direct.verdict()];
    expect(said.traceHash).toBe(meant.traceHash);
  });

  test("expectations that are undefined replace no default", async () => {
    const net: Untyped = await createDevnet();
    const { ok } = await net.mustHold({ culprits: undefined, safety: undefined });
    expect(ok).toBe(true);
  });
});

test("a condition that throws is told to whoever awaits it, and the devnet goes on", async () => {
  const net = await createDevnet();
  const thrown = net.until(() => {
    throw new Error("not so");
  });
  await Promise.all([expect(thrown).rejects.toThrow("not so"), net.blocks(2)]);
});

test("the README shows how each fault method is called", () => {
  const path = resolve(import.meta.dirname, "../../../devnet/testing/README.md");
  const page = readFileSync(path, "utf8");
  const methods = VERB_HELP.map(({ verb }) => {
    return verb.replaceAll(/-[a-z]/g, (found) => found.slice(1).toUpperCase());
  });
  expect(methods.filter((method) => !page.includes(`\`${method}(`))).toEqual([]);
});
