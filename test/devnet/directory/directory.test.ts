import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../../crypto/index.ts";
import { readKeyFile } from "../../../crypto/native/index.ts";
import {
  type DirectoryRequest,
  openDirectory,
  recipeFor,
} from "../../../devnet/directory/directory.ts";
import { quorumOf } from "../../../devnet/directory/plan.ts";
import { chainIdOf } from "../../../node/chain/index.ts";
import { loadConfig } from "../../../node/config/index.ts";
import { readGenesis } from "../../../node/genesis/index.ts";
import { lockDirectory } from "../../../node/storage/index.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "quorate-devnet-test-"));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function request(changes: Partial<DirectoryRequest> = {}): DirectoryRequest {
  const dir = join(home, "devnet");
  const ports = { rpcPort: 4_000, p2pPort: 5_000 };
  return { dir, ephemeral: false, reset: false, recipe: {}, ...ports, ...changes };
}

describe("a devnet's directory", () => {
  test("has for each validator what quorate node needs: genesis, configuration, private keys", async () => {
    const { plan, genesis } = await openDirectory(request());
    expect(plan.validators).toHaveLength(4);
    for (const { dir, index, key, networkKey } of plan.validators) {
      const config = await loadConfig({ dir });
      const own = await readGenesis(config.genesis);
      expect(toHex(chainIdOf(own))).toBe(toHex(chainIdOf(genesis)));
      expect(config.rpc.port).toBe(4_000 + index);
      expect(config.p2p.peers.map((peer) => peer.index)).toEqual(
        [0, 1, 2, 3].filter((other) => other !== index),
      );
      expect(await readKeyFile(config.validatorKey ?? "")).toEqual(key);
      expect(await readKeyFile(config.networkKey)).toEqual(networkKey);
      expect(statSync(config.networkKey).mode & 0o777).toBe(0o600);
    }
  });

  test("gives the same keys for the same seed, and others for another", async () => {
    const keysOf = async (seed: string) => {
      const asked = request({ dir: join(home, seed), recipe: { seed } });
      const { plan } = await openDirectory(asked);
      return [...plan.validators.map(({ key }) => key), ...plan.accounts].map(({ publicKey }) =>
        toHex(publicKey),
      );
    };
    const first = await keysOf("a");
    rmSync(join(home, "a"), { recursive: true });
    const again = await keysOf("a");
    const other = await keysOf("b");
    expect(again).toEqual(first);
    expect(new Set([...first, ...other]).size).toBe(first.length + other.length);
  });

  test("is continued by the next run, whatever its ports, and keeps what a person wrote", async () => {
    const first = await openDirectory(request());
    const file = join(home, "devnet", "validator2", "config.json");
    const config = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...config, log: { level: "debug" } }));
    const second = await openDirectory(request({ rpcPort: 7_000, p2pPort: 8_000 }));
    expect(second.isNew).toBe(false);
    expect(second.genesis).toEqual(first.genesis);
    const loaded = await loadConfig({ dir: join(home, "devnet", "validator2") });
    expect(loaded.log.level).toBe("debug");
    expect(loaded.rpc.port).toBe(7_002);
    expect(loaded.p2p.peers[0]?.addresses).toEqual(["/ip4/127.0.0.1/tcp/8000"]);
  });

  test.each([
    { validators: 7 },
    { seed: "another" },
    { accounts: 3 },
    { leaders: "reputation" as const },
  ])("refuses to be another chain: %o", async (recipe) => {
    await openDirectory(request());
    await expect(openDirectory(request({ recipe }))).rejects.toMatchObject({ exitCode: 6 });
  });

  test("has the leaders that were asked for in its genesis, and keeps them", async () => {
    const first = await openDirectory(request({ recipe: { leaders: "reputation" } }));
    expect(first.genesis.consensus.leaders).toBe("reputation");
    const again = await openDirectory(request());
    expect(again.plan.recipe.leaders).toBe("reputation");
  });

  test("becomes a new chain with reset, and nothing of the old one is left", async () => {
    const first = await openDirectory(request());
    const second = await openDirectory(request({ reset: true, recipe: { validators: 7 } }));
    await second.tidy();
    expect(second.isNew).toBe(true);
    expect(toHex(chainIdOf(second.genesis))).not.toBe(toHex(chainIdOf(first.genesis)));
    expect(readdirSync(home)).toEqual(["devnet"]);
  });

  test("is not reset under a validator that runs", async () => {
    const { plan } = await openDirectory(request());
    const lock = await lockDirectory(join(plan.validators[3]?.dir ?? "", "data"));
    const reset = openDirectory(request({ reset: true }));
    await expect(reset).rejects.toMatchObject({ code: "DIRECTORY_LOCKED" });
    await lock.release();
  });

  test("of something else is left alone, with reset too", async () => {
    const asked = request({ dir: home, reset: true });
    writeFileSync(join(home, "dear.txt"), "dear");
    await expect(openDirectory(asked)).rejects.toMatchObject({ exitCode: 3 });
    expect(readFileSync(join(home, "dear.txt"), "utf8")).toBe("dear");
  });

  test("with a damaged devnet.json is refused with exit code 5", async () => {
    await openDirectory(request());
    writeFileSync(join(home, "devnet", "devnet.json"), "{");
    await expect(openDirectory(request())).rejects.toMatchObject({ exitCode: 5 });
  });

  test("is gone after an ephemeral run", async () => {
    const { plan, discard } = await openDirectory(request({ dir: undefined, ephemeral: true }));
    expect(existsSync(plan.dir)).toBe(true);
    discard();
    expect(existsSync(plan.dir)).toBe(false);
  });

  test.each([
    ["a new one", request, []],
    ["one that begins again", () => request({ reset: true }), ["devnet"]],
  ])("leaves nothing behind when %s cannot be made", async (_, asked, left) => {
    if (left.length > 0) await openDirectory(request());
    const recipe = { application: join(home, "nope.js") };
    await expect(openDirectory({ ...asked(), recipe })).rejects.toThrow("nope.js");
    expect(readdirSync(home)).toEqual(left);
  });

  test("says how many validators it has before anything is touched", async () => {
    await openDirectory(request({ recipe: { validators: 7 } }));
    expect((await recipeFor(request())).validators).toBe(7);
    expect((await recipeFor(request({ reset: true }))).validators).toBe(4);
  });
});

test("a quorum is what is left when a third, rounded down, has failed", () => {
  expect([1, 2, 3, 4, 6, 7, 10].map(quorumOf)).toEqual([1, 2, 3, 3, 5, 5, 7]);
});
