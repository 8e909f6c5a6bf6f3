// Real processes of the built command, for tests and benchmarks: a devnet on ports of its own, and single validators.
// Whoever starts one stops it; `stopAll` ends what a failed test left behind.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePorts } from "./ports.ts";

export type DevnetLine = {
  readonly type: "devnet";
  readonly chainId: string;
  readonly dir: string;
  readonly validators: readonly {
    readonly index: number;
    readonly pid: number;
    readonly rpc: string;
    readonly publicKey: string;
    readonly dir: string;
  }[];
  readonly accounts: readonly {
    readonly name: string;
    readonly address: string;
    readonly secretKey: string;
    readonly balance: string;
  }[];
};

export type ReadyLine = { readonly type: "ready"; readonly height: number; readonly ms: number };

export type Exit = { readonly exitCode: number | null; readonly signal: string | null };

type Line = { readonly type: string };

/** The built command; `npm test` and `npm run bench` build it first. */
const COMMAND = join(packageRoot(), "dist", "devnet", "main.js");

const LINE_LIMIT_MS = 60_000;
const MAX_STDERR_CHARACTERS = 16_384;

const running = new Set<Command>();

/** One run of `quorate` with `--json`: its lines in order, its end. */
export class Command {
  readonly ended: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #lines: Line[] = [];
  #stderr = "";
  #hasEnded = false;
  #wake = () => {};

  constructor(args: readonly string[]) {
    const child = spawn(process.execPath, [COMMAND, ...args, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
      // Nothing of the surroundings may change what is tested.
      env: { PATH: process.env.PATH, NODE_OPTIONS: process.env.QUORATE_TEST_NODE_OPTIONS },
    });
    this.#child = child;
    running.add(this);
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#lines.push(JSON.parse(line));
      this.#wake();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARACTERS);
    });
    this.ended = new Promise((resolve) => {
      child.once("close", (exitCode, signal) => {
        running.delete(this);
        this.#hasEnded = true;
        resolve({ exitCode, signal });
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first line of a type, as soon as it is there; fails when the command ends or a minute passes without it. */
  async line<T extends Line>(type: T["type"]): Promise<T> {
    const deadline = performance.now() + LINE_LIMIT_MS;
    for (;;) {
      const found = this.#lines.find((line) => line.type === type);
      if (found !== undefined) return found as T;
      const leftMs = deadline - performance.now();
      if (this.#hasEnded || leftMs <= 0) {
        throw new Error(`the command gave no "${type}" line; it said: ${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    this.signal(signal);
    return await this.ended;
  }
}

export type Devnet = {
  readonly command: Command;
  readonly line: DevnetLine;
  readonly ready: ReadyLine;
};

/** Ready: every validator has a final block. */
export async function startDevnet(args: readonly string[], validators = 4): Promise<Devnet> {
  const { rpcPort, p2pPort } = await freePorts(validators);
  const ports = ["--rpc-port", String(rpcPort), "--p2p-port", String(p2pPort)];
  const patience = ["--ready-timeout", String(LINE_LIMIT_MS / 1_000)];
  const command = new Command([
    "devnet",
    ...ports,
    ...patience,
    "--validators",
    String(validators),
    ...args,
  ]);
  const line = await command.line<DevnetLine>("devnet");
  const ready = await command.line<ReadyLine>("ready");
  return { command, line, ready };
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((command) => command.stop("SIGKILL")));
}

/** Where package.json lies: two floors up from the source, three from what was built of it. */
function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json"))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error("this file is outside of its package");
    directory = parent;
  }
  return directory;
}
