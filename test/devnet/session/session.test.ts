// A session over a stage that only keeps the books: what was commanded, who counts, and what the verdict makes of it.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Report } from "../../../devnet/ailing/ailments.ts";
import { FaultError } from "../../../devnet/faults/fault-error.ts";
import {
  declare,
  type FaultCommand,
  nothingDeclared,
  parseCommand,
} from "../../../devnet/faults/index.ts";
import { parseScenario, type Scenario } from "../../../devnet/scenario/index.ts";
import { Session, type Stage } from "../../../devnet/session/session.ts";
import { chainRootOf } from "../../../node/chain/index.ts";
import { genesis, keyOf } from "../../node/genesis/fixtures.ts";

const FOUR = [0, 1, 2, 3].map((index) => {
  return { publicKey: keyOf(1 + index), networkKey: keyOf(11 + index), power: 1 };
});

let now: number;
let refusal: FaultError | undefined;
let session: Session;

beforeEach(() => {
  now = 1_000;
  refusal = undefined;
  session = sessionOn(stage());
});

afterEach(() => session.stop());

function stage(): Stage {
  let declared = nothingDeclared(4);
  return {
    validators: 4,
    get declared() {
      return declared;
    },
    get processes() {
      return declared.validators.map(({ isDown, isPaused }, index) => ({
        // Nobody listens there.
        plan: { index, rpcUrl: "http://127.0.0.1:1" },
        pid: 100 + index,
        isAlive: !isDown,
        isPaused,
      }));
    },
    obey: async (command) => {
      if (refusal !== undefined && refusal.code === "NO_COPY") throw refusal;
      declared = declare(declared, command);
      if (refusal !== undefined) throw refusal;
    },
  };
}

function sessionOn(given: Stage, scenario?: Scenario): Session {
  return new Session({
    stage: given,
    root: chainRootOf({ ...genesis, validators: FOUR }),
    seed: 7,
    scenario,
    replay: "quorate devnet --seed 7",
    height: 5,
    nowMs: () => now,
  });
}

function command(text: string): FaultCommand {
  const parsed = parseCommand(text, { validators: 4, ways: session.ways });
  if (!parsed.ok) throw new Error(parsed.what);
  return parsed.command;
}

async function obey(...texts: readonly string[]): Promise<void> {
  for (const text of texts) await session.obey(command(text));
}

function recorded() {
  const parsed = parseScenario(session.recording(session.verdict()));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenario;
}

describe("a session", () => {
  test("has nothing to judge before the first command", async () => {
    expect(session.hasFaults).toBe(false);
    await obey("kill 2");
    expect(session.hasFaults).toBe(true);
  });

  test("tells what is in force, since when, and who runs", async () => {
    await obey("kill 2");
    now = 3_000;
    await obey("pause 1");
    expect(session.overview()).toEqual({
      declared: [
        { text: "pause 1", atMs: 3_000 },
        { text: "kill 2", atMs: 1_000 },
      ],
      validators: [
        { validator: 0, pid: 100, state: "running" },
        { validator: 1, pid: 101, state: "paused" },
        { validator: 2, pid: undefined, state: "down" },
        { validator: 3, pid: 103, state: "running" },
      ],
    });
  });

  test("remembers who lied and in which ways, whatever is taken back", async () => {
    await obey("lie 3 equivocate", "lie 3 double-vote", "heal");
    expect(session.verdict().liars).toEqual([
      { validator: 3, ways: ["equivocate", "double-vote"] },
    ]);
    expect([2, 3].map((index) => session.isHonest(index))).toEqual([true, false]);
  });

  test("holds one who lost its disk to be honest, and one whose disk was put back not", async () => {
    await obey("lose-disk 1", "rewind-disk 2");
    expect([1, 2].map((index) => session.isHonest(index))).toEqual([true, false]);
  });

  test("promises progress while a quorum is well, and after a heal otherwise", async () => {
    await obey("kill 2", "restart 2", "kill 1", "restart 1");
    expect(recorded().expect).toMatchObject({ safety: "holds", progress: "always" });
    await obey("kill 1,2");
    expect(recorded().expect.progress).toBe("after-heal");
  });

  test("promises no safety once more than f may lie", async () => {
    await obey("lie 2,3 equivocate");
    expect(recorded().expect.safety).toBe("may-break");
  });

  test("records each command at its moment, and what its validators did not hear of yet", async () => {
    await obey("kill 2");
    now = 2_500;
    refusal = new FaultError("NO_ANSWER", "v3 does not answer", "wait");
    await expect(obey("lie 3 equivocate")).rejects.toThrow("v3 does not answer");
    expect(recorded().timeline).toEqual([
      { atMs: 1_000, command: command("kill 2") },
      { atMs: 2_500, command: command("lie 3 equivocate") },
    ]);
  });

  test("does not record what could not be done", async () => {
    refusal = new FaultError("NO_COPY", "there is no copy", "copy it first");
    await expect(obey("rewind-disk 2")).rejects.toThrow("there is no copy");
    expect(session.hasFaults).toBe(false);
  });

  test("blames nobody for what could not be done to it", async () => {
    await obey("lie 2 double-vote");
    refusal = new FaultError("NO_COPY", "there is no copy", "copy it first");
    await expect(obey("rewind-disk 1")).rejects.toThrow("no copy");
    await expect(obey("lie 2,3 equivocate")).rejects.toThrow("no copy");
    expect([1, 2, 3].map((index) => session.isHonest(index))).toEqual([true, false, true]);
    expect(session.verdict().liars).toEqual([{ validator: 2, ways: ["double-vote"] }]);
  });

  test.each([
    ["a validator that a person brought back is left out of it", "NOT_OURS"],
    ["a validator does not come back", "DIED"],
  ] as const)("counts a heal, though %s", async (_, code) => {
    await obey("lie 3 equivocate", "kill 2");
    expect(session.wrong).toEqual({ faults: 2, liars: [3] });
    refusal = new FaultError(code, "all others are healed; v2 is not", "stop it");
    await expect(obey("heal")).rejects.toThrow("v2 is not");
    expect(session.wrong).toEqual({ faults: 0, liars: [] });
    expect(recorded().timeline.at(-1)?.command).toEqual(command("heal"));
  });

  test("knows a validator that halted for safety's sake from one that is down", async () => {
    await obey("kill 1,2");
    session.halted(2, "its state is another one");
    expect(session.overview().validators.map(({ state }) => state)).toEqual([
      "running",
      "down",
      "halted",
      "running",
    ]);
    expect(session.verdict().ok).toBe(false);
  });

  test("waits for no recovery once nobody honest is left", async () => {
    await obey("lie 0,1,2 equivocate", "heal");
    expect(session.hasRecovered).toBe(false);
    await obey("lie 3 equivocate", "heal");
    expect(session.hasRecovered).toBe(true);
  });

  test("waits for no recovery of which nothing is promised", async () => {
    const text =
      "name: a\nvalidators: 4\ntimeline:\n  - { at: 1s, do: kill 1 }\nexpect: { progress: none }\n";
    const parsed = parseScenario(text);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    session.stop();
    session = sessionOn(stage(), parsed.scenario);
    await obey("kill 1", "heal");
    expect(session.hasRecovered).toBe(true);
  });

  test("believes no evidence that proves nothing", () => {
    const report: Report = { type: "evidence", offender: 3, view: 2, messages: ["0x01", "0x02"] };
    session.report(0, report);
    expect(session.verdict().culprits).toEqual([]);
  });
});
