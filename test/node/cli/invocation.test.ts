// The same program, called in all the ways that people call it: what it suggests must work where they are.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { invocation, pathToType } from "../../../node/cli/invocation.ts";

let home: string;
let checkout: string;
let project: string;

beforeAll(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "quorate-invocation-")));
  checkout = join(home, "checkout");
  project = join(home, "project");
  mkdirSync(join(checkout, "dist", "devnet"), { recursive: true });
  writeFileSync(programIn(checkout), "");
  mkdirSync(join(project, "node_modules", ".bin"), { recursive: true });
  symlinkSync(checkout, join(project, "node_modules", "quorate"));
  symlinkSync(
    join("..", "quorate", "dist", "devnet", "main.js"),
    join(project, "node_modules", ".bin", "quorate"),
  );
});
afterAll(() => rmSync(home, { recursive: true }));

function programIn(folder: string): string {
  return join(folder, "dist", "devnet", "main.js");
}

/** What npm puts into the surroundings of what it runs. */
function npmIn(folder: string, event: string) {
  const command = event === "npx" ? "exec" : "run-script";
  return {
    npm_lifecycle_event: event,
    npm_command: command,
    npm_package_json: join(folder, "package.json"),
  };
}

describe("quorate suggests commands as it was called itself:", () => {
  test("by a script of its checkout", () => {
    const called = invocation(npmIn(checkout, "devnet"), programIn(checkout));
    expect(called).toBe("npm run -s quorate --");
  });

  test("by npx in a project of one's own", () => {
    const program = join(project, "node_modules", ".bin", "quorate");
    expect(invocation(npmIn(project, "npx"), program)).toBe("npx quorate");
  });

  test("by a script of a project of one's own", () => {
    const program = join(project, "node_modules", ".bin", "quorate");
    expect(invocation(npmIn(project, "play"), program)).toBe("npx quorate");
  });

  test("by a script of another project that knows its path", () => {
    const program = programIn(checkout);
    expect(invocation(npmIn(project, "play"), program)).toBe(`node ${program}`);
  });

  test("from the folder of a project's programs", () => {
    const program = join(project, "node_modules", ".bin", "quorate");
    expect(invocation({ PATH: "/usr/bin" }, program)).toBe(program);
    expect(invocation({ PATH: `/usr/bin:${join(program, "..")}` }, program)).toBe("quorate");
  });

  test("where it is installed for everybody", () => {
    expect(invocation({}, "/usr/local/bin/quorate")).toBe("quorate");
  });

  test("by the path of the program", () => {
    expect(invocation({}, programIn(process.cwd()))).toBe(
      `node ${join("dist", "devnet", "main.js")}`,
    );
    expect(invocation({}, "/some where/main.js")).toBe("node '/some where/main.js'");
  });
});

test("a path is written as one would type it here", () => {
  const here = process.cwd();
  expect(pathToType(join(here, ".devnet", "x.yaml"))).toBe(join(".devnet", "x.yaml"));
  expect(pathToType(here)).toBe(here);
  expect(pathToType("/elsewhere/x.yaml")).toBe("/elsewhere/x.yaml");
  expect(pathToType("/elsewhere/it's a file")).toBe("'/elsewhere/it'\\''s a file'");
});
