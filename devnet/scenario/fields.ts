// The kinds of values that a scenario is made of, each read from a tree with its own refusal.

import type { FaultCommand } from "../faults/index.ts";
import { formatDuration, nearest, parseCommand, parseDuration, quoted } from "../faults/index.ts";
import type { Entry, Place, Problems, Tree } from "./tree.ts";

export type Range = { readonly min: number; readonly max: number };

/** What is being read, and where complaints go. */
export type Desk = { readonly problems: Problems };

/** The entries of a map by key; those that nobody knows, and those that are there twice, are refused. */
export function fieldsOf(
  tree: Tree,
  keys: readonly string[],
  { problems }: Desk,
): ReadonlyMap<string, Entry> {
  const fields = new Map<string, Entry>();
  if (tree.kind !== "map") {
    const known = keys.slice(0, 3).join(", ");
    problems.add(tree.place, `${shown(tree)} where a map with keys such as ${known} is expected`);
    return fields;
  }
  for (const entry of tree.entries) {
    const { key, place } = entry;
    if (!keys.includes(key)) {
      const near = nearest(key, keys);
      const why = isCutOff(tree, entry, keys) ? COMMA : `there are ${keys.join(", ")}`;
      problems.add(place, `there is no key ${quoted(key)} here; ${why}`, near);
    } else if (fields.has(key)) {
      problems.add(place, `the key ${key} is there twice`);
    } else {
      fields.set(key, entry);
    }
  }
  return fields;
}

/**
 * The keys whose values may be other than those that stand there: keys that are there twice, those that an unknown key may be
 * meant for, and those whose value a comma has cut off.
 */
export function doubtfulKeys(tree: Tree, keys: readonly string[]): ReadonlySet<string> {
  if (tree.kind !== "map") return new Set(keys);
  const inDoubt = new Set<string>();
  const given = new Set<string>();
  for (const { key } of tree.entries) {
    if (given.has(key)) inDoubt.add(key);
    given.add(key);
  }
  const absent = keys.filter((key) => !given.has(key));
  tree.entries.forEach((entry, index) => {
    if (keys.includes(entry.key)) return;
    const near = nearest(entry.key, absent);
    for (const meant of near === undefined ? absent : [near]) inDoubt.add(meant);
    const before = tree.entries[index - 1];
    if (before !== undefined && isCutOff(tree, entry, keys)) inDoubt.add(before.key);
  });
  return inDoubt;
}

type MapTree = Extract<Tree, { readonly kind: "map" }>;

/** The rest of the value before it, rather than a key? */
function isCutOff({ isFlow }: MapTree, { key, value }: Entry, keys: readonly string[]): boolean {
  const isEmpty = value.kind === "value" && value.value === null;
  return isFlow && isEmpty && nearest(key, keys) === undefined;
}

const COMMA = "between { and } a comma ends a value: put quotes around it";

export function textIn(tree: Tree, { max, problems }: Desk & { readonly max: number }) {
  if (tree.kind !== "value" || typeof tree.value !== "string") {
    return problems.add(tree.place, `${shown(tree)} where a text is expected`);
  }
  const text = tree.value.trim();
  if (text.length <= max) return text;
  return problems.add(tree.place, `${text.length} characters, and at most ${max} are allowed`);
}

export function wholeIn(tree: Tree, { min, max, problems }: Desk & Range): number | undefined {
  const value = tree.kind === "value" ? tree.value : undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  return problems.add(tree.place, `${shown(tree)} where ${min} to ${max} is expected`);
}

export function durationIn(tree: Tree, { min, max, problems }: Desk & Range): number | undefined {
  const value = tree.kind === "value" ? tree.value : undefined;
  const ms = typeof value === "string" ? parseDuration(value.trim()) : undefined;
  const range = `${formatDuration(min)} to ${formatDuration(max)}`;
  if (ms === undefined) {
    const near = typeof value === "number" && value >= 0 ? `${value}s` : undefined;
    const what = `${shown(tree)} where a duration such as 500ms, 2s or 1m is expected`;
    return problems.add(tree.place, what, near);
  }
  if (ms >= min && ms <= max) return ms;
  return problems.add(tree.place, `${shown(tree)} where ${range} is expected`);
}

export function choiceIn<T extends string>(
  tree: Tree,
  { choices, problems }: Desk & { readonly choices: readonly T[] },
): T | undefined {
  const value = tree.kind === "value" ? tree.value : undefined;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const near = typeof value === "string" ? nearest(value, choices) : undefined;
  return problems.add(
    tree.place,
    `${shown(tree)} where one of ${choices.join(", ")} is expected`,
    near,
  );
}

export function yesIn(tree: Tree, { problems }: Desk): boolean | undefined {
  if (tree.kind === "value" && typeof tree.value === "boolean") return tree.value;
  return problems.add(tree.place, `${shown(tree)} where true or false is expected`);
}

/** The items of a list; none, with a complaint, if it is too long or no list. */
export function itemsIn(
  tree: Tree,
  { max, of, problems }: Desk & { readonly max: number; readonly of: string },
): readonly Tree[] {
  if (tree.kind !== "list") {
    problems.add(tree.place, `${shown(tree)} where a list of ${of} is expected`);
    return [];
  }
  if (tree.items.length <= max) return tree.items;
  problems.add(tree.place, `${tree.items.length} ${of}, and at most ${max} are allowed`);
  return [];
}

export type Located<T> = { readonly value: T; readonly place: Place };

/** Indices of validators, each once, ascending. */
export function validatorsIn(
  tree: Tree,
  { validators, problems }: Desk & { readonly validators: number },
): readonly Located<number>[] {
  const found: Located<number>[] = [];
  for (const item of itemsIn(tree, { max: validators, of: "validators", problems })) {
    const value = wholeIn(item, { min: 0, max: validators - 1, problems });
    if (value === undefined) continue;
    if (found.some((other) => other.value === value)) {
      problems.add(item.place, `validator ${value} is named twice`);
    } else {
      found.push({ value, place: item.place });
    }
  }
  return found.sort((a, b) => a.value - b.value);
}

export type CommandDesk = Desk & {
  readonly validators: number;
  readonly ways: readonly string[];
};

export function commandIn(tree: Tree, { problems, ...context }: CommandDesk) {
  if (tree.kind !== "value" || typeof tree.value !== "string") {
    return problems.add(tree.place, `${shown(tree)} where a command such as kill 2 is expected`);
  }
  const parsed = parseCommand(tree.value, context);
  if (parsed.ok) return parsed.command satisfies FaultCommand;
  return problems.add(tree.placeOf(parsed.at), parsed.what, parsed.nearest);
}

/** How a complaint names what is there. */
export function shown(tree: Tree): string {
  if (tree.kind !== "value") return `a ${tree.kind} stands`;
  if (tree.value === null) return "nothing stands";
  const text = typeof tree.value === "string" ? quoted(tree.value) : String(tree.value);
  return `${text} stands`;
}
