// Power cuts around slow disks: on a calm chain without liars each validator loses its power in turn, a few disk operations
// after a drawn moment, and is back before the others give its view up. What was signed before it was durable is signed
// once more, and otherwise.

import { randomStream } from "../random/index.ts";
import type { Plan } from "./plan.ts";
import type { SwarmOptions } from "./swarm.ts";

const MAX_OPERATION = 6;
const EACH_MS = 100;

export function drawPowerCuts(seed: number, options: SwarmOptions): Plan {
  const random = randomStream(seed, "power-cuts");
  const { validators = 4 } = options;
  return {
    version: 1,
    seed,
    validators,
    signatures: options.signatures ?? "stand-in",
    rules: options.rules ?? "commit-votes",
    leaders: options.leaders ?? "round-robin",
    baseTimeoutMs: 400,
    heartbeatMs: 20,
    maxFlushMs: random.pick([1, 5, 20]),
    mood: { minDelayMs: 1, maxDelayMs: 5, loss: 0, duplication: 0 },
    load: { count: 10, everyMs: 20, repeated: 0, doubleSpent: 0, otherCalls: 0.5 },
    liars: [],
    timeline: Array.from({ length: validators }, (_, node) => ({
      type: "power-cut",
      atMs: EACH_MS * node + random.between(0, EACH_MS - 1),
      node,
      operation: random.between(1, MAX_OPERATION),
    })),
    stressMs: EACH_MS * (validators + 2),
  };
}
