// The keys of a running devnet, without a terminal: text and keys in, a line to show and commands out.

export type Typing = {
  /** What is being typed; undefined: nothing is, and a key chooses a verb. */
  readonly text: string | undefined;
  /** Characters before the cursor. */
  readonly cursor: number;
};

export type Keystroke =
  | { readonly key: "text"; readonly text: string }
  | {
      readonly key:
        | "enter"
        | "escape"
        | "backspace"
        | "delete"
        | "left"
        | "right"
        | "home"
        | "end"
        | "interrupt"
        | "erase-line"
        | "other";
    };

export type Wish =
  | { readonly type: "command"; readonly text: string }
  | { readonly type: "verdict" }
  | { readonly type: "help" }
  | { readonly type: "interrupt" };

export const IDLE: Typing = { text: undefined, cursor: 0 };
export const KEY_LINE =
  "keys  k kill  r restart  p pause  l lie  x partition  h heal  v verdict  ? help";

/** Nobody types more, and a paste of more is no command. */
const MAX_CHARACTERS = 512;

/** What a key begins to write, and the person goes on with. */
const BEGINNINGS: ReadonlyMap<string, string> = new Map([
  ["k", "kill "],
  ["r", "restart "],
  ["p", "pause "],
  ["l", "lie "],
  ["x", "partition "],
  ["h", "heal "],
  [":", ""],
]);

export function press(typing: Typing, stroke: Keystroke): readonly [Typing, Wish | undefined] {
  if (stroke.key === "interrupt") return [IDLE, { type: "interrupt" }];
  const { text, cursor } = typing;
  return text === undefined ? choose(stroke) : edit({ text, cursor }, stroke);
}

function choose(stroke: Keystroke): readonly [Typing, Wish | undefined] {
  if (stroke.key !== "text") return [IDLE, undefined];
  if (stroke.text === "v") return [IDLE, { type: "verdict" }];
  if (stroke.text === "?") return [IDLE, { type: "help" }];
  const beginning = BEGINNINGS.get(stroke.text);
  if (beginning === undefined) return [IDLE, undefined];
  return [{ text: beginning, cursor: beginning.length }, undefined];
}

function edit(
  { text, cursor }: { readonly text: string; readonly cursor: number },
  stroke: Keystroke,
): readonly [Typing, Wish | undefined] {
  const moved = (to: number): readonly [Typing, undefined] => {
    return [{ text, cursor: Math.max(0, Math.min(text.length, to)) }, undefined];
  };
  const without = (from: number, to: number): readonly [Typing, undefined] => {
    return [{ text: text.slice(0, from) + text.slice(to), cursor: from }, undefined];
  };
  switch (stroke.key) {
    case "text": {
      const typed = stroke.text.slice(0, MAX_CHARACTERS - text.length);
      const whole = text.slice(0, cursor) + typed + text.slice(cursor);
      return [{ text: whole, cursor: cursor + typed.length }, undefined];
    }
    case "enter": {
      const command = text.trim();
      return [IDLE, command === "" ? undefined : { type: "command", text: command }];
    }
    case "escape":
      return [IDLE, undefined];
    case "backspace":
      // What was chosen by a key is left by one, too.
      return text === "" ? [IDLE, undefined] : without(Math.max(0, cursor - 1), cursor);
    case "delete":
      return without(cursor, Math.min(text.length, cursor + 1));
    case "erase-line":
      return without(0, cursor);
    case "left":
      return moved(cursor - 1);
    case "right":
      return moved(cursor + 1);
    case "home":
      return moved(0);
    case "end":
      return moved(text.length);
    default:
      return [{ text, cursor }, undefined];
  }
}

const NAMED: ReadonlyMap<string, Exclude<Keystroke["key"], "text">> = new Map([
  ["\r", "enter"],
  ["\n", "enter"],
  ["\u0003", "interrupt"],
  ["\u0004", "other"],
  ["\b", "backspace"],
  ["\u007f", "backspace"],
  ["\u0015", "erase-line"],
  ["\u0001", "home"],
  ["\u0005", "end"],
  ["\u001b", "escape"],
  ["\u001b[A", "other"],
  ["\u001b[B", "other"],
  ["\u001b[C", "right"],
  ["\u001b[D", "left"],
  ["\u001b[H", "home"],
  ["\u001b[F", "end"],
  ["\u001b[3~", "delete"],
]);

const ESCAPE = "\u001b";
/** A key's own sequence, or one character. */
const STROKES = new RegExp(`${ESCAPE}(?:\\[[0-9;]*[A-Za-z~]|O[A-Za-z])?|[^]`, "g");

/** What a terminal sends, cut into keys. Only what can stand in a command is text. */
export function strokesIn(sent: string): readonly Keystroke[] {
  return [...sent.matchAll(STROKES)].map(([part]): Keystroke => {
    const named = NAMED.get(part);
    if (named !== undefined) return { key: named };
    return part >= " " && part <= "~" ? { key: "text", text: part } : { key: "other" };
  });
}
