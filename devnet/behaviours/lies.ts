// All ways to lie, by name and by word, in the order of the catalogue.

import { badCertificates } from "./bad-certificates.ts";
import { badPayloads } from "./bad-payloads.ts";
import type { Behaviour } from "./behaviour.ts";
import { bodyWithholder } from "./body-withholder.ts";
import { censoringLeader } from "./censoring-leader.ts";
import { colluder } from "./colluder.ts";
import { divergingExecution } from "./diverging-execution.ts";
import { doubleVoter } from "./double-voter.ts";
import { equivocatingLeader } from "./equivocating-leader.ts";
import { farFuture } from "./far-future.ts";
import { flooder } from "./flooder.ts";
import { forgedSignatures } from "./forged-signatures.ts";
import { forkingLeader } from "./forking-leader.ts";
import { lyingSync } from "./lying-sync.ts";
import { oldEpochVoter } from "./old-epoch-voter.ts";
import { partialSender } from "./partial-sender.ts";
import { replayer } from "./replayer.ts";
import { silent } from "./silent.ts";
import { slowLeader } from "./slow-leader.ts";
import { staleCertificates } from "./stale-certificates.ts";
import { wrongStateRoot } from "./wrong-state-root.ts";

/** What the swarm draws its mixes from. Its order and length decide what a recorded seed stands for: none may join. */
const MIXED: readonly Behaviour[] = [
  equivocatingLeader,
  doubleVoter,
  silent,
  bodyWithholder,
  badCertificates,
  staleCertificates,
  forgedSignatures,
  replayer,
  farFuture,
  badPayloads,
  wrongStateRoot,
  divergingExecution,
  partialSender,
  slowLeader,
  forkingLeader,
  lyingSync,
  flooder,
  oldEpochVoter,
  colluder,
];

const all: readonly Behaviour[] = [...MIXED, censoringLeader];

export const MIXED_BEHAVIOURS: readonly string[] = MIXED.map(({ name }) => name);

/** By name: "equivocating-leader". */
export const BEHAVIOURS: ReadonlyMap<string, Behaviour> = new Map(
  all.map((behaviour) => [behaviour.name, behaviour]),
);

/** By word: "equivocate". Whoever names one sees what the word promises; a name stands for all manners, and draws one. */
export const WAYS: ReadonlyMap<string, Behaviour> = new Map(
  all.map((behaviour) => {
    const { word, plainly: adopt = behaviour.adopt } = behaviour;
    return [word, { ...behaviour, adopt }];
  }),
);

/** The behaviour with this word, or with this name. */
export function wayOf(text: string): Behaviour | undefined {
  return WAYS.get(text) ?? BEHAVIOURS.get(text);
}
