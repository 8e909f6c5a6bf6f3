// Consensus: certificates, messages, the safety record; and the verifier over whatever decodes.

import {
  type Block,
  blockCodec,
  type CommitCert,
  commitCertCodec,
  commitVoteContentCodec,
  initialSafetyState,
  type Message,
  messageCodec,
  type QuorumCert,
  quorumCertCodec,
  type SafetyState,
  safetyStateCodec,
  sameVote,
  type TimeoutCert,
  timeoutCertCodec,
  timeoutContentCodec,
  Verifier,
  voteContentCodec,
} from "../../consensus/index.ts";
import {
  MAX_VALIDATORS,
  merkleProof,
  merkleProofCodec,
  type SignatureScheme,
  signatureList,
  signatureListCodec,
  verifyMerkleProof,
} from "../../crypto/index.ts";
import { hashOf, viewOf, world } from "../consensus/fixtures.ts";
import { codecTarget } from "./codec-target.ts";
import { must, type Target } from "./target.ts";

const { block, commitCert, commitVote, contentOf, genesis, proposal, qc, rootAfter, tc, timeout } =
  world();
const { validators, verifier, vote } = world();

const skipping = block(8, { on: 6 });
const gaveUp = tc(7, { highQc: 6, highQcViews: [6, 4, 5] });
const commitContent = { ...contentOf(3), stateRoot: rootAfter(3) };

/** One of each kind, with and without what they may carry. */
export const MESSAGES: readonly Message[] = [
  proposal(1),
  proposal(5),
  proposal(skipping, { tc: gaveUp }),
  vote(4, { by: 2 }),
  commitVote(3, { by: 1 }),
  commitVote(3, { by: 1, qc: qc(3) }),
  timeout(6, { by: 0, highQc: 5 }),
  timeout(8, { by: 3, highQc: 6, highTc: gaveUp, vote: vote(skipping, { by: 3 }) }),
  { type: "decision", cert: commitCert(2) },
];

/** Well-formed and wrong: from here it is not far to what the verifier must refuse for one reason only. */
const WRONG_MESSAGES: readonly Message[] = [
  proposal(block(5, { justify: qc(4, { by: [0, 1] }) })),
  proposal(skipping, { tc: { ...gaveUp, highQcViews: [...gaveUp.highQcViews, viewOf(2)] } }),
  proposal(skipping, { tc: { ...gaveUp, highQc: qc(5) } }),
  proposal(skipping, { tc: tc(7, { highQc: 6, by: [1, 3] }) }),
  proposal(block(8, { on: 5 }), { tc: gaveUp }),
  commitVote(3, { by: 1, qc: qc(3, { by: [1] }) }),
  timeout(6, { by: 0, highQc: 7, highTc: tc(5, { highQc: 3 }) }),
  timeout(6, { by: 0, highQc: 3, highTc: tc(5, { highQc: 5 }) }),
  { type: "decision", cert: commitCert(2, { by: [2, 3] }) },
];

/** Anything is a signature: what is left is the verifier's own judgement. */
const credulous: SignatureScheme = {
  name: "credulous",
  verify: () => true,
  verifyQuick: () => true,
};

/** Kept from input to input, as a validator keeps it, so that what it remembers is part of what is tried. */
const strict = verifier();
const gullible = new Verifier(validators, credulous, genesis);

function judgeMessage(message: Message): string {
  const known = qc(2);
  const verdict = strict.verify(message, known);
  const guess = gullible.verify(message, known);
  must(guess.ok || !verdict.ok, "who believes every signature accepts at least as much");
  if (guess.ok) judgeAccepted(guess.message);
  if (verdict.ok) return `${message.type} verified`;
  return `${message.type} ${verdict.refusal} ${guess.ok ? "but signatures" : guess.refusal}`;
}

/** What no message may do whatever its signatures, said a second time and in other words than the verifier's. */
function judgeAccepted(message: Message): void {
  switch (message.type) {
    case "proposal": {
      const { block, tc } = message;
      must(block.view > block.justify.view, "an accepted block is of a later view than its parent");
      must(block.height - block.justify.height === 1, "an accepted block is one above its parent");
      judgeCert(block.justify);
      if (tc !== undefined) judgeCert(tc);
      for (const view of tc?.highQcViews ?? []) {
        must(block.justify.view >= view, "an accepted block forgets nothing that was certified");
      }
      const proof = Math.max(block.justify.view, tc?.view ?? 0);
      must(block.view - proof === 1, "an accepted block enters its view by a certificate");
      return;
    }
    case "timeout":
      must(message.content.view > message.highQc.view, "a timeout names an older certificate");
      judgeCert(message.highQc);
      if (message.highTc !== undefined) judgeCert(message.highTc);
      return;
    case "commit-vote":
      if (message.qc !== undefined) judgeCert(message.qc);
      return;
    case "decision":
      return judgeCert(message.cert);
    case "vote":
      return;
  }
}

