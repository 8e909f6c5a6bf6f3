// Why the processes of a devnet did not become a chain: which of them ended, with its last words, or who is late.

import { ConfigError } from "../../node/config/index.ts";
import type { LiveDevnet } from "../live/index.ts";
import { bad } from "./arguments.ts";
import { DevnetError } from "./devnet-error.ts";

type Readiness = Awaited<ReturnType<LiveDevnet["ready"]>>;

/** What `ready` says, as an error. */
export function notStarted(
  readiness: Exclude<Readiness, { readonly type: "ready" }>,
  processes: LiveDevnet["processes"],
): DevnetError {
  const logs = (indices: readonly number[]) =>
    indices.map((index) => processes[index]?.logFile).join(", ");
  if (readiness.type === "late") {
    const late = readiness.waitingFor;
    const names = late.map((index) => `v${index}`).join(", ");
    const what = `the validators did not become a chain in time: no final block at ${names}`;
    return new DevnetError("TIMEOUT", `${what}; their logs: ${logs(late)}`);
  }
  const { index, death } = readiness;
  const { exitCode, signal, lastLogLine } = death;
  const how = signal === null ? `with exit code ${exitCode}` : `of ${signal}`;
  const words = lastLogLine === "" ? "without a word" : `saying: ${wordsOf(lastLogLine)}`;
  const what = `the validators did not become a chain: v${index} ended ${how}, ${words}`;
  return new DevnetError("NOT_STARTED", `${what}. Its log: ${logs([index])}`);
}

/** What is wrong with the module that was named is the test's own affair. */
export function ofApplication(error: unknown): unknown {
  if (!(error instanceof ConfigError)) return error;
  const { message, remedy } = error;
  return bad(`${message}. ${remedy}`, error);
}

/** What the line of a log says. */
function wordsOf(line: string): string {
  try {
    const { msg, message, remedy, err } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const thrown = (err as { readonly message?: unknown } | undefined)?.message;
    const said = [msg ?? message, thrown, remedy].filter((part) => typeof part === "string");
    return said.length === 0 ? line : said.join(". ").replace(/\.$/, "");
  } catch {
    // A runtime that dies says so in words of its own.
    return line;
  }
}
