// What a leader could build on instead of the newest block: certificates that it heard of, and proofs that let it.

import {
  highQcViewOf,
  type Message,
  type Proposal,
  type QuorumCert,
  type TimeoutCert,
} from "../../consensus/index.ts";
import type { Control } from "./behaviour.ts";
import { following } from "./far-off.ts";
import { Hearsay } from "./hearsay.ts";
import { TimeoutCollection } from "./timeout-collection.ts";

/** Both kinds of fork answer the proposal itself where there is none. */
export class Forks {
  readonly #hearsay = new Hearsay();
  readonly #timeouts: TimeoutCollection;
  readonly #control: Control;

  constructor(control: Control) {
    this.#control = control;
    this.#timeouts = new TimeoutCollection(control);
  }

  hear(message: Message): void {
    this.#hearsay.hear(message);
    if (message.type === "timeout") this.#timeouts.add(message);
  }

  /** On the oldest certificate for which there is a proof. */
  allowed(proposal: Proposal): Proposal {
    const { qcs } = this.#hearsay;
    const proof = this.#timeouts.proofOf(proposal.block.view - 1, qcs[0]) ?? proposal.tc;
    if (proof === undefined) return proposal;
    const lowest = qcs.find(({ view }) => view >= highQcViewOf(proof));
    return onto(proposal, lowest, proof);
  }

  /** On any older certificate, with whatever proof there is. */
  forbidden(proposal: Proposal): Proposal {
    const tc = proposal.tc ?? this.#hearsay.tcOf(proposal.block.view - 1);
    return onto(proposal, this.#control.random.pick(this.#hearsay.qcs), tc);
  }
}

/** The same content on an older block; the proposal itself if that would be no fork. */
function onto(
  proposal: Proposal,
  justify: QuorumCert | undefined,
  tc: TimeoutCert | undefined,
): Proposal {
  const { block } = proposal;
  if (justify === undefined || justify.view >= block.justify.view) return proposal;
  const { block: parent, height } = justify;
  const fork = { ...block, justify, parent, height: following(height) };
  return { ...proposal, block: fork, ...(tc && { tc }) };
}
