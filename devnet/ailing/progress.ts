// Where a liar's own replica stands, as far as it says so itself: what it was told by others may be a lie.

import type { Message } from "../../consensus/index.ts";

export class Progress {
  #view = 0;
  #height = 0;

  get view(): number {
    return this.#view;
  }

  get height(): number {
    return this.#height;
  }

  /** What our own replica is about to send. */
  note(message: Message): void {
    switch (message.type) {
      case "proposal":
        return this.#raise(message.block);
      case "vote":
      case "commit-vote":
        return this.#raise(message.content);
      case "timeout":
        return this.#raise({ view: message.content.view, height: message.highQc.height });
      case "decision":
        return this.#raise(message.cert);
    }
  }

  #raise({ view, height }: { readonly view: number; readonly height: number }): void {
    this.#view = Math.max(this.#view, view);
    this.#height = Math.max(this.#height, height);
  }
}
