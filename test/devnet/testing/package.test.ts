// What `quorate/testing` takes with it into a stranger's project: files that the package carries and packages that it
// depends on, nothing of the tests and none of the tools. Looks at what `npm run build` made.

import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

type Manifest = {
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
};
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const { default: entry, types } = manifest.exports["./testing"] ?? {};

/** Static, dynamic, required, and the modules of workers. */
const IMPORT =
  /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire(?:\.resolve)?\(\s*|\bnew URL\(\s*)(["'])([^"'\n]+)\1/g;

type Graph = { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> };

/** All that is reached from there. */
function graphOf(start: string, endingOf: (path: string) => string): Graph {
  const files = new Set<string>();
  const packages = new Set<string>();
  const ahead = [join(root, start)];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    const name = relative(root, path);
    if (files.has(name)) continue;
    files.add(name);
    for (const [, , imported = ""] of withoutComments(path).matchAll(IMPORT)) {
      if (imported.startsWith(".")) ahead.push(endingOf(resolve(dirname(path), imported)));
      else packages.add(packageOf(imported));
    }
  }
  return { files, packages };
}

function withoutComments(path: string): string {
  const text = readFileSync(path, "utf8");
  return text.replaceAll(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*$)/gm, "");
}

function packageOf(imported: string): string {
  if (imported.startsWith("node:") || builtinModules.includes(imported)) return "node";
  return imported.split("/", imported.startsWith("@") ? 2 : 1).join("/");
}

describe.each([
  ["what runs", entry, (path: string) => path],
  ["its types", types, (path: string) => path.replace(/\.(ts|js)$/, ".d.ts")],
])("%s", (_, start = "", endingOf) => {
  const { files, packages } = graphOf(start, endingOf);

  test("is followed into other rooms", () => {
    expect([...files]).toContain(endingOf("dist/devnet/verdict/verdict.js"));
  });

  test("is all in the package, and nothing of it is a test", () => {
    const strays = [...files].filter((file) => {
      return !file.startsWith("dist/") || file.startsWith("dist/test/");
    });
    expect(strays).toEqual([]);
  });

  test("needs no package but those that come with it", () => {
    const known = ["node", ...Object.keys(manifest.dependencies)];
    expect([...packages].filter((name) => !known.includes(name))).toEqual([]);
  });
});

test("what is loaded later, for processes, is followed, too", () => {
  const { packages } = graphOf(entry ?? "", (path) => path);
  expect([...packages]).toEqual(expect.arrayContaining(["@noble/hashes", "libp2p", "lmdb"]));
});
