import { describe, expect, test } from "vitest";
import { registerDevnetCommand, registerSimCommands } from "../../../devnet/cli/index.ts";
import { createProgram, registerNodeCommands, runProgram } from "../../../node/cli/index.ts";
import { freePorts } from "../../e2e/ports.ts";

const SCREEN = { lines: 24, columns: 80 };

const COMMANDS = [
  "",
  "devnet",
  "fault",
  "sim",
  "node",
  "status",
  "diagnose",
  "tx",
  "tx transfer",
  "tx call",
  "tx send",
  "tx show",
  "verify",
  "account",
  "account show",
  "keys",
  "keys new",
  "keys show",
  "keys import",
  "keys export",
  "genesis",
  "genesis new",
  "genesis show",
];

async function quorate(...args: string[]) {
  const said = { stdout: "", stderr: "" };
  const program = createProgram("1.2.3", {
    stdout: { write: (text) => (said.stdout += text), columns: SCREEN.columns },
    stderr: { write: (text) => (said.stderr += text), columns: SCREEN.columns },
    env: {},
  });
  registerDevnetCommand(program);
  registerSimCommands(program);
  registerNodeCommands(program);
  const exitCode = await runProgram(program, args);
  return { exitCode, ...said };
}

describe("quorate --help", () => {
  test.each(COMMANDS)("fits a screen and shows an example: quorate %s", async (command) => {
    const words = command.split(" ").filter((word) => word !== "");
    const { exitCode, stdout } = await quorate(...words, "--help");
    const lines = stdout.trimEnd().split("\n");
    expect(exitCode).toBe(0);
    // Of all commands this one plays the most kinds of things.
    expect(lines.length).toBeLessThanOrEqual(command === "sim" ? 40 : SCREEN.lines);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(SCREEN.columns);
    expect(stdout).toContain("$ quorate ");
  });
});

test("quorate node promises validators only, for nothing else runs", async () => {
  const { stdout } = await quorate("node", "--help");
  expect(stdout).toContain("run one validator from its directory");
  expect(stdout).not.toContain("follower");
});

describe("a command line that makes no sense", () => {
  test("ends with exit code 2 and the nearest option", async () => {
    const { exitCode, stderr, stdout } = await quorate("devnet", "--vaildators", "3");
    expect(exitCode).toBe(2);
    expect(stderr).toBe("error: unknown option '--vaildators'\n  Did you mean --validators?\n");
    expect(stdout).toBe("");
  });

  test("ends with exit code 2 and the nearest command", async () => {
    const { exitCode, stderr } = await quorate("devent");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Did you mean devnet?");
  });

  test.each(
    [
      ["devnet", "--validators", "0"],
      ["devnet", "--validators", "four"],
      ["devnet", "--duration", "-1"],
      ["devnet", "--ephemeral", "--reset"],
      ["devnet", "--ephemeral", "--dir", "x"],
      ["devnet", "--rpc-port", "65536"],
      ["devnet", "--rpc-port", "4000", "--p2p-port", "4002"],
      ["tx", "transfer", "--to", "dev1", "--amount", "1.5", "--from", "dev0"],
      ["tx", "transfer", "--to", "dev1", "--amount", "18446744073709551616", "--from", "dev0"],
      ["tx", "transfer", "--to", "dev1", "--amount", "1"],
      ["tx", "transfer", "--to", "qr1oops", "--amount", "1", "--from", "dev0"],
      ["tx", "transfer", "--to", "dev1", "--amount", "1", "--from", "0x12"],
      [
        "tx",
        "transfer",
        "--to",
        "dev1",
        "--amount",
        "1",
        "--from",
        "dev0",
        "--memo",
        "m".repeat(65),
      ],
      ["tx", "send", "no/such/file"],
      ["tx", "show", "0x12"],
      ["tx"],
      ["genesis", "new", "--name", "x", "--validator", "0x12"],
      ["account", "show", "nobody"],
      ["status", "--rpc", "foo"],
      ["status", "--rpc", "127.0.0.1:4000"],
      ["status", "--rpc", "file:///etc/hosts"],
    ].map((words) => ({ command: words.join(" "), words })),
  )("ends with exit code 2: $command", async ({ words }) => {
    const { exitCode, stdout } = await quorate(...words);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
  });

  test("never repeats what may be most of a secret", async () => {
    const almost = `0x${"5ec7".repeat(15)}`;
    const words = ["tx", "transfer", "--to", "dev1", "--amount", "1", "--from", almost];
    const { stderr } = await quorate(...words);
    expect(stderr).not.toContain("5ec7");
  });

  test("is refused as JSON with --json", async () => {
    const { exitCode, stderr } = await quorate("status", "--json", "--oops");
    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ type: "error", code: "USAGE", exitCode: 2 });
  });
});

test("an address that is no URL is a wrong use, and what would be right is shown", async () => {
  const { exitCode, stderr } = await quorate("account", "show", "dev0", "--rpc", "foo");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("Give the URL of a node, such as http://127.0.0.1:4000.");
});

test("a node that cannot be reached is said in one sentence with a remedy", async () => {
  const { rpcPort } = await freePorts(1);
  const rpc = `http://127.0.0.1:${rpcPort}`;
  const { exitCode, stderr } = await quorate("status", "--rpc", rpc);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`error: no node answers at ${rpc}\n  is it running?`);
});

test("a node whose directory holds nothing ends with exit code 3", async () => {
  const { exitCode, stderr } = await quorate("node", "--dir", "/no/such/directory");
  expect(exitCode).toBe(3);
  expect(stderr).toContain("/no/such/directory/config.json: there is no such file");
});

test("a development account shows the same address for the same seed everywhere", async () => {
  const { stdout } = await quorate("keys", "show", "dev0", "--address");
  expect(stdout).toBe("qr1yvm4k2698p4kd3lc983uazfvpejr7c68e84qgp\n");
});

test("--version prints the version", async () => {
  expect(await quorate("--version")).toMatchObject({ exitCode: 0, stdout: "1.2.3\n" });
});
