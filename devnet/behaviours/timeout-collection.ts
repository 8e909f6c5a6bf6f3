// Timeouts that a liar heard, and the certificate that it can make of them: with as little in it as a quorum allows.

import {
  type QuorumCert,
  type Timeout,
  type TimeoutCert,
  timeoutBytes,
  type ValidatorIndex,
} from "../../consensus/index.ts";
import { signatureList, type View } from "../../crypto/index.ts";
import type { Control } from "./behaviour.ts";
import { remember } from "./hearsay.ts";

type Word = Pick<Timeout, "voter" | "signature" | "highQc">;

export class TimeoutCollection {
  readonly #control: Control;
  readonly #views = new Map<View, Map<ValidatorIndex, Word>>();

  constructor(control: Control) {
    this.#control = control;
  }

  add({ content, voter, signature, highQc }: Timeout): void {
    // Other liars speak for validators that do not exist.
    if (this.#control.validators.members[voter] === undefined) return;
    const known = this.#views.get(content.view) ?? new Map<ValidatorIndex, Word>();
    if (!this.#views.has(content.view)) remember(this.#views, content.view, known);
    if (!known.has(voter)) known.set(voter, { voter, signature, highQc });
  }

  /** All liars give the view up too, on the oldest certificate; undefined without enough others. */
  proofOf(view: number, oldest: QuorumCert | undefined): TimeoutCert | undefined {
    const heard = this.#views.get(view as View);
    const { validators, keys } = this.#control;
    if (heard === undefined || oldest === undefined || oldest.view >= view) return undefined;
    const words = new Map(heard);
    for (const voter of keys.keys()) words.set(voter, this.#lie(view as View, voter, oldest));
    const byCertificate = [...words.values()].sort((left, right) => {
      return left.highQc.view - right.highQc.view || left.voter - right.voter;
    });
    const chosen: Word[] = [];
    let power = 0;
    for (const word of byCertificate) {
      if (power >= validators.quorumPower) break;
      chosen.push(word);
      power += validators.members[word.voter]?.power ?? 0;
    }
    const highest = chosen.at(-1)?.highQc;
    if (power < validators.quorumPower || highest === undefined) return undefined;
    const signed = chosen.sort((left, right) => left.voter - right.voter);
    return {
      epoch: validators.epoch,
      view: view as View,
      highQcViews: signed.map(({ highQc }) => highQc.view),
      signatures: signatureList(
        signed.map(({ voter: signer, signature }) => ({ signer, signature })),
      ),
      highQc: highest,
    };
  }

  #lie(view: View, voter: ValidatorIndex, highQc: QuorumCert): Word {
    const { validators, keys } = this.#control;
    const content = { epoch: validators.epoch, view, highQcView: highQc.view };
    const bytes = timeoutBytes(validators.chainId, content);
    const signature = keys.get(voter)?.sign(bytes);
    if (signature === undefined) throw new Error("a liar lies for those whose keys it has");
    return { voter, signature, highQc };
  }
}
