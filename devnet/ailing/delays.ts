// Timers of a liar: a bounded number at a time, gone with whatever had set them.

/** Above it, what should happen later does not happen at all. */
const MAX_PENDING = 4_096;

export class Delays {
  readonly #timers = new Map<NodeJS.Timeout, () => void>();

  /** False, and nothing runs, if too many wait already. `dropped` is called if the timer is cleared before its time. */
  after(ms: number, act: () => void, dropped = () => {}): boolean {
    if (this.#timers.size >= MAX_PENDING) return false;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.set(timer, dropped);
    return true;
  }

  clear(): void {
    const left = [...this.#timers];
    this.#timers.clear();
    for (const [timer, dropped] of left) {
      clearTimeout(timer);
      dropped();
    }
  }
}
