import { describe, expect, test } from "vitest";
import { IDLE, press, strokesIn, type Typing, type Wish } from "../../../devnet/terminal/keys.ts";

/** What a person at the terminal gets for what it sends. */
function type(sent: string, from: Typing = IDLE) {
  let typing = from;
  const wishes: Wish[] = [];
  for (const stroke of strokesIn(sent)) {
    const [next, wish] = press(typing, stroke);
    typing = next;
    if (wish !== undefined) wishes.push(wish);
  }
  return { ...typing, wishes };
}

describe("the keys of a running devnet", () => {
  test.each([
    ["k", "kill "],
    ["r", "restart "],
    ["p", "pause "],
    ["l", "lie "],
    ["x", "partition "],
    ["h", "heal "],
    [":", ""],
  ])("%s begins to write: %j", (key, text) => {
    expect(type(key)).toEqual({ text, cursor: text.length, wishes: [] });
  });

  test("send what was written with enter, and wait for the next key", () => {
    const { text, wishes } = type("l3 equivocate\r");
    expect(wishes).toEqual([{ type: "command", text: "lie 3 equivocate" }]);
    expect(text).toBeUndefined();
  });

  test("take a whole command after a colon, whatever its letters mean elsewhere", () => {
    expect(type(":skew 1 -1h\r").wishes).toEqual([{ type: "command", text: "skew 1 -1h" }]);
  });

  test("ask for the verdict and for help at once", () => {
    expect(type("v?").wishes).toEqual([{ type: "verdict" }, { type: "help" }]);
  });

  test.each(["z", "\r", "\u007f", "\u001b", "\u001b[A", "ü", "\u0000"])("ignore %j", (sent) => {
    expect(type(sent)).toEqual({ ...IDLE, wishes: [] });
  });

  test("forget what was written with escape", () => {
    expect(type("k2\u001b")).toEqual({ ...IDLE, wishes: [] });
  });

  test("send nothing for an empty line", () => {
    expect(type(":  \r")).toEqual({ ...IDLE, wishes: [] });
  });

  test("stop the devnet with ctrl-c, in the middle of a command too", () => {
    expect(type("\u0003").wishes).toEqual([{ type: "interrupt" }]);
    expect(type("lie\u0003").wishes).toEqual([{ type: "interrupt" }]);
  });

  test("take back a character, the whole line, and then the key itself", () => {
    expect(type("k23\u007f").text).toBe("kill 2");
    expect(type("k23\u0015").text).toBe("");
    expect(type(":\u007f").text).toBeUndefined();
  });

  test("write where the cursor is", () => {
    expect(type("k3\u001b[D1,").text).toBe("kill 1,3");
    expect(type("k13\u001b[D\u001b[D\u001b[3~")).toMatchObject({ text: "kill 3", cursor: 5 });
    expect(type(":2\u001b[Hkill \u001b[F,3").text).toBe("kill 2,3");
  });

  test("never move the cursor out of the line", () => {
    expect(type(`:a${"\u001b[D".repeat(5)}`).cursor).toBe(0);
    expect(type(`:a${"\u001b[C".repeat(5)}`).cursor).toBe(1);
  });

  test("keep no more than 512 characters of a paste", () => {
    expect(type(`:${"x".repeat(2_000)}`).text).toHaveLength(512);
  });

  test("let nothing into a command that a terminal would obey", () => {
    const { text } = type(":a\u001b[31mb\u0007\u009bc");
    expect(text).toBe("abc");
  });
});
