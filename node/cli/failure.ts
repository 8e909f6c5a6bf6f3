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

/** The chain's application does not take a call. */
export class ApplicationRefusal extends CommandFailure {
  /** Its own word on why. */
  readonly reason: string;

  constructor(message: string, reason: string) {
    const exitCode = EXIT_CODES.unexpected;
    super({ message: `${message}: ${reason}`, exitCode, code: "APP_REJECTED" });
    this.reason = reason;
  }
}

export function usageFailure(message: string, remedy?: string): CommandFailure {
  return new CommandFailure({ message, exitCode: EXIT_CODES.usage, remedy, code: "USAGE" });
}

/** The node's no, as the failure of the command that asked. */
export function problemFailure({ code, message, remedy, details }: Problem): CommandFailure {
  const exitCode = EXIT_CODES.unexpected;
  if (code === "APP_REJECTED" && typeof details.reason === "string") {
    return new ApplicationRefusal(message.replace(/\.$/, ""), details.reason);
  }
  const { text, told } = withDetails(remedy ?? "", details);
  const others = Object.entries(details)
    .filter(([name]) => !told.has(name))
    .map(([name, value]) => `${name}: ${value}`);
  const advice = [text, others.join(", ")].filter((part) => part !== "");
  return new CommandFailure({
    message,
    exitCode,
    remedy: advice.length > 0 ? advice.join("\n") : undefined,
    code,
  });
}

/** A remedy says "the nonce in `details.expected`", for programs; a person wants the nonce. */
function withDetails(remedy: string, details: Problem["details"]) {
  const told = new Set<string>();
  const text = remedy.replaceAll(/(?:\bin )?`details\.(\w+)`/g, (mention, name: string) => {
    if (!Object.hasOwn(details, name)) return mention;
    told.add(name);
    return `${details[name]}${name.endsWith("Ms") ? " ms" : ""}`;
  });
  return { text, told };
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
  // The code may be a node's word: it decides nothing here.
  const exitCode = error.name === "ClientError" ? EXIT_CODES.unexpected : exitCodeOf(error);
  if (error.name === "ClientError" && code === "UNREACHABLE") {
    return { message: error.message, exitCode, code, remedy: UNREACHABLE_REMEDY };
  }
  if ("remedy" in error && typeof error.remedy === "string") {
    const { remedy } = error;
    return { message: withoutRemedy(error.message, remedy), exitCode, code, remedy };
  }
  if (error.name === "ClientError") return { message: error.message, exitCode, code };
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
