// One validator of a live devnet through all its lives: started, killed, paused, told what is wrong with it. A validator
// that a person brought back by hand is left alone.

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { lockDirectory, StorageError } from "../../node/storage/index.ts";
import type { Ailments, Instruction, Report } from "../ailing/index.ts";
import type { ValidatorPlan } from "../directory/index.ts";
import { FaultError } from "../faults/index.ts";
import { type Death, logFileOf, ValidatorProcess } from "./validator-process.ts";

export type ValidatorListener = {
  readonly onListening: () => void;
  /** The first final block of this life. */
  readonly onFinal: (height: number) => void;
  readonly onReport: (report: Report) => void;
  /** `isOrdered`: by `kill`. */
  readonly onDeath: (death: Death, isOrdered: boolean) => void;
};

/** "later": it is paused or dead, and is told when it is back. */
export type Acknowledgement = "in-force" | "later" | "silent";

/** What a validator that runs needs at most to obey, on a machine that is busy. */
const ANSWER_LIMIT_MS = 5_000;
/** From the start of the process until it serves clients, on a machine that is busy. */
const START_LIMIT_MS = 30_000;
const PAUSE_LIMIT_MS = 1_000;
const PAUSE_PROBE_MS = 2;

type Waiting = { readonly revision: number; readonly settle: (answer: Acknowledgement) => void };

export class LiveValidator {
  readonly plan: ValidatorPlan;
  readonly logFile: string;
  readonly #recipe: Instruction["recipe"];
  readonly #listener: ValidatorListener;
  #process: ValidatorProcess;
  #isListening = false;
  #isPaused = false;
  #isOrdered = false;
  #isOver = false;
  #ailments: Ailments;
  /** Of the newest ailments, of those that this life was told last, and of those that it obeys. */
  #revision = 1;
  #sent = 0;
  #inForce = 0;
  #waiting: Waiting[] = [];
  #milestone = () => {};

  constructor(
    plan: ValidatorPlan,
    { recipe, ailments }: { readonly recipe: Instruction["recipe"]; readonly ailments: Ailments },
    listener: ValidatorListener,
  ) {
    this.plan = plan;
    this.#recipe = recipe;
    this.logFile = logFileOf(plan);
    this.#listener = listener;
    this.#ailments = ailments;
    this.#process = this.#begin();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isAlive(): boolean {
    return this.#process.isAlive;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Resolves when no process of ours is left. */
  get gone(): Promise<void> {
    return this.#process.gone;
  }

  /** For the end of the devnet: it is not started again. Reaches one that is paused, too. */
  end(signal: "SIGTERM" | "SIGKILL"): void {
    this.#isOver = true;
    this.#process.signal(signal);
    this.#process.signal("SIGCONT");
  }

  /** Resolves once all of it is in force. At most one instruction is under way: the newest stands for all before it. */
  tell(ailments: Ailments): Promise<Acknowledgement> {
    this.#ailments = ailments;
    this.#revision += 1;
    this.#pass();
    return this.#acknowledged();
  }

  /** Does nothing while it runs. Resolves once it serves clients. @throws {FaultError} NOT_OURS | DIED */
  async start(): Promise<void> {
    if (this.isAlive) return;
    await this.refuseIfForeign();
    if (this.#isOver) return;
    this.#process = this.#begin();
    await this.#listening();
  }

  /** @throws {FaultError} NOT_OURS if it runs, but not as our child */
  async refuseIfForeign(): Promise<void> {
    if (this.isAlive) return;
    const directory = join(this.plan.dir, "data");
    if (!existsSync(directory)) return;
    try {
      const lock = await lockDirectory(directory);
      await lock.release();
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== "DIRECTORY_LOCKED") throw error;
      const what = `v${this.plan.index} was brought back by hand: ${error.message}`;
      const remedy = `stop that process, then: fault restart ${this.plan.index}`;
      throw new FaultError("NOT_OURS", what, remedy, error);
    }
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.isAlive) return;
    this.#isOrdered = true;
    this.#process.signal("SIGKILL");
    await this.gone;
  }

