// A node's configuration: precedence, defaults, and every way of getting it wrong.

import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  ConfigError,
  type ConfigFile,
  type ConfigSources,
  loadConfig,
} from "../../../node/config/index.ts";

async function dirWith(content: ConfigFile | string | Uint8Array | undefined): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "quorate-config-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const isRaw = typeof content === "string" || content instanceof Uint8Array;
  const raw = isRaw ? content : JSON.stringify(content);
  if (content !== undefined) await writeFile(join(dir, "config.json"), raw ?? "");
  return dir;
}

async function load(content: ConfigFile, sources: Omit<ConfigSources, "dir"> = {}) {
  return loadConfig({ dir: await dirWith(content), ...sources });
}

async function failure(
  content: unknown,
  sources: Omit<ConfigSources, "dir"> = {},
): Promise<ConfigError> {
  const dir = await dirWith(content as ConfigFile);
  const error = await loadConfig({ dir, ...sources }).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error("expected a ConfigError");
  expect(error.code).toBe("BAD_CONFIG");
  expect(error.message.startsWith(error.source)).toBe(true);
  expect(error.remedy).toMatch(/^[A-Z].*[.?]$/);
  return error;
}

describe("config.json", () => {
  test("may be empty: every key has its default, and without a key the node follows", async () => {
    const dir = await dirWith({});
    const config = await loadConfig({ dir });
    expect(config).toEqual({
      dir,
      genesis: join(dir, "genesis.json"),
      dataDir: join(dir, "data"),
      networkKey: join(dir, "network.key"),
      rpc: {
        host: "127.0.0.1",
        port: 4_000,
        maxConnections: 1_024,
        requestsPerSecond: 2_000,
        loopbackRequestsPerSecond: 100_000,
      },
      p2p: { listen: ["/ip4/127.0.0.1/tcp/5000"], peers: [] },
      log: { level: "info" },
      pool: { maxCount: 50_000, maxBytes: 67_108_864 },
      verifyWorkers: expect.any(Number),
    });
    expect(config).not.toHaveProperty("validatorKey");
    expect(config.verifyWorkers).toBeGreaterThanOrEqual(1);
    expect(config.verifyWorkers).toBeLessThanOrEqual(4);
  });

  test("gives every value that it names", async () => {
    const file = {
      genesis: "../genesis.json",
      dataDir: "/var/lib/quorate",
      validatorKey: "validator.key",
      networkKey: "keys/network.key",
      rpc: {
        host: "::",
        port: 0,
        maxConnections: 5,
        requestsPerSecond: 6,
        loopbackRequestsPerSecond: 7,
      },
      p2p: {
        listen: ["/ip4/0.0.0.0/tcp/0", "/ip6/::1/tcp/65535"],
        peers: [
          { index: 3, addresses: ["/dns4/v3.example/tcp/5000", "/ip6/2001:db8::1/tcp/5000"] },
        ],
      },
      log: { level: "debug" },
      pool: { maxCount: 10, maxBytes: 100_000 },
      verifyWorkers: 0,
    } as const satisfies ConfigFile;
    const dir = await dirWith(file as unknown as ConfigFile);
    expect(await loadConfig({ dir })).toEqual({
      ...file,
      dir,
      genesis: join(dir, "..", "genesis.json"),
      dataDir: "/var/lib/quorate",
      validatorKey: join(dir, "validator.key"),
      networkKey: join(dir, "keys", "network.key"),
    });
  });

  test("is frozen all the way down", async () => {
    const config = await load({ p2p: { peers: [{ index: 1, addresses: ["/dns/a/tcp/1"] }] } });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.rpc)).toBe(true);
    expect(Object.isFrozen(config.p2p.peers[0]?.addresses)).toBe(true);
  });

  test("does not lend its defaults to be changed", async () => {
    const first = await load({});
    expect(() => (first.p2p.listen as string[]).push("/ip4/127.0.0.1/tcp/1")).toThrow();
    expect((await load({})).p2p.listen).toEqual(["/ip4/127.0.0.1/tcp/5000"]);
  });
});

