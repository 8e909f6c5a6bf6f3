// One life of a validator as a child process: its own session, so that ctrl-c reaches it only through us; an IPC channel
// for what is to be wrong with it, whose end tells it that we are gone; its log in a file; its milestones as JSON lines.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Instruction, Report } from "../ailing/index.ts";
import type { ValidatorPlan } from "../directory/index.ts";

export type Death = {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Empty when it said nothing. */
  readonly lastLogLine: string;
};

/** What one life tells of itself. */
export type LifeListener = {
  readonly onListening: () => void;
  /** The first final block after the start. */
  readonly onFinal: (height: number) => void;
  readonly onReport: (report: Report) => void;
  readonly onDeath: (death: Death) => void;
};

const ENTRY = builtFile("../ailing/ailing-node.js");
const LOG_TAIL_BYTES = 4_096;
const MAX_LINE_CHARACTERS = 300;
/** What a person sets for one node would be wrong for all of them together. */
const PASSED_VARIABLES = ["QUORATE_LOG_LEVEL", "QUORATE_VERIFY_WORKERS"];

/** Megabytes: several validators share this machine, and a young generation of 16 (V8's own choice) is resident at once. */
const NODE_FLAGS = ["--max-semi-space-size=8"];

export class ValidatorProcess {
  readonly #logFile: string;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #isAlive = true;

  /** It starts with what is wrong with it from the beginning. */
  constructor(plan: ValidatorPlan, first: Instruction, listener: LifeListener) {
    this.#logFile = logFileOf(plan);
    const log = openSync(this.#logFile, "a", 0o600);
    try {
      this.#child = spawn(process.execPath, [...NODE_FLAGS, ENTRY, "--dir", plan.dir, "--json"], {
        stdio: ["ignore", "pipe", log, "ipc"],
        detached: true,
        env: environment(),
      });
    } finally {
      closeSync(log);
    }
    this.#gone = this.#watch(listener);
    this.#child.on("message", (report: Report) => listener.onReport(report));
    this.instruct(first);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Resolves when the process is gone. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  signal(signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    if (this.#isAlive) this.#child.kill(signal);
  }

  instruct(instruction: Instruction): void {
    // A channel that is closed belongs to a process that is about to be gone; its end says so.
    this.#child.send(instruction, () => {});
  }

  #watch(listener: LifeListener): Promise<void> {
    const { stdout } = this.#child;
    if (stdout !== null) {
      createInterface({ input: stdout }).on("line", (line) => hear(line, listener));
    }
    return new Promise((resolve) => {
      const die = (exitCode: number | null, signal: NodeJS.Signals | null, why?: string) => {
        if (!this.#isAlive) return;
        this.#isAlive = false;
        listener.onDeath({ exitCode, signal, lastLogLine: why ?? lastLineOf(this.#logFile) });
        resolve();
      };
      this.#child.once("exit", (exitCode, signal) => die(exitCode, signal));
      this.#child.once("error", (error) => die(null, null, error.message));
    });
  }
}

export function logFileOf({ dir }: ValidatorPlan): string {
  return join(dir, "node.log");
}

/** What runs is always what was built, also when a test runs this file as it is. */
function builtFile(name: string): string {
  const isBuilt = import.meta.url.endsWith(".js");
  return fileURLToPath(new URL(isBuilt ? name : `../../dist/devnet/live/${name}`, import.meta.url));
}

function hear(line: string, listener: LifeListener): void {
  let said: { readonly type?: unknown; readonly height?: unknown };
  try {
    said = JSON.parse(line);
  } catch {
    // Not ours to read: a library that prints to stdout.
    return;
  }
  if (said?.type === "listening") listener.onListening();
  if (said?.type === "final") listener.onFinal(Number(said.height));
}

function environment(): NodeJS.ProcessEnv {
  const isPassed = (name: string) =>
    !name.startsWith("QUORATE_") || PASSED_VARIABLES.includes(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isPassed(name)));
}

function lastLineOf(file: string): string {
  try {
    const { size } = statSync(file);
    const descriptor = openSync(file, "r");
    try {
      const buffer = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
      readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
      const lines = buffer.toString("utf8").trimEnd().split("\n");
      return (lines.at(-1) ?? "").trim().slice(0, MAX_LINE_CHARACTERS);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // It tells how a process died; that it cannot be told must not kill another.
    return "";
  }
}
