// Everything that decides a run, as data: what is drawn from a seed, what a shrinker cuts down, what a recording holds.

import { z } from "zod";

const probability = z.number().min(0).max(1);
const ms = z.number().min(0).max(600_000);
const node = z.number().int().min(0).max(127);
const at = { atMs: ms };
const span = { atMs: ms, forMs: ms };

const fault = z.discriminatedUnion("type", [
  /** Killed, and started again after `downMs`. */
  z.strictObject({ type: z.literal("crash"), ...at, node, downMs: ms }),
  /** The power goes in the middle of the `operation`-th disk operation from then on. */
  z.strictObject({
    type: z.literal("power-cut"),
    ...at,
    node,
    operation: z.number().int().min(1).max(10_000),
  }),
  /** The next operation of this kind fails. */
  z.strictObject({
    type: z.literal("disk-error"),
    ...at,
    node,
    on: z.enum(["write", "sync"]),
    error: z.enum(["EIO", "ENOSPC"]),
  }),
  /** From here on, syncs are acknowledged and not done; then the power goes. The validator counts as faulty. */
  z.strictObject({ type: z.literal("lying-disk"), ...span, node }),
  /** The disk is lost, and the validator comes back with its key and nothing else. */
  z.strictObject({ type: z.literal("lost-disk"), ...at, node, downMs: ms }),
  /** The disk of `atMs` is put back at `atMs + forMs`. */
  z.strictObject({ type: z.literal("old-disk"), ...span, node, downMs: ms }),
  /** Only members of a group hear each other. */
  z.strictObject({ type: z.literal("partition"), ...span, groups: z.array(z.array(node)).max(8) }),
  /** Nothing passes from `from` to `to`; the other direction works. */
  z.strictObject({ type: z.literal("one-way-cut"), ...span, from: node, to: node }),
  /** The link between the two comes and goes. */
  z.strictObject({
    type: z.literal("flapping"),
    ...span,
    from: node,
    to: node,
    everyMs: z.number().min(5).max(60_000),
  }),
  /** Two halves that hear each other only through `bridge`, which does not pass on what it hears. */
  z.strictObject({ type: z.literal("bridge"), ...span, bridge: node, left: z.array(node).max(64) }),
  /** All that the node sends or is sent takes longer by `extraMs`. */
  z.strictObject({ type: z.literal("slow"), ...span, node, extraMs: ms }),
  /** The process stands still. */
  z.strictObject({ type: z.literal("pause"), ...span, node }),
  /** The wall clock jumps by `byMs`, and is right again after `forMs`. */
  z.strictObject({
    type: z.literal("clock-step"),
    ...span,
    node,
    byMs: z.number().min(-1e9).max(1e9),
  }),
  z.strictObject({ type: z.literal("clock-freeze"), ...span, node }),
]);

const plan = z.strictObject({
  version: z.literal(1),
  /** Decides whatever the plan leaves to chance: delays, losses, torn writes, what liars do. */
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  validators: z.number().int().min(1).max(64),
  signatures: z.enum(["stand-in", "ed25519"]),
  rules: z.enum(["commit-votes", "two-chain", "three-chain"]),
  leaders: z.enum(["round-robin", "reputation"]),
  baseTimeoutMs: z.number().int().min(10).max(60_000),
  /** An idle chain's blocks are so far apart. */
  heartbeatMs: z.number().int().min(1).max(60_000),
  /** A flush of a disk takes up to so long. */
  maxFlushMs: ms,
  mood: z.strictObject({
    minDelayMs: ms,
    maxDelayMs: ms,
    loss: probability,
    duplication: probability,
  }),
  load: z.strictObject({
    /** Transactions from random accounts, one every `everyMs`. */
    count: z.number().int().min(0).max(100_000),
    everyMs: z.number().min(0.1).max(60_000),
    /** Chances that a client sends it twice, or sends another one with the same nonce elsewhere. */
    repeated: probability,
    doubleSpent: probability,
    /** That it calls something else than a transfer. */
    otherCalls: probability.default(0),
  }),
  /** Who lies, and how. `twin`: runs a second time with the same key. */
  liars: z
    .array(
      z.strictObject({
        validator: node,
        twin: z.boolean(),
        behaviours: z.array(z.string().max(64)).max(32),
      }),
    )
    .max(64),
  timeline: z.array(fault).max(256),
  /** Faults happen until then; then network, disks and clocks are well again, and liars go on lying. */
  stressMs: ms,
});

export type Plan = Readonly<z.infer<typeof plan>>;
export type Fault = Readonly<z.infer<typeof fault>>;

export type ParsedPlan =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly path: string; readonly what: string };

/** A plan from a file that anybody may have written. */
export function parsePlan(json: unknown): ParsedPlan {
  const parsed = plan.safeParse(json);
  if (parsed.success) return { ok: true, plan: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, path: issue?.path.join(".") ?? "", what: issue?.message ?? "not a plan" };
}

/** Faults after which a validator has forgotten what it signed: it counts among the f. */
export function losesMemory(each: Fault): boolean {
  return losesMemoryUnawares(each) || each.type === "lost-disk";
}

/** It does not even know, and may sign what contradicts what it signed before. On an empty disk it knows. */
function losesMemoryUnawares(each: Fault): boolean {
  return each.type === "lying-disk" || each.type === "old-disk";
}

type Cast = Pick<Plan, "liars" | "timeline" | "validators">;

/** Validators that count among the f. */
export function unreliable(plan: Cast): ReadonlySet<number> {
  return liarsAnd(losesMemory, plan);
}

/** Validators that may contradict themselves. */
export function dishonest(plan: Cast): ReadonlySet<number> {
  return liarsAnd(losesMemoryUnawares, plan);
}

function liarsAnd(
  isMeant: (each: Fault) => boolean,
  { liars, timeline, validators }: Cast,
): ReadonlySet<number> {
  const lying = liars.map(({ validator }) => validator);
  const forgetful = timeline.flatMap((each) =>
    isMeant(each) && "node" in each && each.node < validators ? [each.node] : [],
  );
  return new Set([...lying, ...forgetful]);
}
