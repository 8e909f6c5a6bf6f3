// The state machine that executes a chain: the one that genesis names, and no other. A team's own comes from a module of
// theirs, by its path.

import { statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { nativeScheme } from "../../crypto/native/index.ts";
import type { ChainRoot } from "../chain/index.ts";
import { ConfigError } from "../config/index.ts";
import {
  contained,
  createBuiltInLedger,
  type FaultListener,
  type StateMachine,
} from "../ledger/index.ts";

/** Of what somebody else's module has to say. */
const MAX_CAUSE_CHARACTERS = 400;

/** This program cannot execute that chain. */
class ApplicationError extends Error {
  override readonly name = "ApplicationError";
  readonly code = "WRONG_GENESIS";
  readonly remedy =
    "Start the program that was made for this chain, or use the genesis of the chain that you mean.";
}

export function builtInMachine({ validators }: ChainRoot): StateMachine {
  return createBuiltInLedger({ validators, scheme: nativeScheme() });
}

/** @throws {ApplicationError} WRONG_GENESIS if genesis names another one than `given`, or than the built-in */
export function machineOf(
  root: ChainRoot,
  given: StateMachine | undefined,
  onFault: FaultListener,
): StateMachine {
  const machine = given === undefined ? builtInMachine(root) : contained(given, onFault);
  const named = root.genesis.application.name;
  if (machine.name === named) return machine;
  throw new ApplicationError(
    `the genesis is that of the application "${named}", and this program runs "${machine.name}"`,
  );
}

/** The one state machine that a module exports, under whatever name. @throws {ConfigError} if there is none, or several */
export async function loadStateMachine(file: string): Promise<StateMachine> {
  const fault = { source: file, path: "application" };
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new ConfigError({ ...fault, ...whyNotLoaded(file, cause), cause });
  }
  const [found, ...others] = Object.values(exported).filter(isStateMachine);
  if (found !== undefined && others.length === 0) return found;
  const what = `the module exports ${others.length > 0 ? "several state machines" : "no state machine"}`;
  const remedy = "Export exactly one object with `name`, `decode` and `execute`.";
  throw new ConfigError({ ...fault, what, remedy });
}

type Reason = { readonly what: string; readonly remedy: string };

/** What is wrong with a module that Node would not import, in a line, and what to do about it. */
export function whyNotLoaded(file: string, cause: unknown): Reason {
  const why = firstLine(cause);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) {
    return {
      what: "there is no such file",
      remedy: "Name the application's JavaScript module (ESM).",
    };
  }
  if (found.isDirectory()) {
    return {
      what: "that is a folder",
      remedy: "Name the application's JavaScript module (ESM) in it.",
    };
  }
  switch (codeOf(cause)) {
    case "ERR_UNKNOWN_FILE_EXTENSION": {
      const remedy = "Node runs JavaScript: compile the file, and name what comes of it.";
      return { what: `the module cannot be loaded: ${why}`, remedy };
    }
    case "ERR_MODULE_NOT_FOUND": {
      const remedy = "Install what the module imports, or correct the import.";
      return { what: `something that the module imports is missing: ${why}`, remedy };
    }
  }
  if (cause instanceof SyntaxError) {
    const remedy = `Correct it; \`node --check ${file}\` shows where a file is at fault.`;
    return { what: `the module has a syntax error: ${why}`, remedy };
  }
  const remedy = "Correct it: a module must load without an error.";
  return { what: `the module failed while it was loaded: ${why}`, remedy };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0]?.slice(0, MAX_CAUSE_CHARACTERS) ?? "";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function isStateMachine(value: unknown): value is StateMachine {
  if (typeof value !== "object" || value === null) return false;
  const { name, decode, execute } = value as Readonly<Record<string, unknown>>;
  return typeof name === "string" && typeof decode === "function" && typeof execute === "function";
}