describe("precedence", () => {
  const file: ConfigFile = { rpc: { port: 1_111, host: "10.0.0.1" }, log: { level: "warn" } };
  const env = { QUORATE_RPC_PORT: "2222", QUORATE_LOG_LEVEL: "error" };

  test("a variable goes before the file", async () => {
    const config = await load(file, { env });
    expect(config.rpc).toMatchObject({ port: 2_222, host: "10.0.0.1" });
    expect(config.log.level).toBe("error");
  });

  test("a flag goes before the variable", async () => {
    const config = await load(file, { env, flags: { rpcPort: "3333" } });
    expect(config.rpc.port).toBe(3_333);
    expect(config.log.level).toBe("error");
  });

  test("the file goes before the default", async () => {
    const config = await load(file);
    expect(config.rpc.port).toBe(1_111);
    expect(config.log.level).toBe("warn");
  });

  test("a flag that was not given changes nothing", async () => {
    const config = await load(file, { flags: { rpcPort: undefined } });
    expect(config.rpc.port).toBe(1_111);
  });

  test("a flag mends what a variable has wrong", async () => {
    const spoilt = { QUORATE_RPC_PORT: "many" };
    const config = await load(file, { env: spoilt, flags: { rpcPort: 3_333 } });
    expect(config.rpc.port).toBe(3_333);
  });

  test.each([
    ["QUORATE_GENESIS", "/g.json", "genesis", "/g.json"],
    ["QUORATE_DATA_DIR", "/d", "dataDir", "/d"],
    ["QUORATE_VALIDATOR_KEY", "/v.key", "validatorKey", "/v.key"],
    ["QUORATE_NETWORK_KEY", "/n.key", "networkKey", "/n.key"],
    ["QUORATE_RPC_HOST", "0.0.0.0", "rpc.host", "0.0.0.0"],
    ["QUORATE_RPC_PORT", "0", "rpc.port", 0],
    [
      "QUORATE_P2P_LISTEN",
      "/ip4/10.0.0.1/tcp/1,/ip4/10.0.0.2/tcp/2",
      "p2p.listen",
      ["/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.2/tcp/2"],
    ],
    ["QUORATE_LOG_LEVEL", "silent", "log.level", "silent"],
    ["QUORATE_POOL_MAX_COUNT", "7", "pool.maxCount", 7],
    ["QUORATE_POOL_MAX_BYTES", "65536", "pool.maxBytes", 65_536],
    ["QUORATE_VERIFY_WORKERS", "3", "verifyWorkers", 3],
  ])("%s=%s sets %s", async (variable, text, path, value) => {
    expect(await load({}, { env: { [variable]: text } })).toHaveProperty(path, value);
  });
});

