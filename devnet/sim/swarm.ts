// Swarm testing: each seed draws not only the details of a run but the mix itself, which liars with which behaviours,
// which faults, how rough the network is. A run with every fault at once hides as much as one with a single fault.

import type { LeaderChoiceName, RuleSetName } from "../../consensus/index.ts";
import { MIXED_BEHAVIOURS } from "../behaviours/index.ts";
import { type Random, randomStream } from "../random/index.ts";
import type { SignatureKind } from "./chain.ts";
import type { NodeId } from "./observation.ts";
import { type Fault, losesMemory, type Plan } from "./plan.ts";

export type SwarmOptions = {
  readonly validators?: number;
  readonly rules?: RuleSetName;
  readonly leaders?: LeaderChoiceName;
  readonly signatures?: SignatureKind;
  /** The first liar has this one, whatever else is drawn. */
  readonly behaviour?: string;
  /** Only faults of these kinds; none at all if empty. */
  readonly faults?: readonly Fault["type"][];
  /** How many liars, instead of a draw; more than f is a scenario of its own. */
  readonly liars?: number;
};

const ALL_FAULTS: readonly Fault["type"][] = [
  "crash",
  "power-cut",
  "disk-error",
  "lying-disk",
  "lost-disk",
  "old-disk",
  "partition",
  "one-way-cut",
  "flapping",
  "bridge",
  "slow",
  "pause",
  "clock-step",
  "clock-freeze",
];

/** One in so many runs signs with real Ed25519, and one in so many has more liars than the protocol bears. */
const REAL_SIGNATURES_ONE_IN = 40;
const BEYOND_BOUNDS_ONE_IN = 40;

export function drawPlan(seed: number, options: SwarmOptions = {}): Plan {
  const random = randomStream(seed, "plan");
  // Drawn even where it is given: an option changes what it says and nothing else.
  const drawnValidators = random.pick([4, 4, 4, 4, 4, 7]);
  const validators = options.validators ?? drawnValidators;
  const f = Math.floor((validators - 1) / 3);
  const isBeyond =
    options.liars !== undefined ? options.liars > f : random.chance(1 / BEYOND_BOUNDS_ONE_IN);
  const stressMs = random.between(800, 3_000);
  const liarCount = options.liars ?? (isBeyond ? f + 1 : drawLiarCount(random, f, options));
  const liars = drawLiars(random, { validators, count: liarCount, isBeyond, options });
  const nodes = validators + liars.filter(({ twin }) => twin).length;
  const rules = random.pick([
    "commit-votes",
    "commit-votes",
    "commit-votes",
    "two-chain",
    "three-chain",
  ] as const);
  const drawnLeaders = random.pick(["round-robin", "reputation"] as const);
  // Three certified views in a row may never come where a liar inherits the turn of one that is passed over.
  const leaders = (options.rules ?? rules) === "three-chain" ? "round-robin" : drawnLeaders;
  const isReal = random.chance(1 / REAL_SIGNATURES_ONE_IN);
  const frame = {
    version: 1 as const,
    seed,
    validators,
    signatures: options.signatures ?? (isReal ? ("ed25519" as const) : ("stand-in" as const)),
    rules: options.rules ?? rules,
    leaders: options.leaders ?? leaders,
    baseTimeoutMs: random.pick([100, 200, 300]),
    heartbeatMs: random.pick([1, 5, 20, 100]),
    maxFlushMs: random.pick([0, 1, 1, 5, 20]),
    mood: drawMood(random),
    load: {
      count: random.pick([0, 10, 30, 60]),
      everyMs: random.pick([5, 20, 50]),
      repeated: random.pick([0, 0.1, 0.5]),
      doubleSpent: random.pick([0, 0.1, 0.3]),
      otherCalls: randomStream(seed, "other calls").pick([0, 0.5, 0.9]),
    },
    liars,
    stressMs,
  };
  const kinds = options.faults ?? ALL_FAULTS.filter(() => random.chance(0.4));
  const world = {
    nodes,
    validators,
    f,
    stressMs,
    liars: new Set(liars.map((liar) => liar.validator)),
  };
  return { ...frame, timeline: drawTimeline(random, kinds, world, isBeyond) };
}

function drawLiarCount(random: Random, f: number, { behaviour }: SwarmOptions): number {
  if (behaviour !== undefined) return random.between(1, Math.max(1, f));
  return random.chance(0.25) ? 0 : random.between(1, Math.max(1, f));
}

