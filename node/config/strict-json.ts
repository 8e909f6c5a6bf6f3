// JSON that people write by hand, read strictly: a key nobody knows is refused together with the name that was probably
// meant, and every refusal carries the path of the value and what would have been right.

import { z } from "zod";

export type JsonRefusal =
  /** `position` is a character offset where the parser says one. */
  | { readonly refusal: "not-json"; readonly path: string; readonly detail: string }
  | {
      readonly refusal: "unknown-key";
      readonly path: string;
      /** The valid key that is spelled most alike, if any is. */
      readonly nearest?: string;
    }
  | { readonly refusal: "missing-key"; readonly path: string; readonly expected: string }
  | { readonly refusal: "wrong-value"; readonly path: string; readonly expected: string };

export type Strict<T> =
  | { readonly ok: true; readonly value: T }
  | ({ readonly ok: false } & JsonRefusal);

type Path = readonly PropertyKey[];

const EXPECTED_OBJECT = "an object";
const EXPECTED_LIST = "a list";

export function parseStrictJson<S extends z.ZodType>(schema: S, text: string): Strict<z.output<S>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, refusal: "not-json", path: "", detail };
  }
  return checkStrict(schema, value);
}

/** The schema's verdict on a parsed value; of several faults an unknown key comes first, for it explains others. */
export function checkStrict<S extends z.ZodType>(schema: S, value: unknown): Strict<z.output<S>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const { issues } = parsed.error;
  for (const issue of issues) {
    const key = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
    if (key === undefined) continue;
    const nearest = nearestName(key, namesAt(schema, issue.path));
    const path = pathText([...issue.path, key]);
    return {
      ok: false,
      refusal: "unknown-key",
      path,
      ...(nearest === undefined ? {} : { nearest }),
    };
  }
  const issue = issues[0];
  const at = issue?.path ?? [];
  const refusal = valueAt(value, at) === undefined ? "missing-key" : "wrong-value";
  return { ok: false, refusal, path: pathText(at), expected: issue?.message ?? "another value" };
}

/** The schema of the value at a path of object keys; undefined where there is none. */
export function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let current: z.ZodType | undefined = unwrapped(schema);
  for (const step of path) {
    if (current instanceof z.ZodObject) current = current.shape[String(step)] as z.ZodType;
    else if (current instanceof z.ZodArray) current = current.element as z.ZodType;
    else return undefined;
    current = current === undefined ? undefined : unwrapped(current);
  }
  return current;
}

/** A strict object with the sentence that a person sees when something else stands in its place. */
export function strictObject<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, { error: sayUnlessUnknownKey(EXPECTED_OBJECT) });
}

export function listOf<S extends z.ZodType>(
  element: S,
  { least, most }: { readonly least: number; readonly most: number },
) {
  const error = `${EXPECTED_LIST} of ${least}..${most} elements`;
  return z.array(element, { error }).min(least, { error }).max(most, { error });
}

export function integerIn(least: number, most: number) {
  const error = `an integer in ${least}..${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** A text that matches `pattern`; `expected` describes it to people. */
export function textLike(pattern: RegExp, expected: string) {
  return z.string({ error: expected }).regex(pattern, { error: expected });
}

/** `validators[2].power`; the empty text is the whole document. */
function pathText(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? String(step) : `.${String(step)}`;
  }
  return text;
}

function sayUnlessUnknownKey(sentence: string) {
  return (issue: { readonly code?: string | undefined }) =>
    issue.code === "unrecognized_keys" ? undefined : sentence;
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Object.hasOwn(current, step)
      ? (current as Record<PropertyKey, unknown>)[step]
      : undefined;
  }
  return current;
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodDefault ||
    current instanceof z.ZodPrefault
  ) {
    current = current.def.innerType as z.ZodType;
  }
  return current;
}

function namesAt(schema: z.ZodType, path: Path): readonly string[] {
  const found = schemaAt(schema, path);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

const MAX_COMPARED_NAME = 64;

/** Of the names, the one at the least edit distance; none when more than a third of the letters differ. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > MAX_COMPARED_NAME) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Levenshtein, one row at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let line = 1; line <= left.length; line++) {
    const following = [line];
    for (let column = 1; column <= right.length; column++) {
      const same = left[line - 1] === right[column - 1];
      const replaced = (row[column - 1] as number) + (same ? 0 : 1);
      const shifted = Math.min(row[column] as number, following[column - 1] as number) + 1;
      following.push(Math.min(replaced, shifted));
    }
    row = following;
  }
  return row[right.length] as number;
}