describe("a configuration is refused", () => {
  test("when there is no file", async () => {
    const error = await failure(undefined);
    expect(error.message).toMatch(/config\.json: there is no such file$/);
  });

  test("when the file cannot be read", async () => {
    const dir = join(await dirWith("{}"), "config.json");
    const error = await loadConfig({ dir }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BAD_CONFIG", cause: { code: "ENOTDIR" } });
  });

  test("when the file is too large", async () => {
    const dir = await dirWith("{}");
    await truncate(join(dir, "config.json"), 1024 * 1024 + 1);
    const error = await loadConfig({ dir }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BAD_CONFIG" });
    expect(String(error)).toContain("1048577 bytes");
  });

  test("when the file is no text", async () => {
    expect((await failure(Uint8Array.of(0xff))).message).toMatch(/the file is no text$/);
  });

  test("when the file is no JSON", async () => {
    expect((await failure("{rpc}")).message).toContain("not JSON");
  });

  test("when the file is no object", async () => {
    const error = await failure("[]");
    expect(error).toMatchObject({ path: "", remedy: "Write an object." });
  });

  test.each([
    [{ prc: {} }, "prc", "Did you mean rpc?"],
    [{ rpc: { prot: 1 } }, "rpc.prot", "Did you mean port?"],
    [{ rpc: { PORT: 1 } }, "rpc.PORT", "Did you mean port?"],
    [{ log: { levle: "info" } }, "log.levle", "Did you mean level?"],
    [{ verifyworker: 1 }, "verifyworker", "Did you mean verifyWorkers?"],
    [{ p2p: { peers: [{ idx: 1, addresses: [] }] } }, "p2p.peers[0].idx", "Did you mean index?"],
    [{ telemetry: true }, "telemetry", "Remove it."],
  ])("with the unknown key in %j", async (content, path, remedy) => {
    expect(await failure(content)).toMatchObject({ path, remedy });
  });

  test("without what a peer must have", async () => {
    const error = await failure({ p2p: { peers: [{ index: 1 }] } });
    expect(error.path).toBe("p2p.peers[0].addresses");
    expect(error.message).toMatch(/is missing$/);
  });

  const p2p = (address: string) => ({ p2p: { listen: [address] } });
  const peer = (address: string) => ({ p2p: { peers: [{ index: 0, addresses: [address] }] } });

  test.each([
    [{ rpc: { port: 65_536 } }, "rpc.port", "Write an integer in 0..65535."],
    [{ rpc: { port: -1 } }, "rpc.port", "Write an integer in 0..65535."],
    [{ rpc: { port: "4000" } }, "rpc.port", "Write an integer in 0..65535."],
    [{ rpc: { host: "a b" } }, "rpc.host", "Write a host name or an IP address."],
    [{ rpc: { maxConnections: 0 } }, "rpc.maxConnections", "Write an integer in 1..65535."],
    [
      { rpc: { requestsPerSecond: 0 } },
      "rpc.requestsPerSecond",
      "Write an integer in 1..10000000.",
    ],
    [{ log: { level: "loud" } }, "log.level", undefined],
    [{ pool: { maxCount: 0 } }, "pool.maxCount", "Write an integer in 1..1000000."],
    [{ pool: { maxBytes: 1 } }, "pool.maxBytes", "Write an integer in 65536..2147483648."],
    [{ verifyWorkers: 65 }, "verifyWorkers", "Write an integer in 0..64."],
    [{ networkKey: "" }, "networkKey", undefined],
    [{ p2p: { listen: [] } }, "p2p.listen", "Write a list of 1..16 elements."],
    [
      { p2p: { peers: [{ index: 256, addresses: ["/dns/a/tcp/1"] }] } },
      "p2p.peers[0].index",
      undefined,
    ],
    [p2p("127.0.0.1:5000"), "p2p.listen[0]", undefined],
    [p2p("/ip4/127.0.0.256/tcp/5000"), "p2p.listen[0]", undefined],
    [p2p("/ip4/127.0.0.1/tcp/65536"), "p2p.listen[0]", undefined],
    [p2p("/ip4/127.0.0.1/tcp/05"), "p2p.listen[0]", undefined],
    [p2p("/ip4/127.0.0.1/udp/5000"), "p2p.listen[0]", undefined],
    [p2p("/ip6/127.0.0.1/tcp/5000"), "p2p.listen[0]", undefined],
    [p2p("/ip4/127.0.0.1/tcp/5000/ws"), "p2p.listen[0]", undefined],
    [p2p("/dns4/v1.example/tcp/5000"), "p2p.listen[0]", undefined],
    [p2p("ip4/127.0.0.1/tcp/5000"), "p2p.listen[0]", undefined],
    [peer("/dns4/-x/tcp/5000"), "p2p.peers[0].addresses[0]", undefined],
    [peer("/ip4/127.0.0.1"), "p2p.peers[0].addresses[0]", undefined],
  ])("with the value in %j", async (content, path, remedy) => {
    const error = await failure(content);
    expect(error.path).toBe(path);
    if (remedy !== undefined) expect(error.remedy).toBe(remedy);
  });

  test("with a peer that stands there twice", async () => {
    const entry = { index: 2, addresses: ["/dns/a/tcp/1"] };
    const error = await failure({ p2p: { peers: [entry, entry] } });
    expect(error.path).toBe("p2p.peers[1].index");
    expect(error.message).toContain("names validator 2 a second time");
  });

  test("with a variable that makes no sense, and names the variable", async () => {
    const error = await failure({}, { env: { QUORATE_RPC_PORT: "http" } });
    expect(error).toMatchObject({ source: "QUORATE_RPC_PORT", path: "rpc.port" });
  });

  test("with a flag that makes no sense, and names the flag", async () => {
    const error = await failure({}, { flags: { rpcPort: "70000" } });
    expect(error).toMatchObject({ source: "--rpc-port", path: "rpc.port" });
    expect(error.remedy).toBe("Write an integer in 0..65535.");
  });

  test("with an empty variable for a number", async () => {
    const error = await failure({}, { env: { QUORATE_RPC_PORT: "" } });
    expect(error.source).toBe("QUORATE_RPC_PORT");
  });
});
