// A scenario written in TypeScript as the same tree that a file gives: paths in the place of lines.

import { type Entry, MAX_DEPTH, type Place, type Problems, type Tree } from "./tree.ts";

const MAX_WIDTH = 4096;

export function readPlain(value: unknown, problems: Problems): Tree | undefined {
  const tree = build(value, { path: "", depth: 0, problems });
  return problems.isEmpty ? tree : undefined;
}

type Spot = { readonly path: string; readonly depth: number; readonly problems: Problems };

function build(value: unknown, { path, depth, problems }: Spot): Tree {
  const place: Place = { line: 0, column: 0, path };
  const nothing = { kind: "value", value: null, place, placeOf: () => place } as const;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return { ...nothing, value };
  }
  if (typeof value !== "object" || value === null) {
    if (value !== null) problems.add(place, `a ${typeof value} has no place in a scenario`);
    return nothing;
  }
  if (depth > MAX_DEPTH) {
    problems.add(place, `nested more than ${MAX_DEPTH} deep`);
    return nothing;
  }
  const inner = (key: string): Spot => ({ path: key, depth: depth + 1, problems });
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_WIDTH);
    return {
      kind: "list",
      items: items.map((item, index) => build(item, inner(`${path}[${index}]`))),
      place,
    };
  }
  const entries: Entry[] = Object.entries(value)
    // As if it had been left away.
    .filter(([, inside]) => inside !== undefined)
    .slice(0, MAX_WIDTH)
    .map(([key, inside]) => {
      const where = path === "" ? key : `${path}.${key}`;
      return { key, place: { ...place, path: where }, value: build(inside, inner(where)) };
    });
  return { kind: "map", entries, isFlow: false, place };
}
