// Reproducible randomness for everything that is drawn from a seed.

export { type Random, randomStream } from "./random.ts";