function judgeCert(cert: QuorumCert | TimeoutCert | CommitCert): void {
  const { signers } = cert.signatures;
  if ("highQcViews" in cert) {
    must(cert.highQcViews.length === signers.length, "each signer of a TC names one view");
    must(
      cert.highQc.view === Math.max(...cert.highQcViews),
      "a TC carries its highest certificate",
    );
    must(cert.highQc.view < cert.view, "a TC carries a certificate of an earlier view");
    judgeCert(cert.highQc);
  } else if (cert.view === 0 && !("stateRoot" in cert)) {
    must(sameVote(cert, genesis) && signers.length === 0, "the certificate of view 0 is genesis's");
    return;
  }
  must(new Set(signers).size === signers.length, "a signer counts once");
  must(signers.length >= 3, "an accepted certificate of four is signed by three");
  must(
    signers.every((signer) => signer < 4),
    "an accepted certificate is signed by validators",
  );
}

const fresh = initialSafetyState(genesis);

const SAFETY_STATES: readonly SafetyState[] = [
  fresh,
  {
    ...fresh,
    lastVotedView: viewOf(8),
    lastVote: contentOf(skipping),
    lastCommitVote: commitContent,
    lastTimeout: { view: viewOf(7), highQc: qc(6) },
    lastProposed: { block: skipping, tc: gaveUp },
    lockedView: viewOf(3),
    highQc: qc(6),
    highTc: gaveUp,
  },
  { ...fresh, lastProposed: { block: block(1) }, highQc: qc(5) },
];

const leaves = Array.from({ length: 11 }, (_, index) => hashOf(`leaf ${index}`));

function judgeBlock(value: Block): string {
  return `at ${Math.sign(value.view - value.justify.view)}`;
}

export const CONSENSUS_TARGETS: readonly Target[] = [
  codecTarget({
    name: "signature-list",
    codec: signatureListCodec,
    values: [
      ...[qc(1).signatures, genesis.signatures, qc(2, { by: [0, 1, 2, 3] }).signatures],
      signatureList([{ signer: MAX_VALIDATORS - 1, signature: vote(1, { by: 0 }).signature }]),
    ],
  }),
  codecTarget({
    name: "merkle-proof",
    codec: merkleProofCodec,
    values: [0, 6, 10].map((index) => merkleProof(leaves, index)),
    judge: (proof) => {
      const verdict = verifyMerkleProof({ root: hashOf("root"), leaf: hashOf("leaf"), proof });
      return verdict.ok ? "and proven" : verdict.refusal;
    },
  }),
  codecTarget({ name: "vote-content", codec: voteContentCodec, values: [contentOf(3)] }),
  codecTarget({
    name: "commit-vote-content",
    codec: commitVoteContentCodec,
    values: [commitContent],
  }),
  codecTarget({
    name: "timeout-content",
    codec: timeoutContentCodec,
    values: [{ epoch: genesis.epoch, view: viewOf(9), highQcView: viewOf(6) }],
  }),
  codecTarget({ name: "quorum-cert", codec: quorumCertCodec, values: [genesis, qc(1), qc(6)] }),
  codecTarget({ name: "timeout-cert", codec: timeoutCertCodec, values: [gaveUp] }),
  codecTarget({
    name: "commit-cert",
    codec: commitCertCodec,
    values: [commitCert(2)],
    judge: (cert) => {
      const verdict = strict.verifyCommitCert(cert);
      const guess = gullible.verifyCommitCert(cert);
      must(guess.ok || !verdict.ok, "who believes every signature accepts at least as much");
      if (guess.ok) judgeCert(guess.message);
      return verdict.ok ? "and verified" : verdict.refusal;
    },
  }),
  codecTarget({
    name: "block",
    codec: blockCodec,
    values: [block(1), block(5), skipping],
    judge: judgeBlock,
  }),
  codecTarget({
    name: "message",
    codec: messageCodec,
    values: [...MESSAGES, ...WRONG_MESSAGES],
    judge: judgeMessage,
  }),
  codecTarget({ name: "safety-state", codec: safetyStateCodec, values: SAFETY_STATES }),
];
