// `quorate fault` as a user calls it, against a devnet that only remembers what it was told.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registerFaultCommand } from "../../../devnet/cli/fault-command.ts";
import {
  CommandLine,
  type Control,
  createControl,
  writeControlFile,
} from "../../../devnet/control/index.ts";
import { VERB_HELP } from "../../../devnet/faults/index.ts";
import { createProgram, runProgram } from "../../../node/cli/index.ts";
import { FakeDevnet } from "../control/subject.ts";

let dir: string;
let devnet: FakeDevnet;
let control: Control;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "quorate-fault-"));
  devnet = new FakeDevnet();
  control = await createControl({ subject: devnet, commands: new CommandLine(devnet), port: 0 });
  const { url, token } = control;
  writeControlFile(dir, { url, token, pid: process.pid, validators: 4 });
});

afterEach(async () => {
  await control.stop();
  rmSync(dir, { recursive: true });
});

async function fault(...args: readonly string[]) {
  const said = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      said[name] += text;
    },
    columns: 80,
  });
  const streams = { stdout: stream("stdout"), stderr: stream("stderr"), env: {} };
  const program = createProgram("0.0.0", streams);
  registerFaultCommand(program);
  const exitCode = await runProgram(program, ["fault", ...args]);
  return { ...said, exitCode };
}

function here(...args: readonly string[]) {
  return fault(...args, "--dir", dir);
}

describe("quorate fault", () => {
  test.each([
    ["kill 2"],
    ["partition 0,1/2,3"],
    ["lie 3 equivocate"],
    ["skew 1 -1h"],
    ["skew 1 +5s"],
    ["delay 2 200ms jitter 50ms"],
    ["heal"],
  ])("does what is written behind it: %s", async (text) => {
    expect(await here(...text.split(" "))).toEqual({
      exitCode: 0,
      stdout: `${text}\n`,
      stderr: "",
    });
    expect(devnet.obeyed).toEqual([text]);
  });

  test("takes its options before, behind and after a negative offset", async () => {
    await fault("--dir", dir, "skew", "1", "-1h");
    await fault("skew", "--dir", dir, "2", "-1h");
    const { stdout } = await fault("skew", "3", "-1h", "--dir", dir, "--json");
    expect(devnet.obeyed).toEqual(["skew 1 -1h", "skew 2 -1h", "skew 3 -1h"]);
    expect(JSON.parse(stdout)).toMatchObject({ type: "obeyed", text: "skew 3 -1h" });
  });

  test.each([[[]], [["list"]]])("lists what is in force: %j", async (words) => {
    expect((await here(...words)).stdout).toBe("no faults are in force\n");
    await here("pause", "1");
    expect((await here(...words)).stdout).toBe("pause 1  since second 1.0\n");
    const { stdout } = await here(...words, "--json");
    expect(JSON.parse(stdout)).toEqual({
      type: "faults",
      count: 4,
      declared: [{ text: "pause 1", atMs: 1_000 }],
      validators: [{ validator: 0, pid: 123, state: "running" }],
    });
  });

  test("tells the verdict so far", async () => {
    const { stdout, exitCode } = await here("verdict");
    expect(stdout).toContain("replay     quorate sim x.yaml --seed 7");
    expect(exitCode).toBe(0);
  });

  test("shows how each verb is written, and the ways to lie, without a devnet", async () => {
    const verbs = (await fault("verbs", "--dir", "/nowhere")).stdout;
    for (const { usage } of VERB_HELP) expect(verbs).toContain(usage);
    const lies = (await fault("lies", "--dir", "/nowhere", "--json")).stdout.trim().split("\n");
    expect(lies.map((line) => JSON.parse(line).word)).toContain("equivocate");
  });

  test("has a help that fits a screen, shows an example and names every verb", async () => {
    const { stdout } = await fault("--help");
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(24);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toContain("$ quorate fault lie 3 equivocate");
    for (const { verb } of VERB_HELP) expect(stdout).toMatch(new RegExp(`\\b${verb}\\b`));
  });
});

describe("quorate fault refuses", () => {
  test.each([
    ["kil 2", "did you mean kill?"],
    ["lie 3 equivocat", "did you mean equivocate?"],
    ["lie 3", "`quorate fault lies` shows the ways to lie"],
    ["kill 9", "did you mean 3?"],
    ["skew 1", "quorate fault verbs"],
    ["verdct", "did you mean `quorate fault verdict`?"],
    ["lst", "did you mean `quorate fault list`?"],
    ["list x", "list takes no more words"],
    ["kill 77", "they are 0 to 3"],
  ])("with exit code 2, before anything is sent: %s", async (text, hint) => {
    const { exitCode, stdout, stderr } = await here(...text.split(" "));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(hint);
    expect(devnet.obeyed).toEqual([]);
  });

  test("a typing error where no devnet runs as such", async () => {
    expect((await fault("kil", "2", "--dir", "/nowhere")).exitCode).toBe(2);
  });

  test("an unknown option", async () => {
    const { exitCode, stderr } = await here("kill", "2", "--drr", "x");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("unknown option '--drr'");
  });

  test("with exit code 1 and what to do where no devnet runs", async () => {
    const { exitCode, stderr } = await fault("kill", "2", "--dir", "/nowhere", "--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      type: "error",
      code: "NO_DEVNET",
      message: "no devnet runs in /nowhere",
      remedy: expect.stringContaining("quorate devnet"),
    });
  });

  test("with exit code 1 what cannot be done, and says why", async () => {
    const { exitCode, stderr } = await here("rewind-disk", "2");
    expect(exitCode).toBe(1);
    expect(stderr).toBe("error: no copy was made of the disk of v2\n  copy-disk 2\n");
  });
});
