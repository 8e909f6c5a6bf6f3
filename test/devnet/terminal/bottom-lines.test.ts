import { describe, expect, test } from "vitest";
import { BottomLines } from "../../../devnet/terminal/bottom-lines.ts";

function terminal({ columns = 20, interactive = true } = {}) {
  let written = "";
  const raw = (text: string) => {
    written += text;
  };
  const bottom = new BottomLines({ interactive, raw }, () => columns);
  return { bottom, raw, written: () => written, screen: () => screenOf(written) };
}

/** What is left to see: enough of a terminal for what is written here. */
function screenOf(written: string): { readonly lines: readonly string[]; readonly column: number } {
  const start = "\u001b";
  const lines = [""];
  let row = 0;
  let column = 0;
  const parts = written.match(new RegExp(`${start}\\[[0-9;]*[A-Za-z]|[^]`, "g")) ?? [];
  for (const part of parts) {
    const count = Number(/\d+/.exec(part)?.[0] ?? 1);
    if (part === "\r") column = 0;
    else if (part === "\n") {
      row += 1;
      column = 0;
      lines[row] ??= "";
    } else if (part.endsWith("A") && part.length > 1) row -= count;
    else if (part.endsWith("C") && part.length > 1) column += count;
    else if (part.endsWith("K") && part.length > 1) lines[row] = "";
    else if (part.length === 1) {
      const line = lines[row] ?? "";
      lines[row] = line.slice(0, column).padEnd(column) + part + line.slice(column + 1);
      column += 1;
    }
  }
  while (lines.at(-1) === "") lines.pop();
  return { lines, column };
}

describe("the last lines of a terminal", () => {
  test("stay below whatever is printed", () => {
    const { bottom, raw, screen } = terminal();
    bottom.open();
    bottom.status("height 7");
    bottom.prompt("keys");
    bottom.above(() => raw("v2 died\nlog\n"));
    bottom.status("height 8");
    expect(screen().lines).toEqual(["v2 died", "log", "height 8", "keys"]);
  });

  test("are gone without a trace when they are closed", () => {
    const { bottom, raw, screen } = terminal();
    bottom.open();
    bottom.status("height 7");
    bottom.prompt("keys");
    bottom.close();
    raw("the end");
    expect(screen().lines).toEqual(["the end"]);
  });

  test("are cut to the width of the terminal, colours not counted", () => {
    const { bottom, screen } = terminal({ columns: 11 });
    bottom.open();
    bottom.status("\u001b[1mheight\u001b[0m 1234567");
    expect(screen().lines).toEqual(["height 123"]);
  });

  test("show the cursor where the next character goes", () => {
    const { bottom, screen } = terminal();
    bottom.open();
    bottom.prompt("> kill 2", 4);
    expect(screen()).toEqual({ lines: ["> kill 2"], column: 4 });
  });

  test("show what is typed beyond the width, up to the cursor", () => {
    const { bottom, screen } = terminal({ columns: 11 });
    bottom.open();
    bottom.prompt("> lie 3 equivocate", 18);
    expect(screen()).toEqual({ lines: ["…uivocate"], column: 9 });
    bottom.prompt("> lie 3 equivocate", 9);
    expect(screen()).toEqual({ lines: ["> lie 3 eq"], column: 9 });
  });

  test("write nothing where nobody watches, nor before they are opened", () => {
    const quiet = terminal({ interactive: false });
    quiet.bottom.open();
    quiet.bottom.status("height 7");
    quiet.bottom.close();
    const early = terminal();
    early.bottom.status("height 7");
    expect(quiet.written() + early.written()).toBe("");
  });
});
