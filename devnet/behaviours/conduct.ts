// How a liar behaves: several behaviours in a row around one honest replica.

import type { Message, ValidatorIndex } from "../../consensus/index.ts";
import type { Hash } from "../../crypto/index.ts";
import type { AccountGenesis, BlockMachine } from "../../node/ledger/index.ts";
import type { Answer, Question } from "../../node/sync/index.ts";
import type { Random } from "../random/index.ts";
import type { Behaviour, Control, Delivery, NodeId, Tactics } from "./behaviour.ts";

/** A liar sends no more than this in one go, whatever its behaviours make of each other. */
const MAX_DELIVERIES = 256;

export class Conduct {
  readonly #behaviours: readonly Behaviour[];
  readonly #random: Random;
  readonly #tactics: readonly Tactics[];

  constructor(behaviours: readonly Behaviour[], control: Control) {
    this.#behaviours = behaviours;
    this.#random = control.random;
    this.#tactics = behaviours.map((behaviour) => behaviour.adopt(control));
  }

  /** What the liar executes in the place of the application. */
  application(honest: BlockMachine<AccountGenesis>): BlockMachine<AccountGenesis> {
    let machine = honest;
    for (const { application } of this.#behaviours) {
      if (application !== undefined) machine = application(machine, this.#random);
    }
    return machine;
  }

  outgoing(deliveries: readonly Delivery[]): readonly Delivery[] {
    let out = deliveries;
    for (const { outgoing } of this.#tactics) if (outgoing !== undefined) out = outgoing(out);
    return out.slice(0, MAX_DELIVERIES);
  }

  /** False if one of the behaviours keeps it from the replica; all of them see it. */
  incoming(from: NodeId, message: Message, ids: readonly Hash[]): boolean {
    const verdicts = this.#tactics.map(({ incoming }) => incoming?.(from, message, ids) ?? true);
    return verdicts.every((verdict) => verdict);
  }

  answer(from: NodeId, question: Question, honest: Answer | undefined): Answer | undefined {
    let given = honest;
    for (const { answer } of this.#tactics) {
      if (answer !== undefined) given = answer(from, question, given);
    }
    return given;
  }

  asking(to: ValidatorIndex, question: Question): boolean {
    return this.#tactics.every(({ asking }) => asking?.(to, question) ?? true);
  }

  started(): void {
    for (const { started } of this.#tactics) started?.();
  }
}
