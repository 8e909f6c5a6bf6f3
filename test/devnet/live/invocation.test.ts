import { join } from "node:path";
import { expect, test } from "vitest";
import { invocation } from "../../../devnet/live/invocation.ts";

test("a devnet suggests commands as it was called itself", () => {
  const built = join(process.cwd(), "dist", "devnet", "main.js");
  expect(invocation({ npm_lifecycle_event: "devnet" }, built)).toBe("npm run -s quorate --");
  expect(invocation({}, "/usr/local/bin/quorate")).toBe("quorate");
  expect(invocation({}, built)).toBe(`node ${join("dist", "devnet", "main.js")}`);
});
