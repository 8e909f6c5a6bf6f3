// Messages of a time to come: the same kind as an honest one, by views and heights further on.

import {
  type CommitVoteContent,
  commitVoteBytes,
  type Message,
  type QuorumCert,
} from "../../consensus/index.ts";
import { type Height, type SignatureList, signatureList, type View } from "../../crypto/index.ts";
import type { Control } from "./behaviour.ts";
import { sign } from "./wording.ts";

export const FARTHEST = Number.MAX_SAFE_INTEGER;
const STEPS = [1, 63, 64, 65, 2 ** 31, FARTHEST];

/** The same kind of message, of a time to come. */
export function farOff(control: Control, message: Message): readonly Message[] {
  const { random } = control;
  const step = random.pick(STEPS);
  switch (message.type) {
    case "vote": {
      const { content } = message;
      return [sign(control, { ...message, content: { ...content, ...moved(control, content) } })];
    }
    case "commit-vote": {
      const { content: now, qc: _, ...rest } = message;
      const content = { ...now, ...moved(control, now) };
      const cert = { ...content, signatures: signedByLiars(control, content) };
      return [sign(control, { ...rest, content }), { type: "decision", cert }];
    }
    case "timeout": {
      const { vote: _, ...rest } = message;
      const { content, highQc } = rest;
      const view = clamped(content.view + step) as View;
      // Without proof of the view before; then with a proof that we moved ourselves.
      const bare = sign(control, { ...rest, content: { ...content, view } });
      const forged = certAhead(highQc, view);
      const claimed = { ...content, view, highQcView: forged.view };
      return [bare, sign(control, { ...rest, content: claimed, highQc: forged })];
    }
    case "proposal": {
      const { tc: _, ...rest } = message;
      const view = ledBy(control, message.block.view + step);
      const far = { ...message.block, view };
      const justify = certAhead(message.block.justify, view);
      const blocks = [far, { ...far, justify, height: clamped(justify.height + 1) as Height }];
      return blocks.map((block) => sign(control, { ...rest, block }));
    }
    case "decision":
      return [{ ...message, cert: { ...message.cert, ...moved(control, message.cert) } }];
  }
}

/** Sound signatures, and far too few. */
function signedByLiars({ keys, validators }: Control, content: CommitVoteContent): SignatureList {
  const bytes = commitVoteBytes(validators.chainId, content);
  return signatureList([...keys].map(([signer, key]) => ({ signer, signature: key.sign(bytes) })));
}

/** View, height or both, further ahead. */
function moved(
  { random }: Control,
  from: { readonly view: View; readonly height: Height },
): { readonly view: View; readonly height: Height } {
  const view = clamped(from.view + random.pick(STEPS)) as View;
  const height = clamped(from.height + random.pick(STEPS)) as Height;
  return random.pick([
    { view, height },
    { view, height: from.height },
    { view: from.view, height },
  ]);
}

/** The certificate of another view with its signatures as they are. */
function certAhead(qc: QuorumCert, view: View): QuorumCert {
  return { ...qc, view: (view - 1) as View, height: clamped(qc.height + 1) as Height };
}

/** The first view from there on in which it would be our turn, round robin, or the last of all. */
function ledBy({ self, validators }: Control, view: number): View {
  const count = validators.members.length;
  return clamped(view + ((self - (view % count) + count) % count)) as View;
}

/** The view or height that follows, if there is one: liars hear of the last ones, too. */
export function following<T extends View | Height>(value: T): T {
  return clamped(value + 1) as T;
}

export function clamped(value: number): number {
  return Math.min(FARTHEST, Math.max(0, value));
}
