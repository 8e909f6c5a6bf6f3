// The state machine that executes a chain: the one that genesis names, and no other. A team's own comes from a module of
// theirs, by its path.

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
    const what = "the application's module cannot be loaded";
    const remedy = "Name a JavaScript module (ESM) that Node can import.";
    throw new ConfigError({ ...fault, what, remedy, cause });
  }
  const [found, ...others] = Object.values(exported).filter(isStateMachine);
  if (found !== undefined && others.length === 0) return found;
  const what = `the module exports ${others.length > 0 ? "several state machines" : "no state machine"}`;
  const remedy = "Export exactly one object with `name`, `decode` and `execute`.";
  throw new ConfigError({ ...fault, what, remedy });
}

function isStateMachine(value: unknown): value is StateMachine {
  if (typeof value !== "object" || value === null) return false;
  const { name, decode, execute } = value as Readonly<Record<string, unknown>>;
  return typeof name === "string" && typeof decode === "function" && typeof execute === "function";
}
