import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { haltReason } from "../../../devnet/live/halt-reason.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "quorate-halt-"));
  mkdirSync(join(dir, "data"));
});

afterEach(() => rmSync(dir, { recursive: true }));

function bundle(text: string): void {
  writeFileSync(join(dir, "data", "halt.json"), text);
}

describe("the reason for a halt", () => {
  test("is what the bundle says, however long the rest of it is", () => {
    const rest = { block: "0".repeat(5_000) };
    bundle(JSON.stringify({ reason: "state-diverged", height: "17", ...rest }, undefined, 2));
    expect(haltReason(dir)).toBe("state-diverged at height 17");
  });

  test.each([["{"], [""], ['{"reason": "\u001b[31m", "height": "1"}']])(
    "is unknown where the bundle says %j",
    (text) => {
      bundle(text);
      expect(haltReason(dir)).toBeUndefined();
    },
  );

  test("is unknown without a bundle", () => {
    expect(haltReason(dir)).toBeUndefined();
  });
});
