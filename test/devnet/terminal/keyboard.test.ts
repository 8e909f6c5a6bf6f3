// The keys of a terminal that only remembers how it was set.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReadStream } from "node:tty";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BottomLines } from "../../../devnet/terminal/bottom-lines.ts";
import { isInForeground } from "../../../devnet/terminal/foreground.ts";
import { Keyboard } from "../../../devnet/terminal/keyboard.ts";
import type { Wish } from "../../../devnet/terminal/keys.ts";
import { paintFor } from "../../../node/cli/output.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "quorate-keyboard-"));
});

afterEach(() => rmSync(dir, { recursive: true }));

function keyboard(given: { readonly isInForeground: boolean }) {
  const modes: boolean[] = [];
  const wishes: Wish[] = [];
  let type: (text: string) => void = () => {};
  const input = {
    isTTY: true,
    setRawMode: (mode: boolean) => modes.push(mode),
    on: (_: "data", hear: (data: Buffer) => void) => {
      type = (text) => hear(Buffer.from(text));
    },
    off: () => {},
    resume: () => {},
    pause: () => {},
  } as unknown as ReadStream;
  const stream = { write: () => true };
  const output = { interactive: true, raw: () => {}, paint: paintFor(stream, {}) };
  const bottom = new BottomLines(output);
  const isOurs = () => given.isInForeground;
  const keys = new Keyboard({
    input,
    output,
    bottom,
    onWish: (wish) => wishes.push(wish),
    isInForeground: isOurs,
  });
  return { keys, modes, wishes, type: (text: string) => type(text) };
}

function stat({ group, foreground }: { readonly group: number; readonly foreground: number }) {
  const file = join(dir, "stat");
  writeFileSync(file, `77 (node (a) 9 9) S 1 ${group} 70 34816 ${foreground} 4194560 0 0`);
  return isInForeground(file);
}

describe("the keyboard of a running devnet", () => {
  test("has the terminal give every key, and gives back its ways", () => {
    const { keys, modes } = keyboard({ isInForeground: true });
    keys.start();
    keys.stop();
    expect(modes).toEqual([true, false]);
  });

  test("leaves the terminal alone from its background: the system would stop the devnet", () => {
    const { keys, modes } = keyboard({ isInForeground: false });
    keys.start();
    keys.stop();
    expect(modes).toEqual([]);
  });

  test("takes back a command that was no good, to be corrected", () => {
    const { keys, wishes, type } = keyboard({ isInForeground: true });
    keys.start();
    type("l3\r");
    keys.giveBack("lie 3");
    type(" equivocate\r");
    expect(wishes).toEqual([
      { type: "command", text: "lie 3" },
      { type: "command", text: "lie 3 equivocate" },
    ]);
    keys.stop();
  });

  test("does not put it over what is being typed meanwhile", () => {
    const { keys, wishes, type } = keyboard({ isInForeground: true });
    keys.start();
    type("k");
    keys.giveBack("lie 3");
    type("2\r");
    expect(wishes).toEqual([{ type: "command", text: "kill 2" }]);
    keys.stop();
  });

  test("knows the background by the group of its process", () => {
    expect(stat({ group: 77, foreground: 77 })).toBe(true);
    expect(stat({ group: 77, foreground: 70 })).toBe(false);
  });

  test("takes a terminal for its own where that cannot be known", () => {
    expect(isInForeground(join(dir, "nothing"))).toBe(true);
  });
});
