import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Death } from "../../../devnet/live/index.ts";
import { type DeathReport, haltOf, reportDeath } from "../../../devnet/terminal/announcements.ts";
import type { Run } from "../../../devnet/terminal/part.ts";
import { EXIT_CODES } from "../../../node/cli/index.ts";
import { createOutput } from "../../../node/cli/output.ts";

const KILLED: Death = { exitCode: null, signal: "SIGKILL", lastLogLine: "" };
const HALTED: Death = {
  exitCode: EXIT_CODES.safetyHalt,
  signal: null,
  lastLogLine: '{"msg":"validator disconnected"}',
};

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "quorate-announcements-"));
});

afterEach(() => rmSync(dir, { recursive: true }));

function validator(index: number): DeathReport["validator"] {
  const own = join(dir, `validator${index}`);
  return { plan: { index, dir: own }, logFile: join(own, "node.log") } as DeathReport["validator"];
}

function told(given: Partial<DeathReport>, { json = false } = {}): string {
  let text = "";
  const stream = {
    write: (more: string) => {
      text += more;
    },
  };
  const output = createOutput({ json, stdout: stream, stderr: stream, env: {} });
  const run = { context: { output, env: {} }, opened: { plan: { dir } } };
  const dead = { validator: validator(2), death: KILLED, isControlled: true, other: undefined };
  reportDeath(run as unknown as Run, { ...dead, ...given });
  return text;
}

function leaveBundle(): void {
  mkdirSync(join(dir, "validator2", "data"), { recursive: true });
  const bundle = { reason: "state-diverged", height: "17" };
  writeFileSync(join(dir, "validator2", "data", "halt.json"), JSON.stringify(bundle, undefined, 2));
}

describe("the death of a validator is told", () => {
  test("with the command by which the devnet brings it back", () => {
    expect(told({})).toMatch(/bring back {2}.* fault restart 2 --dir .*\n/);
  });

  test("with the way to bring it back by hand before the devnet takes commands", () => {
    expect(told({ isControlled: false })).toMatch(/bring back {2}.* node --dir .*\/validator2\n/);
  });

  test("with what its bundle says, and never the way back, when it halted for safety's sake", () => {
    leaveBundle();
    const text = told({ death: HALTED, other: validator(0) });
    expect(text).toMatch(/^v2 halted for safety's sake \(exit code 7\) and stays dead\n/);
    expect(text).toContain("  why         state-diverged at height 17\n");
    expect(text).toMatch(/ compare .* diagnose \S+\/validator2 \S+\/validator0\n/);
    expect(text).toMatch(/ while v0 is down, too: .* fault kill 0 --dir /);
    expect(text).not.toMatch(/restart|bring back|disconnected/);
  });

  test("with its last words where a halt left no bundle, and nobody is there to compare", () => {
    const text = told({ death: HALTED });
    expect(text).toContain("  why         validator disconnected\n");
    expect(text).not.toMatch(/restart|bring back|compare/);
  });

  test("to programs with the reason of a halt", () => {
    leaveBundle();
    const said = JSON.parse(told({ death: HALTED }, { json: true }));
    expect(said).toMatchObject({ type: "died", index: 2, halt: "state-diverged at height 17" });
    expect(JSON.parse(told({}, { json: true }))).not.toHaveProperty("halt");
  });
});

test("only a safety halt has a reason", () => {
  leaveBundle();
  expect(haltOf({ validator: validator(2), death: KILLED })).toBeUndefined();
  expect(haltOf({ validator: validator(2), death: HALTED })).toBe("state-diverged at height 17");
});
