// One engine under test, driven by hand: it hears only what the real verifier lets through, and every batch of effects is
// returned. What it would sign is signed on request, so that a test decides what comes back when.

import type {
  CommitCert,
  Draft,
  Effect,
  Event,
  LeaderChoice,
  Message,
  RuleSet,
  SafetyState,
  Tip,
  Verified,
  Verifier,
} from "../../consensus/index.ts";
import { type Block, blockHash, Engine, initialSafetyState } from "../../consensus/index.ts";
import { type Hash, view } from "../../crypto/index.ts";
import type { World } from "./fixtures.ts";

export const BASE_TIMEOUT_MS = 1000;

export type SubjectOptions = {
  readonly self?: number | undefined;
  readonly safety?: SafetyState;
  readonly tip?: Tip;
  readonly rules?: RuleSet;
  readonly leaders?: LeaderChoice;
  /** What the disk kept above the tip, bodies and all. */
  readonly stored?: readonly Block[];
};

export class Subject {
  readonly world: World;
  readonly engine: Engine;
  readonly verifier: Verifier;
  /** All effects so far. */
  readonly effects: Effect[] = [];

  constructor(world: World, options: SubjectOptions) {
    this.world = world;
    const { rules, leaders } = options;
    this.verifier = world.verifier(leaders);
    this.engine = new Engine({
      validators: world.validators,
      self: options.self,
      pacemaker: { baseTimeoutMs: BASE_TIMEOUT_MS },
      safety: options.safety ?? initialSafetyState(world.genesis),
      tip: options.tip ?? world.genesisTip,
      ...(rules === undefined ? {} : { rules }),
      ...(leaders === undefined ? {} : { leaders }),
    });
  }

  get view(): number {
    return this.engine.status.view;
  }

  get height(): number {
    return this.engine.tip.height;
  }

  /** The last state that was asked to be made durable. */
  get durable(): SafetyState | undefined {
    return of(this.effects, "persist").at(-1)?.state;
  }

  step(event: Event): readonly Effect[] {
    const effects = this.engine.step(event);
    this.effects.push(...effects);
    return effects;
  }

  /** Verified messages, one after the other; a test that means a refused one asks the verifier itself. */
  hear(...messages: readonly Message[]): readonly Effect[] {
    return messages.flatMap((message) => {
      const checked = this.verifier.verify(message, this.engine.highQc);
      if (!checked.ok)
        throw new Error(`the verifier refuses this ${message.type}: ${checked.refusal}`);
      return this.step({ type: "message", message: checked.message });
    });
  }

  /** Signs what the effects ask for and hands it back, as a driver does. */
  hearOwn(effects: readonly Effect[]): readonly Effect[] {
    return this.hear(...of(effects, "sign").map(({ draft }) => this.world.signed(draft)));
  }

  hold(block: Block, refusal?: string): readonly Effect[] {
    const event = { type: "payload-held", block: blockHash(block) } as const;
    return this.step(refusal === undefined ? event : { ...event, refusal });
  }

  executed(block: Block, stateRoot: Hash = this.world.rootAfter(block)): readonly Effect[] {
    return this.step({ type: "executed", block: blockHash(block), stateRoot });
  }

  /** Proposal heard, bodies held. */
  receive(...blocks: readonly Block[]): readonly Effect[] {
    return blocks.flatMap((block) => [
      ...this.hear(this.world.proposal(block)),
      ...this.hold(block),
    ]);
  }

  fetched(blocks: readonly Block[], cert?: CommitCert): readonly Effect[] {
    const event = { type: "blocks", blocks } as const;
    return this.step(cert === undefined ? event : { ...event, cert: cert as Verified<CommitCert> });
  }

  timer(ofView: number = this.view): readonly Effect[] {
    return this.step({ type: "timer", view: view(ofView) });
  }
}

/** A started engine; undefined as `self` is a follower. */
export function subject(world: World, options: SubjectOptions): Subject {
  const made = new Subject(world, options);
  if (options.stored !== undefined) made.fetched(options.stored);
  made.step({ type: "start" });
  return made;
}

/** The effects of one type. */
export function of<T extends Effect["type"]>(
  effects: readonly Effect[],
  type: T,
): readonly Extract<Effect, { type: T }>[] {
  return effects.filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type);
}

/** The drafts of one kind that the effects ask to sign. */
export function drafts<T extends Draft["type"]>(
  effects: readonly Effect[],
  type: T,
): readonly Extract<Draft, { type: T }>[] {
  return of(effects, "sign")
    .map(({ draft }) => draft)
    .filter((draft): draft is Extract<Draft, { type: T }> => draft.type === type);
}

export function viewsCommitted(effects: readonly Effect[]): readonly number[] {
  return of(effects, "commit").map(({ block }) => block.view);
}

/** The order of what happened, in short. */
export function typesOf(effects: readonly Effect[]): readonly string[] {
  return effects.map((effect) =>
    effect.type === "sign" ? `sign ${effect.draft.type}` : effect.type,
  );
}
