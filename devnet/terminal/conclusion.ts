// What a run came to: its verdict, at its end or before, and the recording that the simulator can read.

import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { EXIT_CODES, invocation, type Output, pathToType } from "../../node/cli/index.ts";
import type { Session } from "../session/index.ts";
import { type Verdict, verdictText } from "../verdict/index.ts";
import type { Run } from "./part.ts";

export type ConclusionOptions = Pick<Run, "part" | "seed" | "isEphemeral"> & {
  readonly opened: { readonly plan: Pick<Run["opened"]["plan"], "dir"> };
  readonly options: Pick<Run["options"], "record">;
  readonly context: Pick<Run["context"], "env"> & {
    readonly output: Pick<Run["context"]["output"], "note">;
  };
  readonly session: Pick<
    Session,
    "hasFaults" | "isWatched" | "watch" | "look" | "verdict" | "recording"
  >;
};

const PRIVATE_FILE = 0o600;

export class Conclusion {
  readonly #options: ConclusionOptions;
  readonly #file: string;

  constructor(options: ConclusionOptions) {
    this.#options = options;
    this.#file = recordingFile(options);
  }

  /** Of the run so far. What a person did by hand is nowhere else, so that its recording is written every time. */
  async soFar(): Promise<Verdict> {
    const { session, part } = this.#options;
    await session.look();
    return part === undefined && session.hasFaults ? this.#recorded() : session.verdict();
  }

  /** Judged while everything still runs. Undefined where nobody commanded anything or asked for a verdict before. */
  async last(): Promise<Verdict | undefined> {
    const { session, part, options } = this.#options;
    if (part === undefined && !session.hasFaults && !session.isWatched) return undefined;
    // A command was under way, at most: who stops the devnet does not wait for blocks.
    await session.watch();
    const verdict = session.verdict();
    // A scenario that held is a file already.
    const isNews = part === undefined ? session.hasFaults : !verdict.ok;
    const isKept = isNews || options.record !== undefined;
    return isKept ? this.#recorded(verdict) : verdict;
  }

  /** A recording that cannot be written costs its replay, not the verdict. */
  #recorded(verdict = this.#options.session.verdict()): Verdict {
    const { session, seed, context } = this.#options;
    const file = this.#file;
    const replay = `${invocation(context.env)} sim ${pathToType(file)} --seed ${seed}`;
    const recorded = { ...verdict, replay, recording: file };
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, session.recording(recorded), { mode: PRIVATE_FILE });
      return recorded;
    } catch (error) {
      context.output.note(`the recording could not be written: ${(error as Error).message}`);
      return verdict;
    }
  }
}

function recordingFile({ options, opened, part, seed, isEphemeral }: ConclusionOptions): string {
  if (options.record !== undefined) return resolve(options.record);
  // An ephemeral directory is gone when somebody wants to read it.
  const dir = isEphemeral
    ? join(tmpdir(), "quorate-recordings")
    : join(opened.plan.dir, "recordings");
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+Z$/g, "");
  return join(dir, `${part?.scenario.name ?? "session"}-${seed}-${time}.yaml`);
}

/** The exit code of the devnet: that of its end, unless the verdict says no. */
export function tellVerdict(
  verdict: Verdict | undefined,
  output: Output,
  exitCode: number,
): number {
  if (verdict === undefined) return exitCode;
  output.record(verdict, () => verdictText(verdict, output.paint));
  return verdict.ok ? exitCode : EXIT_CODES.unexpected;
}