  /** Resolves when it stands still. */
  async pause(): Promise<void> {
    if (!this.isAlive || this.#isPaused) return;
    this.#isPaused = true;
    this.#process.signal("SIGSTOP");
    this.#settle("later");
    const { pid } = this;
    const deadline = performance.now() + PAUSE_LIMIT_MS;
    while (this.isAlive && pid !== undefined && !(await standsStill(pid))) {
      if (performance.now() > deadline) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_PROBE_MS));
    }
  }

  /** Resolves once all that it was told meanwhile is in force. */
  async resume(): Promise<Acknowledgement> {
    if (!this.isAlive || !this.#isPaused) return "later";
    this.#isPaused = false;
    this.#process.signal("SIGCONT");
    return await this.#acknowledged();
  }

  #begin(): ValidatorProcess {
    this.#isListening = false;
    this.#isPaused = false;
    this.#isOrdered = false;
    this.#inForce = 0;
    this.#sent = this.#revision;
    return new ValidatorProcess(this.plan, this.#instruction(), {
      onListening: () => {
        this.#isListening = true;
        this.#milestone();
        this.#listener.onListening();
      },
      onFinal: (height) => this.#listener.onFinal(height),
      onReport: (report) => this.#hear(report),
      onDeath: (death) => {
        this.#isPaused = false;
        this.#settle("later");
        this.#milestone();
        this.#listener.onDeath(death, this.#isOrdered);
      },
    });
  }

  #hear(report: Report): void {
    if (report.type !== "in-force") return this.#listener.onReport(report);
    this.#inForce = report.revision;
    const isDone = ({ revision }: Waiting) => revision <= report.revision;
    const done = this.#waiting.filter(isDone);
    this.#waiting = this.#waiting.filter((one) => !isDone(one));
    for (const { settle } of done) settle("in-force");
    this.#pass();
  }

  #pass(): void {
    if (!this.isAlive || this.#sent > this.#inForce || this.#sent === this.#revision) return;
    this.#sent = this.#revision;
    this.#process.instruct(this.#instruction());
  }

  #instruction(): Instruction {
    const { seed, accounts } = this.#recipe;
    return {
      type: "ailments",
      ailments: this.#ailments,
      revision: this.#revision,
      self: this.plan.index,
      recipe: { seed, accounts },
    };
  }

  #acknowledged(): Promise<Acknowledgement> {
    if (!this.isAlive || this.#isPaused) return Promise.resolve("later");
    if (this.#inForce === this.#revision) return Promise.resolve("in-force");
    return new Promise((resolve) => {
      const limitMs = this.#isListening ? ANSWER_LIMIT_MS : START_LIMIT_MS;
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        resolve("silent");
      }, limitMs);
      const settle = (answer: Acknowledgement) => {
        clearTimeout(timer);
        resolve(answer);
      };
      const waiting = { revision: this.#revision, settle };
      this.#waiting.push(waiting);
    });
  }

  #settle(answer: Acknowledgement): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { settle } of waiting) settle(answer);
  }

  async #listening(): Promise<void> {
    const { index } = this.plan;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#milestone();
    }, START_LIMIT_MS);
    while (!this.#isListening && this.isAlive && !isLate) {
      await new Promise<void>((resolve) => {
        this.#milestone = resolve;
      });
    }
    clearTimeout(timer);
    if (this.#isListening) return;
    const how = isLate ? "does not serve clients yet" : "ended before it served clients";
    throw new FaultError("DIED", `v${index} was started and ${how}`, `its log: ${this.logFile}`);
  }
}

/** All threads of it, as far as the system tells: where there is no /proc, a signal is as good as obeyed. */
async function standsStill(pid: number): Promise<boolean> {
  const tasks = `/proc/${pid}/task`;
  try {
    const texts = await Promise.all(
      (await readdir(tasks)).map((task) => readFile(join(tasks, task, "stat"), "utf8")),
    );
    // The name in parentheses may hold anything.
    return texts.every((text) => text.slice(text.lastIndexOf(")") + 2).startsWith("T"));
  } catch {
    return !existsSync("/proc/self/stat");
  }
}
