import { describe, expect, test } from "vitest";
import { CLEAR_LINE, createOutput, paintFor, table } from "../../../node/cli/output.ts";

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, write: (text: string) => written.push(text) };
}

describe("the output of a command", () => {
  test("is one JSON object a line with --json", () => {
    const stdout = terminal(true);
    const output = createOutput({ json: true, stdout, stderr: terminal(true), env: {} });
    output.record({ type: "a", text: "two\nlines" }, () => "for people");
    expect(stdout.written).toEqual(['{"type":"a","text":"two\\nlines"}\n']);
    expect(output.interactive).toBe(false);
  });

  test("keeps data on stdout and remarks and failures on stderr", () => {
    const stdout = terminal(false);
    const stderr = terminal(false);
    const output = createOutput({ json: false, stdout, stderr, env: {} });
    output.record({ type: "a" }, () => "data");
    output.note("a remark");
    output.failure({ message: "it broke", remedy: "mend it", exitCode: 1 });
    expect(stdout.written.join("")).toBe("data\n");
    expect(stderr.written.join("")).toBe("a remark\nerror: it broke\n  mend it\n");
  });

  test("says a failure as JSON, too", () => {
    const stderr = terminal(false);
    const output = createOutput({ json: true, stdout: terminal(false), stderr, env: {} });
    output.failure({ message: "it broke", remedy: "mend it", code: "BROKEN", exitCode: 5 });
    expect(JSON.parse(stderr.written.join(""))).toEqual({
      type: "error",
      code: "BROKEN",
      message: "it broke",
      remedy: "mend it",
      exitCode: 5,
    });
  });

  test("lets through colours and new lines, and no other control character of what others say", () => {
    const stdout = terminal(false);
    const output = createOutput({ json: false, stdout, stderr: stdout, env: {} });
    const hostile = "a\u001b]0;title\u0007\u001b[2Jb\r\u009b1mc";
    const told = "a\ufffd]0;title\ufffd\ufffd[2Jb\ufffd\ufffd1mc";
    output.record({}, () => `\u001b[31mred\u001b[0m\n\t${hostile}`);
    output.note(hostile);
    output.failure({ message: hostile, remedy: hostile, exitCode: 1 });
    expect(stdout.written.join("")).toBe(
      `\u001b[31mred\u001b[0m\n\t${told}\n${told}\nerror: ${told}\n  ${told}\n`,
    );
  });

  test("tells how far it is in one line, which is gone before anything else is said", () => {
    const stdout = { ...terminal(true), columns: 12 };
    const stderr = { isTTY: true, write: (text: string) => stdout.written.push(text) };
    const output = createOutput({ json: false, stdout, stderr, env: { NO_COLOR: "1" } });
    output.progress("block 1 of 2000");
    output.progress("2");
    output.note("a remark");
    output.record({}, () => "data");
    output.progress("3");
    output.failure({ message: "it broke", exitCode: 1 });
    output.progress(undefined);
    expect(stdout.written.join("").split(CLEAR_LINE)).toEqual([
      ...["", "block 1 of ", "2", "a remark\ndata\n", "3", "error: it broke\n"],
    ]);
  });

  test.each([
    ["in a pipe", { json: false, isTTY: false }],
    ["with --json", { json: true, isTTY: true }],
  ])("does not tell how far it is %s", (_, { json, isTTY }) => {
    const stdout = terminal(isTTY);
    createOutput({ json, stdout, stderr: stdout, env: {} }).progress("1");
    expect(stdout.written).toEqual([]);
  });

  test("has colour on a terminal only, and not where NO_COLOR or a dumb terminal forbids it", () => {
    const coloured = "\u001b[31mx\u001b[0m";
    expect(paintFor(terminal(true), {}).red("x")).toBe(coloured);
    expect(paintFor(terminal(true), { NO_COLOR: "" }).red("x")).toBe(coloured);
    expect(paintFor(terminal(false), {}).red("x")).toBe("x");
    expect(paintFor(terminal(true), { NO_COLOR: "1" }).red("x")).toBe("x");
    expect(paintFor(terminal(true), { TERM: "dumb" }).red("x")).toBe("x");
  });

  test("aligns columns by what is seen, not by the colours", () => {
    const { red } = paintFor(terminal(true), {});
    expect(
      table([
        ["a", "b"],
        [red("long"), "c"],
      ]),
    ).toBe(`a     b\n${red("long")}  c`);
  });
});
