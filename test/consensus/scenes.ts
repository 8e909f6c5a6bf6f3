// The world, the validator and the messages that the tests of the engine share: four equals, of which 3 is under test.

import {
  type Block,
  initialSafetyState,
  type Message,
  type Timeout,
} from "../../consensus/index.ts";
import { hashOf, type World, world } from "./fixtures.ts";
import { type Subject, subject } from "./subject.ts";

export const four = world();

/** Votes of others for one block. */
export function votes(ground: number | Block, by: readonly number[] = [0, 1, 2]): Message[] {
  return by.map((each) => four.vote(ground, { by: each }));
}

export function commitVotes(view: number, by: readonly number[] = [0, 1, 2]): Message[] {
  return by.map((each) => four.commitVote(view, { by: each }));
}

/** Timeouts of others that name the certificate of `highQc`, with the proof of their view where they need one. */
export function timeouts(
  view: number,
  highQc: number,
  by: readonly number[] = [0, 1, 2],
): Timeout[] {
  const proof = highQc + 1 === view ? {} : { highTc: four.tc(view - 1, { highQc }) };
  return by.map((each) => four.timeout(view, { by: each, highQc, ...proof }));
}

/** Validator `self` in `view`, by the certificate of the view before, with all blocks below final. */
export function inView(view: number, self = 3, of: World = four): Subject {
  const safety = { ...initialSafetyState(of.genesis), highQc: of.qc(view - 1) };
  return subject(of, { self, safety, tip: of.tipAt(view - 1) });
}

/** The answer to `propose` in `view`. */
export function payloadFor(view: number, content = `payload of ${view}`) {
  return {
    type: "payload",
    view: four.contentOf(view).view,
    payload: hashOf(content),
    timestampMs: 1_000_000 + view,
  } as const;
}
