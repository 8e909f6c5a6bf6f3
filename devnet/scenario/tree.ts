// What a scenario is read from: values that know where they stand, be they from a file or from TypeScript, and the list of
// what is wrong with them.

/** Line and column from 1; both 0 for what comes from TypeScript. The path is "timeline[2].do". */
export type Place = {
  readonly line: number;
  readonly column: number;
  readonly path: string;
};

export type Tree =
  | {
      readonly kind: "map";
      readonly entries: readonly Entry[];
      /** Between { and }, where a comma ends a value. */
      readonly isFlow: boolean;
      readonly place: Place;
    }
  | { readonly kind: "list"; readonly items: readonly Tree[]; readonly place: Place }
  | {
      readonly kind: "value";
      readonly value: string | number | boolean | null;
      readonly place: Place;
      /** Where the so-manieth character of a text stands. */
      readonly placeOf: (character: number) => Place;
    };

export type Entry = { readonly key: string; readonly place: Place; readonly value: Tree };

export type Problem = Place & {
  /** The reason, one sentence, with what to do about it. */
  readonly what: string;
  /** What could stand in the place of the word there. */
  readonly nearest?: string;
};

export const MAX_PROBLEMS = 20;
export const MAX_DEPTH = 16;

/** The first so many; whatever comes after them is not worth reading. */
export class Problems {
  readonly #found: Problem[] = [];

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  get count(): number {
    return this.#found.length;
  }

  get isFull(): boolean {
    return this.#found.length >= MAX_PROBLEMS;
  }

  add({ line, column, path }: Place, what: string, nearest?: string): undefined {
    const isTold = this.#found.some((other) => {
      // From TypeScript there are paths in the place of lines.
      const isThere = line === 0 ? other.path === path : other.line === line;
      return isThere && other.column === column && other.what === what;
    });
    if (!isTold && !this.isFull) {
      const near = nearest === undefined ? {} : { nearest };
      this.#found.push({ line, column, path, what, ...near });
    }
    return undefined;
  }

  /** In the order of the text. */
  list(): readonly Problem[] {
    return [...this.#found].sort((a, b) => a.line - b.line || a.column - b.column);
  }
}

/** "line 7, column 9: there is no verb ...; nearest: kill", or with the path where there are no lines. */
export function problemText({ line, column, path, what, nearest }: Problem): string {
  const where = line === 0 ? path : `line ${line}, column ${column}`;
  const near = nearest === undefined ? "" : `; nearest: ${nearest}`;
  return `${where === "" ? "" : `${where}: `}${what}${near}`;
}
