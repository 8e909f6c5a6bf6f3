// The last lines of a terminal, which stay below whatever is printed: how the chain stands, and what is being typed. Each
// is cut to the width of the terminal, for a wrapped line could not be taken back.

import { CLEAR_LINE, type Output } from "../../node/cli/index.ts";

const UP = "\u001b[1A";
const DEFAULT_COLUMNS = 80;
const ESCAPE = "\u001b";
const PARTS = new RegExp(`${ESCAPE}\\[[0-9;]*m|[^]`, "g");

export class BottomLines {
  readonly #output: Pick<Output, "interactive" | "raw">;
  readonly #columns: () => number;
  #status = "";
  #prompt = "";
  /** Characters before the cursor in the prompt; undefined: behind it. */
  #cursor: number | undefined;
  #shown = 0;
  #isOpen = false;

  constructor(
    output: Pick<Output, "interactive" | "raw">,
    columns: () => number = () => process.stdout.columns || DEFAULT_COLUMNS,
  ) {
    this.#output = output;
    this.#columns = columns;
  }

  open(): void {
    this.#isOpen = this.#output.interactive;
    this.#draw();
  }

  close(): void {
    this.#erase();
    this.#isOpen = false;
  }

  status(text: string): void {
    this.#status = text;
    this.#draw();
  }

  prompt(text: string, cursor?: number): void {
    this.#prompt = text;
    this.#cursor = cursor;
    this.#draw();
  }

  /** Something else is printed: above these lines. */
  above(print: () => void): void {
    this.#erase();
    print();
    this.#draw();
  }

  #draw(): void {
    if (!this.#isOpen) return;
    this.#erase();
    const width = Math.max(1, this.#columns() - 1);
    const { text, cursor } = aroundCursor({ text: this.#prompt, cursor: this.#cursor }, width);
    const lines = [this.#status, text].filter((line) => line !== "");
    if (lines.length === 0) return;
    this.#output.raw(lines.map((line) => fitted(line, width)).join("\n"));
    if (cursor !== undefined) this.#output.raw(`\r${cursor === 0 ? "" : `\u001b[${cursor}C`}`);
    this.#shown = lines.length;
  }

  #erase(): void {
    if (this.#shown === 0) return;
    this.#output.raw(`${CLEAR_LINE}${`${UP}${CLEAR_LINE}`.repeat(this.#shown - 1)}`);
    this.#shown = 0;
  }
}

type Prompt = { readonly text: string; readonly cursor: number | undefined };

/** What is typed has no colours. Beyond the width the part is shown that ends at the cursor. */
function aroundCursor({ text, cursor }: Prompt, width: number): Prompt {
  if (cursor === undefined || cursor < width) return { text, cursor };
  const shown = text.slice(cursor - width + 2, cursor);
  return { text: `…${shown}`, cursor: width - 1 };
}

/** At most so many characters, colours not counted and never cut in two. */
function fitted(text: string, width: number): string {
  let left = width;
  const parts: string[] = [];
  for (const [part] of text.matchAll(PARTS)) {
    if (part.length > 1) parts.push(part);
    else if (left-- > 0) parts.push(part);
  }
  return parts.join("");
}
