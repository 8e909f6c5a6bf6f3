// The lane that requests wait in: a few of them a turn of the event loop, however many arrived together. What the
// validators say to each other comes in between, so that a flood of requests waits for consensus and not the reverse.

/** Each is about a tenth of a millisecond of work. */
const REQUESTS_A_TURN = 4;

export class Lane {
  /** No more than all connections may have under way. */
  #waiting: (() => void)[] = [];
  #head = 0;
  #isScheduled = false;

  /** Calls back within a turn or later, in the order of the calls. */
  enter(handle: () => void): void {
    this.#waiting.push(handle);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#serve();
    });
  }

  #serve(): void {
    for (let served = 0; served < REQUESTS_A_TURN; served++) {
      const handle = this.#waiting[this.#head];
      if (handle === undefined) break;
      this.#head += 1;
      handle();
    }
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
      return;
    }
    // Moving the rest only once half is gone keeps each one's share of the cost constant.
    if (2 * this.#head >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    // One set within an immediate runs after the next look at what came in from outside.
    this.#schedule();
  }
}
