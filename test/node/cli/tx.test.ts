import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../crypto/index.ts";
import { BUILT_IN_APPLICATION, chainIdOf, type Genesis } from "../../../node/chain/index.ts";
import { createProgram, registerNodeCommands, runProgram } from "../../../node/cli/index.ts";
import { genesisJson } from "../../../node/genesis/index.ts";
import { decodeCall, decodeTransaction } from "../../../node/transaction/index.ts";
import { genesis } from "../genesis/fixtures.ts";

const HASH = `0x${"ab".repeat(32)}`;
const STATUS = {
  chainId: `0x${"cd".repeat(32)}`,
  version: "1",
  height: 40,
  view: 41,
  finalized: { height: 40, hash: HASH, stateRoot: HASH },
  validators: [],
  peers: [],
  pool: { count: 0, bytes: 0 },
};

let server: Server;
let home: string;
let posted: Uint8Array[];
let replyToPost: RequestListener;
let env: Record<string, string>;
/** What the node tells of itself. */
let status: typeof STATUS;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "quorate-tx-"));
  posted = [];
  status = STATUS;
  // No devnet of this checkout is to be found.
  env = { QUORATE_DEVNET_DIR: home };
  server = createServer(async (request, response) => {
    const path = request.url ?? "";
    if (request.method === "POST") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      posted.push(Buffer.concat(chunks));
      replyToPost(request, response);
    } else if (path === "/v1/status") response.end(JSON.stringify(status));
    else response.end(JSON.stringify({ address: "qr1", balance: "9", nonce: 6, height: 40 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true, force: true });
});

async function quorate(...args: string[]) {
  const said = { stdout: "", stderr: "" };
  const program = createProgram("1.2.3", {
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    env: { QUORATE_RPC: "ignored: commander reads the process's own", ...env },
  });
  registerNodeCommands(program);
  const { port } = server.address() as AddressInfo;
  const rpc = `http://127.0.0.1:${port}`;
  const exitCode = await runProgram(program, [...args, "--json", "--rpc", rpc]);
  return { exitCode, ...said };
}

const TRANSFER = ["tx", "transfer", "--from", "dev0", "--to", "dev1", "--amount", "25"];

