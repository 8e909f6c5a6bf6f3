// One JSON object a line.

import { describe, expect, test } from "vitest";
import { createLogger } from "../../../node/logging/index.ts";

function lines() {
  const written: string[] = [];
  const destination = { write: (line: string) => written.push(line) };
  return { destination, read: () => written.map((line) => JSON.parse(line)) };
}

describe("a log", () => {
  test("writes level by name, time in ISO 8601, the validator and what was said", () => {
    const { destination, read } = lines();
    const log = createLogger({ level: "info", validator: 2, destination });
    log.info({ height: 7 }, "committed");
    expect(read()).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        validator: 2,
        height: 7,
        msg: "committed",
      },
    ]);
  });

  test("of a follower names no validator, process or machine", () => {
    const { destination, read } = lines();
    createLogger({ level: "info", destination }).warn("alone");
    expect(Object.keys(read()[0])).toEqual(["level", "time", "msg"]);
  });

  test("leaves out what is below its level", () => {
    const { destination, read } = lines();
    const log = createLogger({ level: "warn", destination });
    log.info("not this");
    log.warn("this");
    expect(read()).toMatchObject([{ msg: "this" }]);
  });

  test("says nothing at all when silent", () => {
    const { destination, read } = lines();
    createLogger({ level: "silent", destination }).fatal("unheard");
    expect(read()).toEqual([]);
  });

  test("writes an error with its code and cause", () => {
    const { destination, read } = lines();
    const cause = new Error("disk gone");
    const err = Object.assign(new Error("cannot persist", { cause }), { code: "IO" });
    createLogger({ level: "info", destination }).error({ err }, "stopping");
    expect(read()[0].err).toMatchObject({ type: "Error", code: "IO" });
    expect(read()[0].err.message).toContain("disk gone");
  });
});
