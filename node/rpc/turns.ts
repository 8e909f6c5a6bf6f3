// Shares the main thread out among those with long work to do: one of them at a time, in the order they asked, and between
// two of them everything else that waits. However many read the chain from its beginning, consensus waits for one piece.

export class Turns {
  /** One for each stream at most. */
  #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#give());
    });
  }

  #give(): void {
    const resolve = this.#waiting.shift();
    // An immediate set within one runs after the next look at what came in from outside.
    if (this.#waiting.length > 0) setImmediate(() => this.#give());
    resolve?.();
  }
}
