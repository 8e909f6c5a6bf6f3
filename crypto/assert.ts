// The first tier of errors: our own bug. The process dies and restarts from its log.

/** Stops the process when an invariant of ours is broken. Never for input from outside. */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${sentence}`);
}
