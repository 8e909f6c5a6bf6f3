import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createProgram, registerNodeCommands, runProgram } from "../../../node/cli/index.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "quorate-cli-"));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

async function quorate(args: string[], env: Record<string, string> = {}) {
  const said = { stdout: "", stderr: "" };
  const program = createProgram("1.2.3", {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env,
  });
  registerNodeCommands(program);
  const exitCode = await runProgram(program, [...args, "--json"]);
  return { exitCode, ...said };
}

describe("quorate keys", () => {
  test("makes an encrypted key that opens with its passphrase and no other", async () => {
    const file = join(home, "alice.key");
    const made = await quorate(["keys", "new", file], { QUORATE_PASSPHRASE: "correct" });
    const opened = await quorate(["keys", "export", file], { QUORATE_PASSPHRASE: "correct" });
    const refused = await quorate(["keys", "export", file], { QUORATE_PASSPHRASE: "wrong" });
    expect(made.exitCode).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(opened.stdout).secretKey).toMatch(/^0x[0-9a-f]{64}$/);
    expect(made.stdout + readFileSync(file, "utf8")).not.toContain(
      JSON.parse(opened.stdout).secretKey,
    );
    expect(refused.exitCode).toBe(3);
    expect(JSON.parse(refused.stderr).code).toBe("WRONG_PASSPHRASE");
  });

  test("shows address and public key without a passphrase", async () => {
    const file = join(home, "alice.key");
    const made = await quorate(["keys", "new", file], { QUORATE_PASSPHRASE: "correct" });
    const shown = await quorate(["keys", "show", file]);
    expect(JSON.parse(shown.stdout)).toEqual(JSON.parse(made.stdout));
  });

  test("never overwrites a key file", async () => {
    const file = join(home, "alice.key");
    writeFileSync(file, "something dear");
    const { exitCode } = await quorate(["keys", "new", file, "--no-passphrase"]);
    expect(exitCode).toBe(3);
    expect(readFileSync(file, "utf8")).toBe("something dear");
  });

  test("asks nobody where there is no terminal", async () => {
    const { exitCode, stderr } = await quorate(["keys", "new", join(home, "alice.key")]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr).remedy).toContain("QUORATE_PASSPHRASE");
  });
});

describe("quorate genesis", () => {
  const keys = [1, 2].map((digit) => `0x${String(digit).repeat(64)}`).join(",");
  const receiver = "qr1yvm4k2698p4kd3lc983uazfvpejr7c68e84qgp";

  test("makes a file that it can show again", async () => {
    const out = join(home, "genesis.json");
    const words = ["--name", "mine", "--validator", keys, "--account", `${receiver}=1000`];
    const made = await quorate(["genesis", "new", ...words, "--out", out]);
    const shown = await quorate(["genesis", "show", out]);
    expect(made.exitCode).toBe(0);
    expect(JSON.parse(shown.stdout)).toEqual(JSON.parse(made.stdout));
    expect(JSON.parse(shown.stdout).genesis.accounts).toEqual([
      { address: receiver, balance: "1000" },
    ]);
  });

  test("says who leads: round robin unless asked for something else", async () => {
    const leadersWith = async (more: readonly string[]) => {
      const out = join(home, `${more.length}.json`);
      const words = ["--name", "mine", "--validator", keys, "--out", out, ...more];
      const { stdout } = await quorate(["genesis", "new", ...words]);
      return JSON.parse(stdout).genesis.consensus.leaders;
    };
    expect(await leadersWith([])).toBe("round-robin");
    expect(await leadersWith(["--leaders", "reputation"])).toBe("reputation");
  });

  test("refuses what makes no genesis, and writes nothing", async () => {
    const out = join(home, "genesis.json");
    const words = ["--name", "Not a name", "--validator", keys, "--out", out];
    expect((await quorate(["genesis", "new", ...words])).exitCode).toBe(2);
    expect(() => statSync(out)).toThrow();
  });

  test("refuses a file that is none with exit code 3", async () => {
    const file = join(home, "genesis.json");
    writeFileSync(file, "{}");
    const { exitCode, stderr } = await quorate(["genesis", "show", file]);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stderr).code).toBe("GENESIS_INVALID");
  });
});
