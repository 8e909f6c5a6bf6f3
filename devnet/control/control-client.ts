// The other side of the control: finds the devnet of a directory, sends a command, gives back its answer or says why
// there is none and what to do.

import type { FaultCommand, VerbHelp } from "../faults/index.ts";
import type { Verdict } from "../verdict/index.ts";
import { type ControlFile, type ReadControlFile, readControlFile } from "./control-file.ts";
import type { InForce, ValidatorState } from "./subject.ts";

export type Obedience = {
  readonly type: "obeyed";
  readonly command: FaultCommand;
  readonly text: string;
  readonly declared: readonly InForce[];
};

export type Faults = {
  readonly type: "faults";
  readonly count: number;
  readonly declared: readonly InForce[];
  readonly validators: readonly ValidatorState[];
  readonly verbs: readonly VerbHelp[];
  readonly ways: readonly string[];
};

export class ControlError extends Error {
  override readonly name = "ControlError";
  /** NO_DEVNET, NO_ANSWER, BAD_ANSWER, or the code of the devnet's problem document. */
  readonly code: string;
  readonly remedy: string;

  constructor(
    message: string,
    {
      code,
      remedy,
      cause,
    }: { readonly code: string; readonly remedy: string; readonly cause?: unknown },
  ) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.remedy = remedy;
  }
}

/** For a look at how things are. */
const LOOK_LIMIT_MS = 5_000;
/** The devnet looks at its chain before it judges. */
const VERDICT_LIMIT_MS = 15_000;
/** A restart of a validator takes seconds at worst. */
const COMMAND_LIMIT_MS = 60_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export class ControlClient {
  readonly #file: ControlFile;
  readonly #dir: string;
  readonly #lookLimitMs: number;

  /** @throws {ControlError} NO_DEVNET when no devnet runs there */
  static of(dir: string, { lookLimitMs = LOOK_LIMIT_MS } = {}): ControlClient {
    const read = readControlFile(dir);
    if (read.found === "running") return new ControlClient(dir, read.file, lookLimitMs);
    throw noDevnet(absence(dir, read));
  }

  private constructor(dir: string, file: ControlFile, lookLimitMs: number) {
    this.#dir = dir;
    this.#file = file;
    this.#lookLimitMs = lookLimitMs;
  }

  get validators(): number {
    return this.#file.validators;
  }

  faults(): Promise<Faults> {
    return this.#ask<Faults>("GET", "/v1/faults", { limitMs: this.#lookLimitMs });
  }

  verdict(): Promise<Verdict> {
    return this.#ask<Verdict>("GET", "/v1/verdict", { limitMs: VERDICT_LIMIT_MS });
  }

  obey(text: string): Promise<Obedience> {
    return this.#ask<Obedience>("POST", "/v1/faults", { limitMs: COMMAND_LIMIT_MS, text });
  }

  async #ask<T>(
    method: string,
    path: string,
    { limitMs, text }: { readonly limitMs: number; readonly text?: string },
  ): Promise<T> {
    const { url, token } = this.#file;
    try {
      const answer = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "text/plain; charset=utf-8" },
        ...(text !== undefined && { body: text }),
        signal: AbortSignal.timeout(limitMs),
      });
      return meaningOf<T>(answer.ok, await bytesOf(answer));
    } catch (cause) {
      if (cause instanceof ControlError) throw cause;
      if ((cause as Error).name === "TimeoutError") throw this.#noAnswer(limitMs, cause);
      throw noDevnet(`the devnet in ${this.#dir} does not answer at ${url}`, cause);
    }
  }

  #noAnswer(limitMs: number, cause: unknown): ControlError {
    const { pid } = this.#file;
    const message = `the devnet in ${this.#dir}, process ${pid}, gave no answer in ${limitMs / 1_000} s`;
    const remedy = `is it stopped, by ctrl-z? \`fg\` in its terminal or \`kill -CONT ${pid}\` lets it go on`;
    return new ControlError(message, { code: "NO_ANSWER", remedy, cause });
  }
}

/** @throws {ControlError} BAD_ANSWER when there is too much of it */
async function bytesOf({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      throw badAnswer(`the devnet's answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws {ControlError} the devnet's no, or BAD_ANSWER for what is no answer of a devnet */
function meaningOf<T>(isOk: boolean, bytes: Uint8Array): T {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw badAnswer("what answers is no devnet", cause);
  }
  if (isOk) return said as T;
  const { code, detail, remedy } = Object(said) as Readonly<Record<string, unknown>>;
  if (typeof code !== "string" || typeof detail !== "string" || typeof remedy !== "string") {
    throw badAnswer("what answers is no devnet");
  }
  throw new ControlError(withoutStop(detail), { code, remedy: withoutStop(remedy) });
}

/** A sentence of the interface as the command line shows it: without its full stop. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

function badAnswer(message: string, cause?: unknown): ControlError {
  const remedy = "its own terminal tells the same with the keys v and ?, and at its end";
  return new ControlError(message, { code: "BAD_ANSWER", remedy, cause });
}

function noDevnet(message: string, cause?: unknown): ControlError {
  const remedy =
    "start one with `quorate devnet`, or name the directory of one that runs: --dir DIR";
  return new ControlError(message, { code: "NO_DEVNET", remedy, cause });
}

function absence(dir: string, read: ReadControlFile): string {
  if (read.found === "stale") return `no devnet runs in ${dir}: its process ${read.pid} is gone`;
  if (read.found === "damaged") return `the control.json of ${dir} cannot be used: ${read.why}`;
  return `no devnet runs in ${dir}`;
}
