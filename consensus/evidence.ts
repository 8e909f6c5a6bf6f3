// Is it proven that a validator signed two messages which no honest one signs both? A judge's view: from the messages,
// the validator set and the signature rule alone (ZIP-215), so that all who ask get the same answer.
// A validator signs one proposal, one vote, one commit vote and one timeout a view, and repeats itself to the byte.

import {
  type Epoch,
  equalBytes,
  type Hash,
  type PublicKey,
  type Signature,
  type SignatureScheme,
  type View,
} from "../crypto/index.ts";
import { commitVoteBytes, timeoutBytes, voteBytes } from "./certificates.ts";
import { type Draft, type Message, proposalBytes } from "./messages.ts";
import type { Evidence } from "./protocol.ts";
import type { ValidatorIndex, ValidatorSet } from "./validators.ts";

/** The kinds of messages that a validator signs. */
export type OffenceKind = Draft["type"];

export type Offence = {
  readonly offender: ValidatorIndex;
  readonly publicKey: PublicKey;
  readonly kind: OffenceKind;
  readonly view: View;
};

export type EvidenceRefusal =
  /** A decision: it carries the signatures of others. */
  | "not-a-signed-message"
  | "different-kinds"
  | "wrong-epoch"
  | "different-signers"
  | "unknown-validator"
  | "different-views"
  /** Both sign the same bytes. */
  | "not-contradicting"
  | "bad-signature";

export type EvidenceVerdict =
  | { readonly ok: true; readonly offence: Offence }
  | { readonly ok: false; readonly refusal: EvidenceRefusal };

/** What a message says in its sender's name, and nothing of what it brings along. */
type Statement = {
  readonly signer: ValidatorIndex;
  readonly epoch: Epoch;
  readonly view: View;
  readonly signed: Uint8Array;
  readonly signature: Signature;
};

/** Messages as their codec gives them. At most two signature checks, after everything that is cheap. */
export function verifyEvidence(
  validators: ValidatorSet,
  scheme: SignatureScheme,
  { first, second }: Pick<Evidence, "first" | "second">,
): EvidenceVerdict {
  if (first.type === "decision" || second.type === "decision") {
    return refuse("not-a-signed-message");
  }
  if (first.type !== second.type) return refuse("different-kinds");
  const { chainId, epoch, members } = validators;
  const [left, right] = [statementOf(chainId, first), statementOf(chainId, second)];
  if (left.epoch !== epoch || right.epoch !== epoch) return refuse("wrong-epoch");
  if (left.signer !== right.signer) return refuse("different-signers");
  const publicKey = members[left.signer]?.publicKey;
  if (publicKey === undefined) return refuse("unknown-validator");
  if (left.view !== right.view) return refuse("different-views");
  if (equalBytes(left.signed, right.signed)) return refuse("not-contradicting");
  for (const { signed: message, signature } of [left, right]) {
    if (!scheme.verify({ publicKey, message, signature })) return refuse("bad-signature");
  }
  const { signer: offender, view } = left;
  return { ok: true, offence: { offender, publicKey, kind: first.type, view } };
}

/** The message without what it brings along: as good as evidence, and a few hundred bytes unless it is a proposal. */
export function bareMessage(message: Exclude<Message, { type: "decision" }>): Message {
  switch (message.type) {
    case "proposal": {
      const { tc: _, ...bare } = message;
      return bare;
    }
    case "vote":
      return message;
    case "commit-vote": {
      const { qc: _, ...bare } = message;
      return bare;
    }
    case "timeout": {
      const { highTc: _tc, vote: _vote, ...bare } = message;
      return { ...bare, highQc: { ...bare.highQc, signatures: { signers: [], signatures: [] } } };
    }
  }
}

function statementOf(chainId: Hash, message: Exclude<Message, { type: "decision" }>): Statement {
  switch (message.type) {
    case "proposal": {
      const { block, signature } = message;
      const { epoch, view, proposer: signer } = block;
      return { signer, epoch, view, signed: proposalBytes(chainId, block), signature };
    }
    case "vote": {
      const { content, voter: signer, signature } = message;
      const { epoch, view } = content;
      return { signer, epoch, view, signed: voteBytes(chainId, content), signature };
    }
    case "commit-vote": {
      const { content, voter: signer, signature } = message;
      const { epoch, view } = content;
      return { signer, epoch, view, signed: commitVoteBytes(chainId, content), signature };
    }
    case "timeout": {
      const { content, voter: signer, signature } = message;
      const { epoch, view } = content;
      return { signer, epoch, view, signed: timeoutBytes(chainId, content), signature };
    }
  }
}

function refuse(refusal: EvidenceRefusal): EvidenceVerdict {
  return { ok: false, refusal };
}
