// What the package carries beside the program: the documents that it sends its reader to.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const LINK = /\]\(([^)#\s]+)(?:#[^)]*)?\)/g;

let packed: ReadonlySet<string>;
beforeAll(() => {
  const args = ["pack", "--dry-run", "--ignore-scripts", "--json", "--silent"];
  const [{ files }] = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" }));
  packed = new Set(files.map(({ path }: { readonly path: string }) => path));
}, 60_000);

/** Relative ones, as paths of the package. */
function linksOf(document: string): readonly string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(LINK)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => posix.join(dirname(document), target));
}

describe("the package", () => {
  test("carries all that its README links to, but the tests", () => {
    const files = [...packed];
    const links = linksOf("README.md").filter((link) => !link.startsWith("test/"));
    expect(links.length).toBeGreaterThan(10);
    const dead = links.filter((link) => {
      return (
        !packed.has(link) && !files.some((file) => file.startsWith(`${link.replace(/\/$/, "")}/`))
      );
    });
    expect(dead).toEqual([]);
  });

  test("carries the document that remedies name", () => {
    expect(packed).toContain("devnet/scenario/README.md");
  });

  test("carries no test, and no source but the examples", () => {
    const isStray = (path: string) =>
      /^(?:dist\/)?test\//.test(path) ||
      (/\.ts$/.test(path) && !/^dist\/|^devnet\/examples\//.test(path));
    expect([...packed].filter(isStray)).toEqual([]);
  });
});
