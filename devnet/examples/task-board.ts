// A task board for agents, as an application of one's own: open, claim, renew, release, done. The first claim that is final
// wins. A claim is a lease by height; the height at which it was won is its fencing token: whoever does the work shows
// it, and a later claim's is always greater.

import type { CallContext, CallResult, StateMachine, StateWriter } from "quorate";
import { formatAddress, type Height } from "quorate/crypto";

export type Task = {
  readonly title: string;
  readonly state: "open" | "claimed" | "done";
  /** Who claimed it last, at which height, and the last height of the lease. */
  readonly holder?: string;
  readonly token?: number;
  readonly until?: number;
};

export type Command =
  | { readonly do: "open"; readonly task: string; readonly title: string }
  | { readonly do: "claim"; readonly task: string }
  | { readonly do: "renew" | "release" | "done"; readonly task: string; readonly token: number };

/** An idle chain makes a block a second. */
export const LEASE_HEIGHTS = 30;

export const taskBoard: StateMachine<Command> = {
  name: "task-board",

  decode(bytes) {
    try {
      const command = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
      return isCommand(command)
        ? { ok: true, call: command }
        : { ok: false, code: "not-a-command" };
    } catch {
      return { ok: false, code: "not-json" };
    }
  },

  execute(command, context, state) {
    const key = keyOf(command.task);
    const task = readTask(state.get(key));
    if (command.do === "open") {
      if (task !== undefined) return { ok: false, code: "task-exists" };
      return write(state, key, { title: command.title, state: "open" });
    }
    if (task === undefined) return { ok: false, code: "no-such-task" };
    if (task.state === "done") return { ok: false, code: "task-done" };
    const next = command.do === "claim" ? claimed(task, context) : held(task, command, context);
    return typeof next === "string" ? { ok: false, code: next } : write(state, key, next);
  },

  query({ path, argument }, state) {
    if (path !== "task") return { ok: false, refusal: "unknown-path" };
    return { ok: true, key: argument, value: state.get(argument) };
  },
};

/** The task after the sender claimed it, or why not. One block never gives two claims, so tokens differ. */
function claimed(task: Task, { sender, height }: CallContext): Task | string {
  if (isLeased(task, height) || task.token === height) return "claimed-by-another";
  const until = height + LEASE_HEIGHTS;
  return { ...task, state: "claimed", holder: formatAddress(sender), token: height, until };
}

/** The task after its holder renewed, released or finished it, or why not. */
function held(
  task: Task,
  command: Extract<Command, { readonly token: number }>,
  { sender, height }: CallContext,
): Task | string {
  const isHolder = task.holder === formatAddress(sender) && task.token === command.token;
  if (!isHolder || !isLeased(task, height)) return "not-the-holder";
  if (command.do === "renew") return { ...task, until: height + LEASE_HEIGHTS };
  return { ...task, state: command.do === "done" ? "done" : "open" };
}

const isLeased = ({ state, until = 0 }: Task, height: Height): boolean =>
  state === "claimed" && height <= until;

export const keyOf = (task: string): Uint8Array => new TextEncoder().encode(task);

export function readTask(bytes: Uint8Array | undefined): Task | undefined {
  return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
}

function write(state: StateWriter, key: Uint8Array, task: Task): CallResult {
  const bytes = new TextEncoder().encode(JSON.stringify(task));
  state.set(key, bytes);
  return { ok: true, output: bytes };
}

function isCommand(value: unknown): value is Command {
  if (typeof value !== "object" || value === null) return false;
  const { do: verb, task, title, token } = value as Readonly<Record<string, unknown>>;
  if (typeof task !== "string" || !/^[a-z0-9-]{1,64}$/.test(task)) return false;
  if (verb === "open") return typeof title === "string" && title.length <= 200;
  if (verb === "claim") return true;
  return ["renew", "release", "done"].includes(`${verb}`) && Number.isSafeInteger(token);
}
