// Proposals that a liar sent in the place of those its replica made. Its votes follow, so that a lie is one vote nearer to
// being certified, and whoever asks for the block gets it.

import {
  type Block,
  blockHash,
  type Message,
  type Proposal,
  type TimeoutCert,
  type Vote,
} from "../../consensus/index.ts";
import { type Hash, toHex } from "../../crypto/index.ts";
import type { Answer, Question } from "../../node/sync/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Control } from "./behaviour.ts";
import { remember } from "./hearsay.ts";
import { sign, type Wording } from "./wording.ts";

type Sent = { readonly block: Block; readonly ids: readonly Hash[] };

export class Substitutes {
  readonly #control: Control;
  /** By the hash of the block that our replica believes to have proposed. */
  readonly #byOriginal = new Map<string, Hash>();
  readonly #byHash = new Map<string, Sent>();
  /** What our replica does not hold. */
  readonly #made = new Map<string, SignedTransaction>();

  constructor(control: Control) {
    this.#control = control;
  }

  /** Signs `block` and remembers it; `made`: those of its transactions that others can have from us only. */
  propose(
    original: Proposal,
    sent: Sent & {
      readonly made?: readonly SignedTransaction[];
      /** Another proof than the original's. */
      readonly tc?: TimeoutCert;
    },
  ): Wording {
    const { block, ids, made = [], ...proof } = sent;
    const hash = blockHash(block);
    remember(this.#byOriginal, toHex(blockHash(original.block)), hash);
    remember(this.#byHash, toHex(hash), { block, ids });
    for (const transaction of made) remember(this.#made, toHex(transaction.id), transaction);
    return { message: sign(this.#control, { ...original, ...proof, block }), ids };
  }

  /** Our replica's vote, for what we sent. */
  vote(vote: Vote): Message {
    const block = this.#byOriginal.get(toHex(vote.content.block));
    if (block === undefined) return vote;
    const sent = this.#byHash.get(toHex(block));
    const height = sent?.block.height ?? vote.content.height;
    return sign(this.#control, { ...vote, content: { ...vote.content, block, height } });
  }

  /** The honest answer, and what only we have. */
  answer(question: Question, honest: Answer | undefined): Answer | undefined {
    if (question.type === "bodies" && honest?.type === "bodies") {
      const made = question.ids.flatMap((id) => this.#made.get(toHex(id))?.bytes ?? []);
      return { type: "bodies", bodies: [...honest.bodies, ...made] };
    }
    if (question.type !== "block") return honest;
    const sent = this.#byHash.get(toHex(question.hash));
    if (sent === undefined) return honest;
    const bodies = sent.ids.flatMap((id) => this.#bodyOf(id) ?? []);
    return { type: "block", found: { block: sent.block, bodies } };
  }

  #bodyOf(id: Hash): Uint8Array | undefined {
    return (this.#made.get(toHex(id)) ?? this.#control.transaction(id))?.bytes;
  }
}
