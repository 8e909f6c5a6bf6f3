import { join } from "node:path";
import { expect, test } from "vitest";
import { invocation, pathToType } from "../../../node/cli/invocation.ts";

test("a devnet suggests commands as it was called itself", () => {
  const built = join(process.cwd(), "dist", "devnet", "main.js");
  expect(invocation({ npm_lifecycle_event: "devnet" }, built)).toBe("npm run -s quorate --");
  expect(invocation({}, "/usr/local/bin/quorate")).toBe("quorate");
  expect(invocation({}, built)).toBe(`node ${join("dist", "devnet", "main.js")}`);
});

test("a path is written as one would type it here", () => {
  const here = process.cwd();
  expect(pathToType(join(here, ".devnet", "x.yaml"))).toBe(join(".devnet", "x.yaml"));
  expect(pathToType(here)).toBe(here);
  expect(pathToType("/elsewhere/x.yaml")).toBe("/elsewhere/x.yaml");
  expect(pathToType("/elsewhere/it's a file")).toBe("'/elsewhere/it'\\''s a file'");
});
