// Reproducible randomness: one seed, as many independent streams as there are concerns. Never for keys.

/** One stream. The same seed and name always give the same numbers. */
export type Random = {
  /** 0 <= x < 1. */
  readonly fraction: () => number;
  /** Both ends included. */
  readonly between: (low: number, high: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(choices: readonly T[]) => T;
};

/** splitmix32 over a hash of seed and name: small, fast, good enough to choose delays and victims. */
export function randomStream(seed: number, name: string): Random {
  let state = seed >>> 0;
  for (let index = 0; index < name.length; index++) {
    state = Math.imul(state ^ name.charCodeAt(index), 0x9e37_79b1) >>> 0;
  }
  const fraction = () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000;
  };
  return {
    fraction,
    between: (low, high) => low + Math.floor(fraction() * (high - low + 1)),
    chance: (probability) => fraction() < probability,
    pick: (choices) => choices[Math.floor(fraction() * choices.length)] as (typeof choices)[number],
  };
}
