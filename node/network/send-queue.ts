// The frames that wait for one peer: bounded in number and bytes, the oldest dropped first.

export class SendQueue {
  readonly #maxFrames: number;
  readonly #maxBytes: number;
  #frames: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: { maxFrames: number; maxBytes: number }) {
    this.#maxFrames = limits.maxFrames;
    this.#maxBytes = limits.maxBytes;
  }

  get length(): number {
    return this.#frames.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends a frame and returns how many old ones it pushed out. The newest always stays. */
  push(frame: Uint8Array): number {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    let dropped = 0;
    while (this.length > 1 && (this.length > this.#maxFrames || this.#bytes > this.#maxBytes)) {
      this.#shift();
      dropped += 1;
    }
    return dropped;
  }

  /** Takes frames from the front, at least one, while they stay within `maxBytes`. */
  take(maxBytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let bytes = 0;
    while (this.length > 0) {
      const frame = this.#frames[this.#head] as Uint8Array;
      if (taken.length > 0 && bytes + frame.length > maxBytes) break;
      taken.push(frame);
      bytes += frame.length;
      this.#shift();
    }
    return taken;
  }

  /** Empties the queue and returns how many frames that were. */
  clear(): number {
    const count = this.length;
    this.#frames = [];
    this.#head = 0;
    this.#bytes = 0;
    return count;
  }

  #shift(): void {
    const frame = this.#frames[this.#head] as Uint8Array;
    this.#frames[this.#head] = EMPTY;
    this.#head += 1;
    this.#bytes -= frame.length;
    // Moving the rest only once half is gone keeps each frame's share of the cost constant.
    if (this.#head === this.#frames.length) {
      this.#frames = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_FRAMES && 2 * this.#head >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
  }
}

const EMPTY = new Uint8Array(0);
const COMPACT_FRAMES = 1_024;
