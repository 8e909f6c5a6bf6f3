import { expect, test } from "vitest";
import { WAYS } from "../../../devnet/behaviours/index.ts";
import { VERB_HELP } from "../../../devnet/faults/index.ts";
import { keyHelp } from "../../../devnet/terminal/key-help.ts";

test("the help of the keys names every verb and every way to lie, and fits a screen with the lines below it", () => {
  const ways = [...WAYS.keys()];
  const text = keyHelp(ways);
  const lines = text.split("\n");
  expect(lines.length).toBeLessThanOrEqual(20);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  for (const { usage } of VERB_HELP) expect(text).toContain(usage);
  for (const way of ways) expect(text).toContain(way);
});
