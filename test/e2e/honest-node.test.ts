// `quorate node` cannot be made to lie, as far as a running process shows: no flag, variable, file or message makes it load
// or obey what a devnet lies with. test/devnet/ailing/out-of-reach.test.ts looks at the sources, and says what is not covered.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicKeyOf } from "../../crypto/index.ts";
import { writeKeyFile } from "../../crypto/native/index.ts";
import { WAYS } from "../../devnet/behaviours/index.ts";
import {
  BUILT_IN_APPLICATION,
  DEFAULT_CONSENSUS_PARAMS,
  DEFAULT_LEDGER_PARAMS,
} from "../../node/chain/index.ts";
import { developmentKey } from "../../node/cli/index.ts";
import { genesisJson } from "../../node/genesis/index.ts";
import { eventually } from "./eventually.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const COMMAND = join(ROOT, "dist/devnet/main.js");
const WORDS = [...WAYS.keys()].join();
const FORBIDDEN = /\/dist\/devnet\/(?!main\.js|cli\/|random\/)/;
const TOPICS = ["LIE", "LIES", "LIAR", "WAYS", "BEHAVIOURS", "AILMENTS", "SURROUNDINGS", "FAULTS"];

const home = mkdtempSync(join(tmpdir(), "quorate-honest-"));
const children: ChildProcess[] = [];

beforeAll(() => writeDirectory({}));

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

/** One validator is its own quorum. */
async function writeDirectory(config: object): Promise<string> {
  const dir = join(home, "validator");
  mkdirSync(dir, { recursive: true });
  const keyOf = (name: string) => developmentKey({ seed: "honest", name });
  const genesis = genesisJson({
    version: 1,
    name: "honest",
    genesisTimeMs: Date.now() - 1_000,
    validators: [
      {
        publicKey: publicKeyOf(keyOf("validator")),
        networkKey: publicKeyOf(keyOf("network")),
        power: 1,
      },
    ],
    accounts: [],
    consensus: { ...DEFAULT_CONSENSUS_PARAMS, emptyBlockIntervalMs: 100 },
    ledger: DEFAULT_LEDGER_PARAMS,
    application: BUILT_IN_APPLICATION,
  });
  for (const name of ["validator", "network"]) {
    rmSync(join(dir, `${name}.key`), { force: true });
    await writeKeyFile(join(dir, `${name}.key`), { secretKey: keyOf(name) });
  }
  writeFileSync(join(dir, "genesis.json"), genesis);
  const listening = { p2p: { listen: ["/ip4/127.0.0.1/tcp/0"] }, rpc: { port: 0 } };
  const given = { validatorKey: "validator.key", verifyWorkers: 1, ...listening, ...config };
  writeFileSync(join(dir, "config.json"), JSON.stringify(given));
  return dir;
}

type Started = {
  readonly child: ChildProcess;
  readonly lines: { readonly type?: string; readonly rpc?: string }[];
  readonly messages: unknown[];
  readonly ended: Promise<number | null>;
  readonly stderr: () => string;
};

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [COMMAND, "node", ...args, "--json"], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    cwd: home,
    env: { PATH: process.env.PATH, ...env },
  });
  children.push(child);
  const lines: Started["lines"] = [];
  const messages: unknown[] = [];
  let stderr = "";
  if (child.stdout === null || child.stderr === null) throw new Error("both are pipes");
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.on("message", (message) => messages.push(message));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, lines, messages, ended, stderr: () => stderr };
}

/** What a devnet would tell a process of its own: to be silent, in all other ways too, on a full disk, an hour late. */
function instruction(revision: number) {
  const ailments = {
    links: [],
    clock: { offsetMs: -3_600_000, isFrozen: true },
    disk: "full",
    ways: [...WAYS.keys()],
    liars: [0],
    seed: 1,
  };
  const recipe = { seed: "honest", accounts: 1 };
  return { type: "ailments", ailments, revision, self: 0, recipe };
}

async function height(rpc: string): Promise<number> {
  const status = await fetch(`${rpc}/v1/status`);
  return Number(((await status.json()) as { finalized: { height: string } }).finalized.height);
}

/** Every module that the process and its workers had loaded when they ended. */
function loadedModules(coverage: string): readonly string[] {
  const urls = readdirSync(coverage).flatMap((name) => {
    const report = JSON.parse(readFileSync(join(coverage, name), "utf8"));
    return (report.result as readonly { readonly url: string }[]).map(({ url }) => url);
  });
  return [...new Set(urls)];
}

test("a node that is told to lie in every way goes on as if nothing had been said, and loads nothing to lie with", async () => {
  const dir = await writeDirectory({});
  const coverage = join(home, "coverage");
  const provocations = TOPICS.flatMap((topic) => [
    [`QUORATE_${topic}`, WORDS],
    [`QUORATE_DEVNET_${topic}`, WORDS],
    [topic, WORDS],
  ]);
  const env = Object.fromEntries([...provocations, ["NODE_V8_COVERAGE", coverage]]);
  const { child, lines, messages, ended, stderr } = start(["--dir", dir], env);
  const listening = await eventually({
    what: "the node to listen",
    probe: async () => lines.find(({ type }) => type === "listening"),
  });
  const rpc = `${listening.rpc}`;
  for (let revision = 1; revision <= 3; revision++) child.send(instruction(revision));
  child.send({ type: "lie", ways: [...WAYS.keys()] });
  const before = await height(rpc);
  await eventually({
    what: "ten more blocks",
    probe: async () => ((await height(rpc)) >= before + 10 ? true : undefined),
  });
  child.kill("SIGTERM");
  expect(await ended, stderr()).toBe(143);
  expect(messages).toEqual([]);
  const loaded = loadedModules(coverage);
  expect(loaded.some((url) => url.endsWith("/dist/node/runtime/live-node.js"))).toBe(true);
  expect(loaded.some((url) => url.endsWith("/dist/node/verification/worker.js"))).toBe(true);
  expect(loaded.filter((url) => FORBIDDEN.test(url))).toEqual([]);
});

describe("a node does not start", () => {
  test.each(["--lie", "--ways", "--behaviours", "--surroundings", "--ailments"])(
    "with the flag %s",
    async (flag) => {
      const { ended, stderr } = start(["--dir", join(home, "validator"), flag, WORDS]);
      expect(await ended).toBe(2);
      expect(stderr()).toContain(flag);
    },
  );

  test.each(["lie", "ways", "behaviours", "surroundings", "ailments", "network", "wallMs", "disk"])(
    "with the key %s in config.json",
    async (key) => {
      const dir = await writeDirectory({ [key]: WORDS });
      const { ended, stderr } = start(["--dir", dir]);
      expect(await ended).toBe(3);
      expect(stderr()).toContain(key);
    },
  );

  test.each(["ailing/ailing-node.js", "behaviours/index.js", "sim/planted/hunter.js"])(
    "with %s for an application, which gets no say",
    async (module) => {
      const dir = await writeDirectory({ application: join(ROOT, "dist/devnet", module) });
      const { child, messages, ended } = start(["--dir", dir]);
      child.send(instruction(1));
      expect(await ended).toBe(3);
      expect(messages).toEqual([]);
    },
  );
});