function drawLiars(
  random: Random,
  cast: {
    readonly validators: number;
    readonly count: number;
    readonly isBeyond: boolean;
    readonly options: SwarmOptions;
  },
): Plan["liars"] {
  const { validators, count, isBeyond, options } = cast;
  const candidates = Array.from({ length: validators }, (_, index) => index);
  return Array.from({ length: Math.min(count, validators) }, (_, at) => {
    const chosen = random.between(0, candidates.length - 1);
    const validator = candidates.splice(chosen, 1)[0] as number;
    const drawn = Array.from({ length: random.pick([1, 1, 2, 2, 3, 4]) }, () =>
      random.pick(MIXED_BEHAVIOURS),
    );
    const first = at === 0 && options.behaviour !== undefined ? [options.behaviour] : [];
    const colluding = isBeyond ? ["colluder"] : [];
    const behaviours = [...new Set([...first, ...colluding, ...drawn])];
    return { validator, twin: isBeyond || random.chance(0.15), behaviours };
  });
}

function drawMood(random: Random): Plan["mood"] {
  const minDelayMs = random.pick([0, 1, 1, 5, 20]);
  return {
    minDelayMs,
    maxDelayMs: minDelayMs + random.pick([0, 4, 4, 20, 60, 150]),
    loss: random.pick([0, 0, 0, 0.01, 0.05, 0.2]),
    duplication: random.pick([0, 0, 0.02, 0.2]),
  };
}

type World = {
  readonly nodes: number;
  readonly validators: number;
  readonly f: number;
  readonly stressMs: number;
  readonly liars: ReadonlySet<number>;
};

function drawTimeline(
  random: Random,
  kinds: readonly Fault["type"][],
  world: World,
  isBeyond: boolean,
): Plan["timeline"] {
  const count = kinds.length === 0 ? 0 : random.pick([0, 1, 2, 3, 5, 8]);
  const faulty = new Set(world.liars);
  const timeline: Fault[] = isBeyond ? [halves(random, world)] : [];
  for (let at = 0; at < count; at++) {
    const fault = drawFault(random, random.pick(kinds), world);
    if (losesMemory(fault) && "node" in fault) {
      // Who forgets what it signed counts among the f.
      if (!faulty.has(fault.node) && faulty.size >= world.f) continue;
      faulty.add(fault.node);
    }
    timeline.push(fault);
  }
  return timeline.sort((left, right) => left.atMs - right.atMs);
}

/** The honest ones in two halves, each with one copy of every liar. */
function halves(random: Random, { validators, nodes, stressMs, liars }: World): Fault {
  const left: NodeId[] = [];
  const right: NodeId[] = [];
  for (let node = 0; node < validators; node++) {
    if (liars.has(node)) left.push(node);
    else (left.length <= right.length === random.chance(0.9) ? left : right).push(node);
  }
  for (let twin = validators; twin < nodes; twin++) right.push(twin);
  return { type: "partition", atMs: 0, forMs: stressMs, groups: [left, right] };
}

function drawFault(random: Random, type: Fault["type"], world: World): Fault {
  const { nodes, validators, stressMs } = world;
  const atMs = random.between(0, stressMs);
  const forMs = random.between(20, Math.max(50, stressMs / 2));
  const node = random.between(0, validators - 1);
  const downMs = random.pick([1, 50, 300, 1_000]);
  const anyNode = () => random.between(0, nodes - 1);
  switch (type) {
    case "crash":
      return { type, atMs, node, downMs };
    case "power-cut":
      return { type, atMs, node, operation: random.between(1, 40) };
    case "disk-error": {
      const on = random.pick(["write", "sync"] as const);
      return { type, atMs, node, on, error: random.pick(["EIO", "ENOSPC"] as const) };
    }
    case "lying-disk":
      return { type, atMs, forMs, node };
    case "lost-disk":
      return { type, atMs, node, downMs };
    case "old-disk":
      return { type, atMs, forMs, node, downMs };
    case "partition": {
      const groups: NodeId[][] = [[], [], []].slice(random.between(0, 1));
      for (let each = 0; each < nodes; each++) random.pick(groups).push(each);
      return { type, atMs, forMs, groups };
    }
    case "one-way-cut":
      return { type, atMs, forMs, from: anyNode(), to: anyNode() };
    case "flapping":
      return {
        type,
        atMs,
        forMs,
        from: anyNode(),
        to: anyNode(),
        everyMs: random.between(10, 200),
      };
    case "bridge": {
      const left = Array.from({ length: nodes }, (_, each) => each).filter(() =>
        random.chance(0.5),
      );
      return { type, atMs, forMs, bridge: anyNode(), left };
    }
    case "slow":
      return { type, atMs, forMs, node, extraMs: random.pick([20, 100, 400]) };
    case "pause":
      return { type, atMs, forMs, node };
    case "clock-step":
      return {
        type,
        atMs,
        forMs,
        node,
        byMs: random.pick([-3_600_000, -4_000, -200, 200, 4_000, 3_600_000]),
      };
    case "clock-freeze":
      return { type, atMs, forMs, node };
  }
}
