// How long a validator stays silent whose key has signed but which has no record of it: its disk is lost. Before it signs
// again, enough others must have said how far they are.
//
// Upon a start with the record lost: ask all others for their highest certificates, again and again those who did not answer.
// Upon answers of power 2f - s + 1 (s: ours): silent through V+2, V the highest view of any certificate in them, or of ours.
// Why: what we signed in view v took a certificate of v-1. We count among the f, so honest others of power total - 2f were in
//   its quorum, each of them in v-1 by a durable certificate of v-2. The rest of the others has power 2f - s, so one of them
//   answers: V >= v-2. Liars can only understate; to overstate takes a real certificate.
// While nobody has any certificate: ask again. Only who is sure not to have signed is silent through 0 then.

import {
  type Certificates,
  provenView,
  UNKNOWN_PAST,
  type ValidatorIndex,
  type ValidatorSet,
  type Verifier,
} from "../../consensus/index.ts";
import type { View } from "../../crypto/index.ts";
import type { Answer } from "../sync/index.ts";
import type { ReplicaEffect } from "./protocol.ts";

export type RecoveryOptions = {
  readonly validators: ValidatorSet;
  readonly self: ValidatorIndex | undefined;
  readonly verifier: Verifier;
  /** Our own highest. */
  readonly certificates: () => Certificates;
  readonly silentThrough: () => View;
  readonly hasSignedBefore: boolean;
  readonly emit: (effect: ReplicaEffect) => void;
  readonly recovered: (through: View) => void;
};

/** Between two questions to one who has not answered. */
const ASK_AGAIN_MS = 200;
/** From a certificate that others had entered a view by, to the last view that it allows us to have signed in. */
const VIEWS_AHEAD = 2;

export class Recovery {
  readonly #options: RecoveryOptions;
  /** What each of the others has proven; one entry a validator. */
  readonly #heard = new Map<ValidatorIndex, View>();
  readonly #underWay = new Set<ValidatorIndex>();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Asks whoever has not answered, while it is needed. */
  ask(): void {
    const { validators, self, emit, hasSignedBefore } = this.#options;
    if (!this.#isUnknown()) return;
    if (this.#isAlone() && !hasSignedBefore) return this.#options.recovered(0 as View);
    for (const to of validators.members.keys()) {
      if (to === self || this.#heard.has(to) || this.#underWay.has(to)) continue;
      this.#underWay.add(to);
      emit({ type: "ask", ask: { id: askIdOf(to), to, question: { type: "certificates" } } });
    }
    emit({ type: "timer", timer: "recovery", ms: ASK_AGAIN_MS });
  }

  /** False if this is no answer to a question of ours. */
  answered(id: number, answer: Answer | undefined): boolean {
    if (id >= 0) return false;
    const from = askedWith(id);
    this.#underWay.delete(from);
    if (answer?.type !== "certificates" || !this.#isUnknown()) return true;
    const { highQc, highTc } = answer;
    const given = highTc === undefined ? { highQc } : { highQc, highTc };
    const verified = this.#options.verifier.verifyCertificates(given);
    if (!verified.ok) return true;
    this.#heard.set(from, provenView(verified.message));
    this.#conclude();
    return true;
  }

  #conclude(): void {
    const { validators, certificates, hasSignedBefore, recovered } = this.#options;
    let power = 0;
    for (const index of this.#heard.keys()) power += validators.members[index]?.power ?? 0;
    if (power < this.#neededPower()) return;
    const highest = Math.max(provenView(certificates()), ...this.#heard.values());
    if (highest > 0) return recovered((highest + VIEWS_AHEAD) as View);
    if (!hasSignedBefore) return recovered(0 as View);
    // We have signed, and they are not far enough to say where: wait until they are.
    this.#heard.clear();
  }

  #isUnknown(): boolean {
    return this.#options.self !== undefined && this.#options.silentThrough() === UNKNOWN_PAST;
  }

  /** Our own loss is more than the chain tolerates: nothing that others say would make up for it. */
  #isAlone(): boolean {
    return this.#ownPower() > this.#faultyPower();
  }

  #neededPower(): number {
    return 2 * this.#faultyPower() - this.#ownPower() + 1;
  }

  #faultyPower(): number {
    return this.#options.validators.honestPower - 1;
  }

  #ownPower(): number {
    const { validators, self } = this.#options;
    return self === undefined ? 0 : (validators.members[self]?.power ?? 0);
  }
}

/** Below zero, where no other question has its id; and of whom it was asked. */
function askIdOf(to: ValidatorIndex): number {
  return -1 - to;
}

function askedWith(id: number): ValidatorIndex {
  return -1 - id;
}
