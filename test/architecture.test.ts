import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const TOP_FOLDERS = ["crypto", "consensus", "mempool", "node", "devnet", "test"];

/** Who may import whom: every top folder with those below it. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  crypto: [],
  consensus: ["crypto"],
  mempool: ["crypto"],
  node: ["crypto", "consensus", "mempool"],
  devnet: ["crypto", "consensus", "mempool", "node"],
};

/** Packages that live in one place. */
const HOMES: readonly { readonly packages: RegExp; readonly home: RegExp }[] = [
  { packages: /^(@noble|@scure)\//, home: /^crypto\// },
  { packages: /^(sodium-native|@chainsafe\/hashtree)$/, home: /^crypto\/native\// },
  {
    packages: /^(libp2p$|@libp2p\/|@chainsafe\/libp2p|@multiformats\/|it-)/,
    home: /^node\/network\//,
  },
  { packages: /^lmdb$/, home: /^node\/storage\// },
  { packages: /^(hono|@hono\/)/, home: /^node\/rpc\// },
  { packages: /^node:/, home: /^(crypto\/native|node|devnet)\// },
];

/** No clock, I/O, randomness or process; the same code in the simulator, the live node and, for some, a browser. */
const PURE =
  /^(crypto\/(?!native\/)|consensus\/|mempool\/|node\/(transaction|ledger|proof|sync|replica)\/)/;
const PORTABLE = /^(crypto\/(?!native\/)|node\/(chain|transaction|ledger|proof|client)\/)/;
const IMPURE_WORDS =
  /\b(Date\.now|new Date|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|performance\.|process\.|console\.|await |async )/;

type SourceFile = {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
};

function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return sourceFiles(path);
    if (!name.endsWith(".ts") || name.endsWith(".d.ts")) return [];
    const text = readFileSync(join(root, path), "utf8");
    const imports = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(
      (found) => `${found[1]}`,
    );
    return [{ path, text, imports: [...imports, ...bareImports(text)] }];
  });
}

function bareImports(text: string): string[] {
  return [...text.matchAll(/^import "([^"]+)";/gm)].map((found) => `${found[1]}`);
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}

/** The room a file is in: its top folder, or the folder right under `node`, `devnet` and `crypto`. */
function roomOf(path: string): string {
  const [top, second, third] = path.split("/");
  return third === undefined ? `${top}` : `${top}/${second}`;
}

const sources = TOP_FOLDERS.filter((folder) => folder !== "test").flatMap(sourceFiles);

/** Own modules that a file imports, as paths from the root. */
function ownImports({ path, imports }: SourceFile): string[] {
  return imports
    .filter((imported) => imported.startsWith("."))
    .map((imported) => relative(root, resolve(root, dirname(path), imported)));
}

describe("the house", () => {
  test("has sources in every room that the plan names", () => {
    for (const folder of Object.keys(BELOW)) {
      expect(sources.filter(({ path }) => path.startsWith(`${folder}/`)).length).toBeGreaterThan(0);
    }
  });

  test("imports only downwards", () => {
    const upward = sources.flatMap((file) => {
      const top = `${file.path.split("/")[0]}`;
      return ownImports(file)
        .filter((target) => {
          const targetTop = `${target.split("/")[0]}`;
          return targetTop !== top && !BELOW[top]?.includes(targetTop);
        })
        .map((target) => `${file.path} -> ${target}`);
    });
    expect(upward).toEqual([]);
  });

  test("enters another room only by its door", () => {
    const throughTheWindow = sources.flatMap((file) =>
      ownImports(file)
        .filter((target) => !target.endsWith("/index.ts"))
        // A room within a room (crypto/native) may use what is around it.
        .filter((target) => !`${roomOf(file.path)}/`.startsWith(`${roomOf(target)}/`))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(throughTheWindow).toEqual([]);
  });

  test.each(HOMES)("keeps $packages in $home", ({ packages, home }) => {
    const strays = sources.flatMap(({ path, imports }) =>
      imports
        .filter((imported) => packages.test(imported) && !home.test(path))
        .map((imported) => `${path} -> ${imported}`),
    );
    expect(strays).toEqual([]);
  });

  test("keeps the pure core free of clocks, I/O and promises", () => {
    const impure = sources
      .filter(({ path }) => PURE.test(path))
      .flatMap(({ path, text }) => {
        const found = withoutComments(text).match(IMPURE_WORDS);
        return found === null ? [] : [`${path}: ${found[0]}`];
      });
    expect(impure).toEqual([]);
  });

  test("keeps what a browser runs free of Node and of native code", () => {
    const bound = sources
      .filter(({ path }) => PORTABLE.test(path))
      .flatMap((file) =>
        [...file.imports, ...ownImports(file)]
          .filter((target) => target.startsWith("node:") || target.startsWith("crypto/native"))
          .map((target) => `${file.path} -> ${target}`),
      );
    expect(bound).toEqual([]);
  });
});

describe("every source file", () => {
  test("begins by saying what it holds", () => {
    const silent = sources
      .filter(({ text }) => !/^(#!.*\n)?\/\/ /.test(text))
      .map(({ path }) => path);
    expect(silent).toEqual([]);
  });

  test("can be read in one sitting", () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split("\n").length }))
      .filter(({ lines }) => lines > 460);
    expect(long).toEqual([]);
  });

  test("is named with plain nouns in kebab case", () => {
    const odd = sources
      .map(({ path }) => path)
      .filter((path) => /manager|helper|util|service/.test(path) || !/^[a-z0-9/.-]+$/.test(path));
    expect(odd).toEqual([]);
  });
});
