// Key by key, what a scenario may hold. The document is held to it by a test.

import { MAX_VALIDATORS } from "../faults/index.ts";

export const LIMITS = {
  nameCharacters: 64,
  storyCharacters: 4000,
  validators: { min: 1, max: MAX_VALIDATORS },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER },
  baseTimeoutMs: { min: 50, max: 60_000 },
  perSecond: { min: 0, max: 10_000 },
  durationMs: { min: 1000, max: 86_400_000 },
  moments: 256,
  randomCommands: { min: 1, max: 64 },
} as const;
