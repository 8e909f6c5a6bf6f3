import { expect, test } from "vitest";
import { wrongText } from "../../../devnet/terminal/live-line.ts";

test.each([
  [0, [], undefined],
  [1, [], "1 fault"],
  [2, [3], "2 faults, v3 lies"],
  [1, [2, 3], "1 fault, v2 v3 lie"],
])("%i faults and the liars %j are told as %j", (faults, liars, text) => {
  expect(wrongText({ faults, liars })).toBe(text);
});
