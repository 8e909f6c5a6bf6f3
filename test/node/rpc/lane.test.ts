// Requests take turns with everything else.

import { describe, expect, test } from "vitest";
import { Lane } from "../../../node/rpc/lane.ts";

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("a lane", () => {
  test("serves in the order of arrival, and not at once", async () => {
    const lane = new Lane();
    const served: number[] = [];
    for (const at of [0, 1, 2]) lane.enter(() => served.push(at));
    expect(served).toEqual([]);
    await turn();
    expect(served).toEqual([0, 1, 2]);
  });

  test("lets others have the event loop between a few of many", async () => {
    const lane = new Lane();
    let served = 0;
    for (let at = 0; at < 1_000; at++) lane.enter(() => served++);
    const seen: number[] = [];
    while (served < 1_000) {
      await turn();
      seen.push(served);
    }
    expect(seen).toEqual(Array.from({ length: 250 }, (_, at) => 4 * (at + 1)));
  });

  test("takes in those that come while it serves", async () => {
    const lane = new Lane();
    const served: string[] = [];
    lane.enter(() => {
      served.push("first");
      lane.enter(() => served.push("second"));
    });
    await turn();
    await turn();
    expect(served).toEqual(["first", "second"]);
  });
});
