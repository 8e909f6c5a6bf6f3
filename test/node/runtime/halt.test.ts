import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commitCertCodec, type Evidence, type Halt } from "../../../consensus/index.ts";
import { encode, type Height, toHex, type View } from "../../../crypto/index.ts";
import { exitCodeOf } from "../../../node/cli/exit-codes.ts";
import { HaltError, recordHalt, refuseAfterHalt } from "../../../node/runtime/halt.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, committee } from "../replica/fixtures.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-halt-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cert = committee.commitCert(block(1), { stateRoot: hashOf("theirs") });
const halt: Halt = {
  reason: "state-diverged",
  height: 1 as Height,
  view: 9 as View,
  ours: hashOf("ours"),
  theirs: hashOf("theirs"),
  cert,
};
const vote = committee.vote(block(1), { by: 2 });
const evidence: Evidence = { offender: 2, view: 1 as View, first: vote, second: vote };

describe("a halt", () => {
  test("leaves a bundle with all that people need to compare", () => {
    recordHalt(folder, halt, [evidence]);
    const bundle: unknown = JSON.parse(readFileSync(join(folder, "halt.json"), "utf8"));
    expect(bundle).toMatchObject({
      reason: "state-diverged",
      height: "1",
      view: "9",
      ours: toHex(hashOf("ours")),
      theirs: toHex(hashOf("theirs")),
      certificate: toHex(encode(commitCertCodec, cert)),
      evidence: [{ offender: 2 }],
    });
  });

  test("leaves nothing half written beside it", () => {
    recordHalt(folder, halt, []);
    expect(readdirSync(folder)).toEqual(["halt.json"]);
  });

  test("ends with an error that says what happened and what not to do", () => {
    const error = recordHalt(folder, halt, []);
    expect(error).toBeInstanceOf(HaltError);
    expect(error.message).toContain("state-diverged at height 1");
    expect(error.message).toContain("Do not restart");
    expect(exitCodeOf(error)).toBe(7);
  });

  test("ends with that error even when the bundle cannot be written", () => {
    const error = recordHalt(join(folder, "no such folder"), halt, []);
    expect(error).toBeInstanceOf(HaltError);
    expect(error.cause).toMatchObject({ code: "ENOENT" });
  });
});

describe("a start", () => {
  test("goes on where nothing has halted", () => {
    expect(() => refuseAfterHalt(folder)).not.toThrow();
  });

  test("is refused after a halt, with the reason", () => {
    recordHalt(folder, halt, []);
    expect(() => refuseAfterHalt(folder)).toThrow(HaltError);
    expect(() => refuseAfterHalt(folder)).toThrow("state-diverged");
  });

  test.each(["", "{", "null", "[]"])("is refused after a halt whose bundle is %o", (text) => {
    writeFileSync(join(folder, "halt.json"), text);
    expect(() => refuseAfterHalt(folder)).toThrow(HaltError);
  });
});
