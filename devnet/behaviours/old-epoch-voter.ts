// Old-epoch voter (27): beside each thing it says, the same in the name of another epoch, of a validator index that does not
// exist, or signed by a key that is not in the set; certificates of such signers, too.
// What must hold: all of it is refused and changes nothing, and the sender is penalised.

import type { Draft, Message, QuorumCert } from "../../consensus/index.ts";
import { signDraft } from "../../consensus/index.ts";
import { type Epoch, type Signature, signatureList } from "../../crypto/index.ts";
import type { Behaviour, Control } from "./behaviour.ts";
import { reworded, sign, withLies } from "./wording.ts";

const EPOCHS = [1, 2, 2 ** 32, Number.MAX_SAFE_INTEGER];

export const oldEpochVoter: Behaviour = {
  name: "old-epoch-voter",
  word: "old-epoch",
  catalogue: [27],
  summary: "speaks for other epochs and for validators that are not in the set",
  adopt: (control) => {
    const { random } = control;
    const rate = random.pick([0.3, 1]);
    return {
      outgoing: (deliveries) =>
        reworded(deliveries, (wording) => {
          if (!random.chance(rate)) return [wording];
          return withLies(wording, liesBeside(control, wording.message));
        }),
    };
  },
};

function liesBeside(control: Control, message: Message): readonly Message[] {
  const { random, validators } = control;
  const epoch = random.pick(EPOCHS) as Epoch;
  const count = validators.members.length;
  const voter = random.pick([count, count + 1, 255, 256, 65_535]);
  switch (message.type) {
    case "vote": {
      const content = { ...message.content, epoch };
      return everyWay(control, message, [
        { ...message, content },
        { ...message, voter },
      ]);
    }
    case "commit-vote": {
      const { qc, ...bare } = message;
      const content = { ...message.content, epoch };
      const drafts = [
        { ...message, content },
        { ...bare, content },
        { ...message, voter },
      ];
      return everyWay(
        control,
        bare,
        qc === undefined ? drafts : [...drafts, { ...message, qc: strange(control, qc) }],
      );
    }
    case "timeout": {
      const { content, highQc } = message;
      return everyWay(control, message, [
        { ...message, content: { ...content, epoch } },
        { ...message, content: { ...content, epoch }, highQc: { ...highQc, epoch } },
        { ...message, highQc: strange(control, highQc) },
        { ...message, voter },
      ]);
    }
    case "proposal": {
      const { block } = message;
      return everyWay(control, message, [
        { ...message, block: { ...block, epoch } },
        { ...message, block: { ...block, epoch, justify: { ...block.justify, epoch } } },
        { ...message, block: { ...block, proposer: voter } },
        { ...message, block: { ...block, justify: strange(control, block.justify) } },
      ]);
    }
    case "decision": {
      const { cert } = message;
      return [
        { ...message, cert: { ...cert, epoch } },
        { ...message, cert: strange(control, cert) },
      ];
    }
  }
}

/** One of the drafts with our signature, and the honest one with a stranger's. */
function everyWay(control: Control, honest: Draft, drafts: readonly Draft[]): readonly Message[] {
  const { random, validators, stranger } = control;
  return [sign(control, random.pick(drafts)), signDraft(honest, validators.chainId, stranger)];
}

/** Signed by validators of another set, larger than ours. */
function strange<T extends Pick<QuorumCert, "signatures">>({ stranger }: Control, cert: T): T {
  const { signatures } = cert.signatures;
  const signature: Signature = signatures[0] ?? stranger.sign(new Uint8Array());
  const entries = [100, 101, 102, 200, 255].map((signer) => ({ signer, signature }));
  return { ...cert, signatures: signatureList(entries) };
}
