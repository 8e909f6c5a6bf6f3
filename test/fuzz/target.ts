// What is fuzzed: a decoder, valid inputs to begin with, and an oracle that throws for whatever must never happen.

export type Target = {
  readonly name: string;
  /** Inputs that the decoder accepts. */
  readonly seeds: () => readonly Uint8Array[];
  /**
   * Judges one input. Throws if the decoder does what it must not; else says in a few words what became of the input,
   * beginning with "accepted" if it was. Two inputs with different words are both worth keeping.
   */
  readonly check: (input: Uint8Array) => string | Promise<string>;
  /** What the format is made of. */
  readonly words?: readonly Uint8Array[];
  /** The longest input tried; DEFAULT_MAX_BYTES if not given. */
  readonly maxBytes?: number;
  /** What judging may take up besides a multiple of the input; DEFAULT_FREE_BYTES if not given. */
  readonly freeBytes?: number;
};

export const DEFAULT_MAX_BYTES = 4_096;
export const DEFAULT_FREE_BYTES = 512 * 1024;

/** The oracle's complaint. */
export class Violation extends Error {}

export function must(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Violation(sentence);
}
