// `quorate node` cannot be made to lie, as far as its sources say: no import leads from it to a behaviour or a faulty part,
// and nothing but the devnet's own program hands it other surroundings. test/e2e/honest-node.test.ts looks at the process.
// Not covered, for nothing here could prevent it: an operator who runs another program, loads more into this one
// (`node --import`), changes its files, or names an application that breaks out of its part.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
/** What lies, or breaks what a node stands on. */
const FORBIDDEN = /^devnet\/(behaviours|live|virtual|sim|testing|faults|scenario|control|netns)\//;

type Edge = { readonly from: string; readonly to: string };
type Loads = { readonly always: readonly string[]; readonly perhaps: readonly string[] };

/** Modules that a file loads with itself, and those that it may load later; types vanish when it is compiled. */
function loadsOf(path: string): Loads {
  const text = readFileSync(join(root, path), "utf8");
  const named = [...text.matchAll(/^(?:import|export)\s(?!type\s)[^;"']*?from\s+"([^"]+)"/gm)];
  const bare = [...text.matchAll(/^import "([^"]+)";/gm)];
  const dynamic = [...text.matchAll(/(?<!typeof )\bimport\(\s*"([^"]+)"/g)];
  const workers = [...text.matchAll(/new URL\(\s*"([^"]+\.[jt]s)"/g)];
  const own = (found: readonly RegExpMatchArray[]) =>
    found
      .map(([, specifier]) => `${specifier}`)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => relative(root, resolve(root, dirname(path), specifier)))
      .map((target) => target.replace(/\.js$/, ".ts"));
  return { always: own([...named, ...bare]), perhaps: own([...dynamic, ...workers]) };
}

/** Every module that is reached from these, and by which import. */
function closure(
  roots: readonly string[],
  follow: (path: string, loads: Loads) => readonly string[],
) {
  const reached = new Map<string, Edge | undefined>(roots.map((path) => [path, undefined]));
  for (const path of reached.keys()) {
    for (const to of follow(path, loadsOf(path))) {
      if (!existsSync(join(root, to))) throw new Error(`${path} loads ${to}, which does not exist`);
      if (!reached.has(to)) reached.set(to, { from: path, to });
    }
  }
  return reached;
}

function strays(reached: ReadonlyMap<string, Edge | undefined>): readonly string[] {
  return [...reached]
    .filter(([path]) => FORBIDDEN.test(path))
    .map(([path, edge]) => `${edge?.from ?? "a root"} -> ${path}`);
}

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return sources(path);
    return name.endsWith(".ts") && !name.endsWith(".d.ts") ? [path] : [];
  });
}

const textOf = (path: string) => readFileSync(join(root, path), "utf8");

describe("no import leads to a lie", () => {
  test("from any module of the node, whenever it is loaded", () => {
    const all = sources("node");
    expect(all.length).toBeGreaterThan(100);
    const reached = closure(all, (_, { always, perhaps }) => [...always, ...perhaps]);
    expect([...reached.keys()].filter((path) => path.startsWith("devnet/"))).toEqual([]);
  });

  test("from `quorate node`: what the command loads with itself, and what the node loads later", () => {
    const reached = closure(["devnet/main.ts"], (path, { always, perhaps }) => {
      // What other commands of the devnet load, they load when they run.
      return path.startsWith("devnet/") ? always : [...always, ...perhaps];
    });
    // It is really followed: to the command, to the runtime behind it, to its workers.
    expect(reached.has("node/cli/node.ts")).toBe(true);
    expect(reached.has("node/runtime/live-node.ts")).toBe(true);
    expect(reached.has("node/verification/worker.ts")).toBe(true);
    expect(strays(reached)).toEqual([]);
  });

  test("and would be seen: from the devnet's own program one does", () => {
    const reached = closure(["devnet/ailing/ailing-node.ts"], (_, { always }) => always);
    expect(strays(reached).length).toBeGreaterThan(20);
    expect(reached.has("devnet/behaviours/equivocating-leader.ts")).toBe(true);
  });
});

describe("other surroundings", () => {
  test("are never handed to a validator outside of the devnet, but by the command that a program may equip", () => {
    const calls = ["node", "mempool", "consensus", "crypto"].flatMap(sources).flatMap((path) => {
      return callsOf("startValidator", path).map((call) => ({ path, call }));
    });
    const handing = calls.filter(({ call }) => /surroundings|\.\.\.(?!\(equipment)/.test(call));
    expect(calls.length).toBeGreaterThan(1);
    expect(handing.map(({ path }) => path)).toEqual(["node/cli/node.ts"]);
  });

  test("reach the command from the devnet's own program only", () => {
    const equipped = [...sources("node"), ...sources("devnet")].flatMap((path) => {
      return callsOf("registerNodeCommand", path)
        .filter((call) => call.includes(","))
        .map(() => path);
    });
    expect(equipped).toEqual(["devnet/ailing/ailing-node.ts"]);
  });

  test("are in no configuration, flag or variable: nothing there speaks of them", () => {
    const talk = [...sources("node/config"), "node/cli/node.ts"].flatMap((path) => {
      const found = textOf(path).match(/\blie|\blying|behaviour|ailment|byzantine|equivocat/i);
      return found === null ? [] : [`${path}: ${found[0]}`];
    });
    expect(talk).toEqual([]);
  });

  test("load by name what an operator names in one place only: the application", () => {
    const byName = sources("node").flatMap((path) => {
      return [...textOf(path).matchAll(/\bimport\((?!\s*")/g)].map(() => path);
    });
    expect(byName).toEqual(["node/runtime/machine.ts"]);
  });
});

/** The calls of a function in a file, each from its name to the bracket that closes it; not its declaration. */
function callsOf(name: string, path: string): readonly string[] {
  const text = textOf(path);
  return [...text.matchAll(new RegExp(`(?<!function )\\b${name}\\(`, "g"))].map(({ index }) => {
    let depth = 0;
    for (let at = index + name.length; at < text.length; at++) {
      if (text[at] === "(") depth += 1;
      if (text[at] === ")") depth -= 1;
      if (depth === 0) return text.slice(index, at + 1);
    }
    return text.slice(index);
  });
}
