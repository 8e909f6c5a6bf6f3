// `quorate devnet` as a user calls it, as far as it refuses before anything is started.

import { describe, expect, test } from "vitest";
import { registerDevnetCommand } from "../../../devnet/cli/devnet-command.ts";
import { createProgram, runProgram } from "../../../node/cli/index.ts";

async function devnet(...args: readonly string[]) {
  let stderr = "";
  const errors = {
    write: (text: string) => {
      stderr += text;
    },
  };
  const program = createProgram("0.0.0", { stdout: { write: () => {} }, stderr: errors, env: {} });
  registerDevnetCommand(program);
  return { exitCode: await runProgram(program, ["devnet", ...args]), stderr };
}

describe("quorate devnet refuses", () => {
  test.each([
    ["equivocating-leadr", "did you mean equivocating-leader?"],
    ["nope", "quorate sim without a name lists them"],
  ])("with exit code 2 a ready scenario that there is not: %s", async (name, hint) => {
    const { exitCode, stderr } = await devnet("--scenario", name);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`there is no ready scenario ${name}`);
    expect(stderr).toContain(hint);
  });

  test.each(["swarm", "calm-mix", "twins", "costs"])(
    "with exit code 2 what the simulator alone can play: %s",
    async (name) => {
      const { exitCode, stderr } = await devnet("--scenario", name);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`${name} is a mix of the simulator`);
      expect(stderr).toContain(`quorate sim ${name} runs it`);
    },
  );

  test("with exit code 3 a file that cannot be read", async () => {
    expect((await devnet("--scenario", "/nowhere/mine.yaml")).exitCode).toBe(3);
  });
});
