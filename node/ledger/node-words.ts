// Nodes of 32 bytes in flat arrays, moved as words: their byte order stays as it is.

export const BYTES_PER_NODE = 32;
export const WORDS_PER_NODE = 8;

/** Two views of the same nodes. */
export type Nodes = { readonly words: Uint32Array; readonly bytes: Uint8Array };

export function newNodes(nodes: number): Nodes {
  const words = new Uint32Array(nodes * WORDS_PER_NODE);
  return { words, bytes: new Uint8Array(words.buffer) };
}

/** A node a turn: with a word a turn, the turns would cost more than the moves. */
export function copyNodes(
  from: Uint32Array,
  fromNode: number,
  to: Uint32Array,
  toNode: number,
  nodes: number,
): void {
  let source = fromNode * WORDS_PER_NODE;
  let target = toNode * WORDS_PER_NODE;
  const end = source + nodes * WORDS_PER_NODE;
  for (; source < end; source += WORDS_PER_NODE, target += WORDS_PER_NODE) {
    to[target] = from[source] as number;
    to[target + 1] = from[source + 1] as number;
    to[target + 2] = from[source + 2] as number;
    to[target + 3] = from[source + 3] as number;
    to[target + 4] = from[source + 4] as number;
    to[target + 5] = from[source + 5] as number;
    to[target + 6] = from[source + 6] as number;
    to[target + 7] = from[source + 7] as number;
  }
}
