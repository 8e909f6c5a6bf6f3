// The keyboard of a running devnet: the terminal gives every key as it is pressed, and gets back its own ways at the end,
// whatever the end is.

import type { ReadStream } from "node:tty";
import type { Output } from "../../node/cli/index.ts";
import type { BottomLines } from "./bottom-lines.ts";
import { isInForeground } from "./foreground.ts";
import { IDLE, KEY_LINE, press, strokesIn, type Typing, type Wish } from "./keys.ts";

export type KeyboardOptions = {
  readonly input: ReadStream;
  readonly output: Pick<Output, "interactive" | "paint">;
  readonly bottom: BottomLines;
  readonly onWish: (wish: Wish) => void;
  readonly isInForeground?: () => boolean;
};

const PROMPT = "> ";

export class Keyboard {
  readonly #options: KeyboardOptions;
  readonly #hear = (data: Buffer) => this.#take(data.toString("utf8"));
  readonly #restore = () => this.stop();
  #typing: Typing = IDLE;
  #isOn = false;

  constructor(options: KeyboardOptions) {
    this.#options = options;
  }

  /** Only where somebody sits at a terminal, and types to us. */
  start(): void {
    const { input, output, isInForeground: isOurs = isInForeground } = this.#options;
    if (!output.interactive || input.isTTY !== true || !isOurs()) return;
    this.#isOn = true;
    input.setRawMode(true);
    input.on("data", this.#hear);
    input.resume();
    process.once("exit", this.#restore);
    this.#show();
  }

  stop(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    const { input } = this.#options;
    process.off("exit", this.#restore);
    input.off("data", this.#hear);
    input.setRawMode(false);
    input.pause();
  }

  /** Puts a command back that was no good, to be corrected; not over another one that is being typed. */
  giveBack(text: string): void {
    if (!this.#isOn || this.#typing.text !== undefined) return;
    this.#typing = { text, cursor: text.length };
    this.#show();
  }

  #take(sent: string): void {
    for (const stroke of strokesIn(sent)) {
      const [typing, wish] = press(this.#typing, stroke);
      this.#typing = typing;
      this.#show();
      if (wish !== undefined) this.#options.onWish(wish);
    }
  }

  #show(): void {
    const { bottom, output } = this.#options;
    const { text, cursor } = this.#typing;
    if (text === undefined) bottom.prompt(output.paint.dim(KEY_LINE));
    else bottom.prompt(PROMPT + text, PROMPT.length + cursor);
  }
}
