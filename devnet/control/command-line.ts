// Fault commands from everybody who gives them, one after the other: each is read, waits for those before it, and is
// obeyed. At most MAX_WAITING wait; one more is turned away.

import {
  type FaultCommand,
  FaultError,
  formatCommand,
  type ParsedCommand,
  parseCommand,
} from "../faults/index.ts";
import type { Subject } from "./subject.ts";

export type Obeyed =
  | { readonly ok: true; readonly command: FaultCommand; readonly text: string }
  | (Extract<ParsedCommand, { ok: false }> & { readonly refusal: "unreadable" })
  | { readonly ok: false; readonly refusal: "busy"; readonly what: string }
  /** Understood, and not to be done as things are. */
  | {
      readonly ok: false;
      readonly refusal: "failed";
      readonly what: string;
      readonly remedy?: string;
    };

/** Who gave it: a scenario tells of its commands itself. */
export type Origin = "person" | "scenario";

export type Done = Extract<Obeyed, { ok: true }> & { readonly origin: Origin };

const MAX_WAITING = 64;

export class CommandLine {
  readonly #subject: Pick<Subject, "validators" | "ways" | "obey">;
  readonly #onDone: (done: Done) => void;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** `onDone` hears of each command that was obeyed, whoever gave it. */
  constructor(
    subject: Pick<Subject, "validators" | "ways" | "obey">,
    onDone: (done: Done) => void = () => {},
  ) {
    this.#subject = subject;
    this.#onDone = onDone;
  }

  /** Resolves once it is done. */
  async say(text: string, origin: Origin = "person"): Promise<Obeyed> {
    const { validators, ways } = this.#subject;
    const parsed = parseCommand(text, { validators, ways });
    if (!parsed.ok) return { ...parsed, refusal: "unreadable" };
    return await this.give(parsed.command, origin);
  }

  async give(command: FaultCommand, origin: Origin = "person"): Promise<Obeyed> {
    if (this.#waiting >= MAX_WAITING) {
      const what = `${MAX_WAITING} commands wait for the one under way`;
      return { ok: false, refusal: "busy", what };
    }
    this.#waiting += 1;
    const before = this.#last;
    const done = before.then(() => this.#obey(command));
    this.#last = done;
    const obeyed = await done;
    this.#waiting -= 1;
    if (obeyed.ok) this.#onDone({ ...obeyed, origin });
    return obeyed;
  }

  async #obey(command: FaultCommand): Promise<Obeyed> {
    try {
      await this.#subject.obey(command);
      return { ok: true, command, text: formatCommand(command) };
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      const remedy = error instanceof FaultError ? { remedy: error.remedy } : {};
      return { ok: false, refusal: "failed", what, ...remedy };
    }
  }
}
