// What acts on a live devnet while it runs: its HTTP interface, the keys of the terminal, and the scenario with its load.

import { chainIdOf } from "../../node/chain/index.ts";
import { CommandFailure, EXIT_CODES } from "../../node/cli/index.ts";
import { WAYS } from "../behaviours/index.ts";
import {
  CommandLine,
  type Control,
  createControl,
  type Done,
  type Obeyed,
  removeControlFile,
  type Subject,
  writeControlFile,
} from "../control/index.ts";
import type { Session } from "../session/index.ts";
import { Load } from "../session/index.ts";
import { verdictText } from "../verdict/index.ts";
import type { BottomLines } from "./bottom-lines.ts";
import type { Conclusion } from "./conclusion.ts";
import { keyHelp } from "./key-help.ts";
import { Keyboard } from "./keyboard.ts";
import type { Wish } from "./keys.ts";
import type { Run } from "./part.ts";
import { play } from "./play.ts";

export type StageOptions = Pick<
  Run,
  "opened" | "options" | "context" | "ending" | "part" | "seed"
> & {
  readonly session: Session;
  readonly conclusion: Conclusion;
  readonly bottom: BottomLines;
  readonly nowMs: () => number;
};

export type OpenStage = {
  readonly start: () => void;
  /** The second time it does nothing. */
  readonly close: () => Promise<void>;
};

export async function openStage(given: StageOptions): Promise<OpenStage> {
  const { opened, context, session, bottom } = given;
  const { dir } = opened.plan;
  const commands = new CommandLine(session, (done) => tellDone(done, given));
  const control = await controlOf(given, commands);
  const { url, token } = control;
  try {
    writeControlFile(dir, { url, token, pid: process.pid, validators: session.validators });
  } catch (error) {
    await control.stop();
    throw error;
  }
  const removeFile = () => removeControlFile(dir, { token });
  process.once("exit", removeFile);
  const { output } = context;
  const keyboard = new Keyboard({
    input: process.stdin,
    output,
    bottom,
    onWish: (wish) =>
      grant(wish, { ...given, commands, giveBack: (text) => keyboard.giveBack(text) }),
  });
  const load = loadOf(given);
  const stopped = new AbortController();
  return {
    start: () => {
      keyboard.start();
      load?.start();
      perform(given, commands, stopped.signal);
    },
    close: async () => {
      stopped.abort();
      keyboard.stop();
      load?.stop();
      process.off("exit", removeFile);
      removeFile();
      await control.stop();
    },
  };
}

async function controlOf(
  { session, conclusion, options }: StageOptions,
  commands: CommandLine,
): Promise<Control> {
  const { controlPort: port = 0 } = options;
  const subject: Subject = {
    validators: session.validators,
    ways: session.ways,
    obey: (command) => session.obey(command),
    overview: () => session.overview(),
    verdict: () => conclusion.soFar(),
  };
  try {
    return await createControl({ subject, commands, port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new CommandFailure({
      message: `port ${port} is in use`,
      exitCode: EXIT_CODES.portInUse,
      code: "PORT_IN_USE",
      remedy: "choose another one with --control-port, or leave it away to take any",
      cause,
    });
  }
}

function loadOf({ part, opened, session, context }: StageOptions): Load | undefined {
  if (part === undefined) return undefined;
  const { plan, genesis } = opened;
  return new Load({
    chainId: chainIdOf(genesis),
    accounts: plan.accounts,
    fee: genesis.ledger.minFee,
    perSecond: part.scenario.load.perSecond,
    urls: () => {
      const running = session.overview().validators.filter(({ state }) => state === "running");
      return running
        .filter(({ validator }) => session.isHonest(validator))
        .flatMap(({ validator }) => plan.validators[validator]?.rpcUrl ?? []);
    },
    onFailure: (error) => context.output.note(`the load: ${String(error)}`),
  });
}

/** The scenario, if there is one; its end is the end of the devnet. */
function perform(given: StageOptions, commands: CommandLine, signal: AbortSignal): void {
  const { part, context, ending } = given;
  if (part === undefined) return;
  play({ ...given, scenario: part.scenario, commands, signal }, context).then(
    () => ending.end({ exitCode: EXIT_CODES.done }),
    (error: unknown) => ending.end({ exitCode: EXIT_CODES.unexpected, error }),
  );
}

/** Once for each command, whether it came by a key, from `quorate fault` or over HTTP. */
function tellDone(
  { text, origin }: Done,
  { bottom, context: { output }, nowMs }: Pick<StageOptions, "bottom" | "context" | "nowMs">,
): void {
  if (origin === "scenario") return;
  const value = { type: "moment", atMs: Math.round(nowMs()), command: text, ok: true };
  bottom.above(() => output.record(value, () => `${output.paint.green("done")}  ${text}`));
}

type Desk = Pick<StageOptions, "bottom" | "context" | "conclusion"> & {
  readonly commands: CommandLine;
  /** To be corrected. */
  readonly giveBack: (text: string) => void;
};

/** What was asked for by a key. */
function grant(wish: Wish, { bottom, context, conclusion, commands, giveBack }: Desk): void {
  const { paint, note } = context.output;
  const say = (text: string) => bottom.above(() => context.output.record({}, () => text));
  switch (wish.type) {
    case "interrupt":
      // As if the terminal had passed it on, which it does no more while keys are read one by one.
      process.kill(process.pid, "SIGINT");
      return;
    case "verdict":
      conclusion.soFar().then(
        (verdict) => say(verdictText(verdict, paint)),
        (error: unknown) => note(String(error)),
      );
      return;
    case "help":
      return say(keyHelp([...WAYS.keys()]));
    case "command":
      commands.say(wish.text).then(
        (obeyed) => {
          if (obeyed.ok) return;
          say(`${paint.red("no")}    ${wish.text}: ${obeyed.what}${remedyText(obeyed)}`);
          giveBack(wish.text);
        },
        (error: unknown) => note(String(error)),
      );
  }
}

function remedyText(refused: Extract<Obeyed, { ok: false }>): string {
  switch (refused.refusal) {
    case "failed":
      return refused.remedy === undefined ? "" : `\n      ${refused.remedy}`;
    case "unreadable":
      return refused.nearest === undefined
        ? `\n      ${HELP}`
        : ` (did you mean ${refused.nearest}?)`;
    default:
      return "";
  }
}

const HELP = "esc, then ? shows how each command is written, and the ways to lie";
