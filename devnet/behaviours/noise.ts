// Made-up messages, soundly signed, about blocks that do not exist, all over the window of views that validators keep.

import type { Message, QuorumCert } from "../../consensus/index.ts";
import { domain, type Hash, type Height, hashIn, type View } from "../../crypto/index.ts";
import { payloadHash } from "../../node/sync/index.ts";
import type { Control } from "./behaviour.ts";
import { clamped, following } from "./far-off.ts";
import type { Hearsay } from "./hearsay.ts";
import { own, sign } from "./wording.ts";

/** Of the window of views that validators keep. */
const BEHIND = 16;
const AHEAD = 64;
const NOISE = domain("quorate/simulated-noise/1");

type Kind = (control: Control, hearsay: Hearsay) => Message | undefined;

export const KINDS: readonly Kind[] = [
  (control) => {
    const content = {
      epoch: control.validators.epoch,
      ...somewhere(control),
      block: noise(control),
    };
    return own(control, { type: "vote", content });
  },
  (control) => {
    const block = noise(control);
    const { epoch } = control.validators;
    const content = { epoch, ...somewhere(control), block, stateRoot: block };
    return own(control, { type: "commit-vote", content });
  },
  (control, { qcs }) => {
    const highQc: QuorumCert | undefined = qcs[control.random.between(0, qcs.length - 1)];
    if (highQc === undefined) return undefined;
    const { epoch, view } = highQc;
    const content = { epoch, view: following(view), highQcView: view };
    return own(control, { type: "timeout", content, highQc });
  },
  (control, { highQc }) => {
    if (highQc === undefined) return undefined;
    const { epoch, view, height, block: parent } = highQc;
    const place = {
      epoch,
      view: following(view),
      height: following(height),
      parent,
      justify: highQc,
    };
    const timestampMs = control.random.between(0, 2 ** 41);
    const block = { ...place, payload: payloadHash([]), timestampMs, proposer: control.self };
    return sign(control, { type: "proposal", block });
  },
];

function somewhere({ random, view }: Control): { readonly view: View; readonly height: Height } {
  const around = () => clamped(view() + random.between(-BEHIND, AHEAD));
  return { view: around() as View, height: around() as Height };
}

function noise({ random }: Control): Hash {
  const bytes = Uint8Array.from({ length: 8 }, () => random.between(0, 255));
  return hashIn(NOISE, bytes);
}
