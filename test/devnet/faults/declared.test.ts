// What is declared to be wrong with a devnet after one command and another.

import { describe, expect, test } from "vitest";
import { declare, nothingDeclared, parseCommand } from "../../../devnet/faults/index.ts";

function declaredAfter(...texts: readonly string[]) {
  return texts.reduce((declared, text) => {
    const parsed = parseCommand(text, { validators: 2, ways: [] });
    if (!parsed.ok) throw new Error(parsed.what);
    return declare(declared, parsed.command);
  }, nothingDeclared(2)).validators[1];
}

describe("a disk", () => {
  test("that is full stays full until it is healed, though its next sync is to fail", () => {
    expect(declaredAfter("fill-disk 1", "break-disk 1")?.disk).toBe("full");
    expect(declaredAfter("fill-disk 1", "break-disk 1", "heal 1")?.disk).toBe("sound");
  });

  test("whose next sync fails may be full before that comes", () => {
    expect(declaredAfter("break-disk 1", "fill-disk 1")?.disk).toBe("full");
  });

  test("keeps its fault through a restart", () => {
    expect(declaredAfter("break-disk 1", "restart 1")?.disk).toBe("next-sync-fails");
  });
});

test("whoever is down does not stand still", () => {
  expect(declaredAfter("kill 1", "pause 1")?.isPaused).toBe(false);
  expect(declaredAfter("pause 1", "kill 1")?.isPaused).toBe(false);
});
