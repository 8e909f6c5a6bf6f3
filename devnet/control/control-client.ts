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
  /** NO_DEVNET, or the code of the devnet's problem document. */
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

/** A restart of a validator takes seconds at worst. */
const ANSWER_LIMIT_MS = 60_000;
const MAX_ANSWER_CHARACTERS = 4 * 1024 * 1024;

export class ControlClient {
  readonly #file: ControlFile;
  readonly #dir: string;

  /** @throws {ControlError} NO_DEVNET when no devnet runs there */
  static of(dir: string): ControlClient {
    const read = readControlFile(dir);
    if (read.found === "running") return new ControlClient(dir, read.file);
    throw noDevnet(absence(dir, read));
  }

  private constructor(dir: string, file: ControlFile) {
    this.#dir = dir;
    this.#file = file;
  }

  get validators(): number {
    return this.#file.validators;
  }

  faults(): Promise<Faults> {
    return this.#ask<Faults>("GET", "/v1/faults");
  }

  verdict(): Promise<Verdict> {
    return this.#ask<Verdict>("GET", "/v1/verdict");
  }

  obey(text: string): Promise<Obedience> {
    return this.#ask<Obedience>("POST", "/v1/faults", text);
  }

  async #ask<T>(method: string, path: string, text?: string): Promise<T> {
    const { url, token } = this.#file;
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "text/plain; charset=utf-8" },
      ...(text !== undefined && { body: text }),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    }).catch((cause: unknown) => {
      throw noDevnet(`the devnet in ${this.#dir} does not answer at ${url}`, cause);
    });
    const said: unknown = JSON.parse((await answer.text()).slice(0, MAX_ANSWER_CHARACTERS));
    if (answer.ok) return said as T;
    const { code, detail, remedy } = said as Readonly<Record<"code" | "detail" | "remedy", string>>;
    throw new ControlError(detail.replace(/\.$/, ""), { code, remedy });
  }
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
