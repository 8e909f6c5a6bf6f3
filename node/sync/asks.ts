// Questions under way to other validators: one per thing wanted, from one candidate after the other, until answered or
// no longer needed. Pure; whoever drives it sends the question and keeps the deadline.

import type { ValidatorIndex } from "../../consensus/index.ts";
import type { Question } from "./wire.ts";

export type Ask = {
  readonly id: number;
  readonly to: ValidatorIndex;
  readonly question: Question;
};

type Pending = {
  readonly key: string;
  question: Question;
  readonly candidates: readonly ValidatorIndex[];
  /** When it was first asked, by the owner's count. */
  readonly era: number;
  id: number;
  position: number;
};

/** Questions of one kind under way at once; what comes on top waits for the next occasion to be asked. */
export const MAX_ASKS = 64;

export class Asks {
  readonly #byId = new Map<number, Pending>();
  readonly #byKey = new Map<string, Pending>();
  readonly #exhausted = new Set<Pending>();
  #nextId = 1;

  get size(): number {
    return this.#byKey.size;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Asks the first candidate; undefined if the same thing is already being asked for, or too much of its kind is. */
  start(
    wanted: { readonly key: string; readonly question: Question; readonly era: number },
    candidates: readonly ValidatorIndex[],
  ): Ask | undefined {
    const { key, question } = wanted;
    if (this.#byKey.has(key) || candidates.length === 0) return undefined;
    if (this.#countOf(question.type) >= MAX_ASKS) return undefined;
    const pending = { ...wanted, candidates, id: 0, position: 0 };
    this.#byKey.set(key, pending);
    return this.#askAt(pending, 0);
  }

  /** The question that this answers; undefined for one that nobody waits for any more. */
  questionOf(id: number): Question | undefined {
    return this.#byId.get(id)?.question;
  }

  /** The answer was good, or the thing is no longer needed. */
  settle(key: string): void {
    const pending = this.#byKey.get(key);
    if (pending === undefined) return;
    this.#byKey.delete(key);
    this.#byId.delete(pending.id);
    this.#exhausted.delete(pending);
  }

  /** Settles every question of a kind that nobody needs any more. */
  settleWhere(isSettled: (question: Question, era: number) => boolean): void {
    for (const { key, question, era } of [...this.#byKey.values()]) {
      if (isSettled(question, era)) this.settle(key);
    }
  }

  /** The answer was not enough, or none came. Asks the next candidate, perhaps for less; after the last, waits for `retry`. */
  fail(id: number, rest?: Question): Ask | undefined {
    const pending = this.#byId.get(id);
    if (pending === undefined) return undefined;
    pending.question = rest ?? pending.question;
    this.#byId.delete(id);
    const position = pending.position + 1;
    if (position < pending.candidates.length) return this.#askAt(pending, position);
    this.#exhausted.add(pending);
    return undefined;
  }

  get waiting(): number {
    return this.#exhausted.size;
  }

  /** Starts over with all that nobody could answer. */
  retry(): readonly Ask[] {
    const again = [...this.#exhausted];
    this.#exhausted.clear();
    return again.map((pending) => this.#askAt(pending, 0));
  }

  #countOf(type: Question["type"]): number {
    let count = 0;
    for (const { question } of this.#byKey.values()) if (question.type === type) count += 1;
    return count;
  }

  #askAt(pending: Pending, position: number): Ask {
    pending.id = this.#nextId;
    pending.position = position;
    this.#nextId += 1;
    this.#byId.set(pending.id, pending);
    const to = pending.candidates[position] as ValidatorIndex;
    return { id: pending.id, to, question: pending.question };
  }
}
