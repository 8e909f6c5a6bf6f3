import { expect, test } from "vitest";

test("the room opens although nothing was loaded before: its constants are sound, its domains have names", async () => {
  const room = await import("../../consensus/index.ts");
  expect(typeof room.Engine).toBe("function");
});
