// How a command fails: one sentence, a remedy, an exit code of the documented list. Errors of every floor below become
// that here, in one place; what is not recognised is unexpected and shows its stack.

import { CommanderError } from "commander";
import type { Problem } from "../client/index.ts";
import { EXIT_CODES, exitCodeOf } from "./exit-codes.ts";
import type { FailureText } from "./output.ts";

export type FailureDetails = {
  readonly message: string;
  readonly exitCode: number;
  /** What to do about it. */
  readonly remedy?: string | undefined;
  /** The word for machines. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
};

/** A command that cannot go on; thrown by actions, shown by `runProgram`. */
export class CommandFailure extends Error {
  readonly exitCode: number;
  readonly remedy: string | undefined;
  readonly code: string | undefined;

  constructor({ message, exitCode, remedy, code, cause }: FailureDetails) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "CommandFailure";
    this.exitCode = exitCode;
    this.remedy = remedy;
    this.code = code;
  }
}

export function usageFailure(message: string, remedy?: string): CommandFailure {
  return new CommandFailure({ message, exitCode: EXIT_CODES.usage, remedy, code: "USAGE" });
}

/** The node's no, as the failure of the command that asked. */
export function problemFailure(problem: Problem): CommandFailure {
  const details = Object.entries(problem.details).map(([name, value]) => `${name}: ${value}`);
  const advice = [problem.remedy, details.join(", ")].filter((part) => part);
  return new CommandFailure({
    message: problem.message,
    exitCode: EXIT_CODES.unexpected,
    remedy: advice.length > 0 ? advice.join("\n") : undefined,
    code: problem.code,
  });
}

const UNREACHABLE_REMEDY =
  "is it running? `quorate devnet` starts four nodes; --rpc URL names another";

export async function describeFailure(error: unknown): Promise<FailureText> {
  if (error instanceof CommandFailure) return error;
  if (error instanceof CommanderError) return describeUsage(error);
  if (!(error instanceof Error)) {
    return { message: String(error), exitCode: EXIT_CODES.unexpected };
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (error.name === "ClientError") {
    const remedy = code === "UNREACHABLE" ? UNREACHABLE_REMEDY : undefined;
    return { message: error.message, exitCode: EXIT_CODES.unexpected, code, remedy };
  }
  const exitCode = exitCodeOf(error);
  if ("remedy" in error && typeof error.remedy === "string") {
    const { remedy } = error;
    return { message: withoutRemedy(error.message, remedy), exitCode, code, remedy };
  }
  // What nobody foresaw is a bug report in the making: it needs its stack.
  const stack = error.stack?.split("\n").slice(1).join("\n").trim();
  const remedy = exitCode === EXIT_CODES.unexpected ? stack : undefined;
  return { message: error.message, exitCode, code, remedy };
}

/** Error classes of the floors below end their message with the remedy. */
function withoutRemedy(message: string, remedy: string): string {
  if (!message.endsWith(remedy)) return message;
  return message.slice(0, -remedy.length).replace(/[.;:]?\s*$/, "");
}

/** Commander says `error: unknown option '--x'`, then perhaps `(Did you mean --y?)` on the next line. */
function describeUsage(error: CommanderError): FailureText {
  const [first = "", ...others] = error.message.split("\n");
  const suggestion = /\((Did you mean .*)\)/.exec(others.join(" "))?.[1];
  return {
    message: first.replace(/^error: /, ""),
    exitCode: EXIT_CODES.usage,
    code: "USAGE",
    remedy: suggestion ?? "--help shows what there is",
  };
}