describe("quorate tx transfer", () => {
  test("signs for the chain, nonce and height that the node tells", async () => {
    replyToPost = (_request, response) => {
      response.end(JSON.stringify({ hash: HASH, state: "final", result: "ok", height: 41 }));
    };
    const { exitCode, stdout } = await quorate(...TRANSFER, "--valid-for", "60", "--memo", "hi");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ hash: HASH, state: "final", height: 41 });
    const decoded = decodeTransaction(posted[0] ?? new Uint8Array());
    expect(decoded).toMatchObject({
      ok: true,
      value: { nonce: 6, fee: 1n, validUntilHeight: 100 },
    });
    const call = decodeCall(decoded.ok ? decoded.value.call : new Uint8Array());
    expect(call).toMatchObject({ ok: true, value: { type: "transfer", amount: 25n } });
  });

  test("does not call it a failure when the wait runs out", async () => {
    replyToPost = (_request, response) => {
      response.writeHead(202).end(JSON.stringify({ hash: HASH, state: "pending" }));
    };
    const { exitCode, stdout, stderr } = await quorate(...TRANSFER, "--timeout", "0.001");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).state).toBe("pending");
    expect(JSON.parse(stderr).text).toContain(`quorate tx show ${HASH}`);
  });

  test("does not call it a failure when the connection breaks after the transaction was sent", async () => {
    replyToPost = (request) => request.socket.destroy();
    const { exitCode, stdout, stderr } = await quorate(...TRANSFER);
    const { hash, state } = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(state).toBe("unknown");
    expect(JSON.parse(stderr).text).toContain(`quorate tx show ${hash}`);
  });

  test("shows the node's no with its code, its remedy and its numbers", async () => {
    replyToPost = (_request, response) => {
      const details = { expected: 7 };
      const body = { code: "NONCE_TOO_LOW", detail: "Used.", remedy: "Sign again.", details };
      response.writeHead(409).end(JSON.stringify(body));
    };
    const { exitCode, stderr } = await quorate(...TRANSFER);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      code: "NONCE_TOO_LOW",
      message: "Used.",
      remedy: "Sign again.\nexpected: 7",
    });
  });

  test("puts the node's numbers into its remedy, where it speaks of them", async () => {
    replyToPost = (_request, response) => {
      const remedy =
        "Sign again with the nonce in `details.expected`; wait `details.retryAfterMs`.";
      const details = { expected: 7, retryAfterMs: 500, limit: 3 };
      const body = { code: "NONCE_TOO_LOW", detail: "Used.", remedy, details };
      response.writeHead(409).end(JSON.stringify(body));
    };
    const { remedy } = JSON.parse((await quorate(...TRANSFER)).stderr);
    expect(remedy).toBe("Sign again with the nonce 7; wait 500 ms.\nlimit: 3");
  });

  describe("on a chain with an application of its own", () => {
    const refusal = {
      code: "APP_REJECTED",
      detail: "The state machine refuses the call.",
      remedy: "See `details.reason` for its word on why.",
      details: { reason: "not-json" },
    };
    const application = { ...BUILT_IN_APPLICATION, name: "task-board" };

    /** A node of the chain of this genesis, which refuses everything, and the file at hand. */
    function refusing(of: Genesis): void {
      const file = join(home, "genesis.json");
      writeFileSync(file, genesisJson(of));
      status = { ...STATUS, chainId: toHex(chainIdOf(of)) };
      replyToPost = (_request, response) => {
        response.writeHead(422).end(JSON.stringify(refusal));
      };
    }

    test("says which one it is, and what it takes instead", async () => {
      refusing({ ...genesis, application });
      const { exitCode, stderr } = await quorate(...TRANSFER);
      const { message, remedy, code } = JSON.parse(stderr);
      expect([exitCode, code]).toEqual([1, "APP_REJECTED"]);
      expect(message).toBe(
        'this chain runs the application "task-board", which refuses a transfer: not-json',
      );
      expect(remedy).toContain("`quorate tx call`");
    });

    test("names no application on the word of another chain's genesis", async () => {
      refusing({ ...genesis, application });
      status = STATUS;
      const { message, remedy } = JSON.parse((await quorate(...TRANSFER)).stderr);
      expect(message).toBe("The state machine refuses the call: not-json");
      expect(remedy).toContain("`quorate tx call`");
    });

    test("leaves the built-in ledger's own refusal as it is", async () => {
      refusing(genesis);
      const { message, remedy } = JSON.parse((await quorate(...TRANSFER)).stderr);
      expect(message).toBe("The state machine refuses the call: not-json");
      expect(remedy).toBeUndefined();
    });

    test("tells a caller the application's reason", async () => {
      refusing({ ...genesis, application });
      const { stderr } = await quorate("tx", "call", "--from", "dev0", "hello");
      expect(JSON.parse(stderr).message).toBe("The state machine refuses the call: not-json");
      expect(JSON.parse(stderr).remedy).toBeUndefined();
    });
  });

  test("writes to a file what tx send sends, and never over another file", async () => {
    replyToPost = (_request, response) => {
      response.end(JSON.stringify({ hash: HASH, state: "final", result: "ok", height: 41 }));
    };
    const file = join(home, "transfer.tx");
    const written = await quorate(...TRANSFER, "--out", file);
    const again = await quorate(...TRANSFER, "--out", file);
    const sent = await quorate("tx", "send", file);
    const bytes = fromHex(readFileSync(file, "utf8").trim());
    expect([written.exitCode, again.exitCode, sent.exitCode]).toEqual([0, 2, 0]);
    expect(posted.map((body) => Buffer.from(body))).toEqual([Buffer.from(bytes ?? [])]);
  });

  test("sends raw bytes of a file, too, and refuses a file that holds no transaction", async () => {
    replyToPost = (_request, response) => {
      response.end(JSON.stringify({ hash: HASH, state: "final", result: "ok", height: 41 }));
    };
    const file = join(home, "transfer.tx");
    const { stdout } = await quorate(...TRANSFER, "--out", file);
    const raw = join(home, "transfer.raw");
    writeFileSync(raw, fromHex(JSON.parse(stdout).tx) ?? new Uint8Array());
    writeFileSync(join(home, "junk"), "0x1234");
    expect((await quorate("tx", "send", raw)).exitCode).toBe(0);
    expect((await quorate("tx", "send", join(home, "junk"))).exitCode).toBe(2);
  });
});
