// Genesis, blocks, what validators sign, and certificates that hold or do not.

import {
  type CommitCert,
  commitVoteBytes,
  type Message,
  proposalBytes,
  type QuorumCert,
  type TimeoutCert,
  timeoutBytes,
  voteBytes,
} from "../../consensus/index.ts";
import { type Codec, type Epoch, encode, toHex, type View } from "../../crypto/index.ts";
import { encodeGenesis } from "../../node/chain/index.ts";
import { genesisJson } from "../../node/genesis/index.ts";
import { LAYOUTS } from "./layouts.ts";
import type { SmallChain } from "./small-chain.ts";
import { type Encoding, encodingOf, type Plain } from "./vector.ts";

export function genesisVector({ genesis, validators, genesisBlock }: SmallChain) {
  return {
    json: JSON.parse(genesisJson(genesis)) as Plain,
    bytes: toHex(encodeGenesis(genesis)),
    chainId: toHex(validators.chainId),
    block: toHex(genesisBlock),
    totalPower: validators.members.reduce((sum, { power }) => sum + power, 0),
    quorumPower: validators.quorumPower,
  };
}

export function consensusEncodings(
  chain: SmallChain,
): Readonly<Record<string, readonly Encoding[]>> {
  const { first, second, third, tc, genesis } = chain;
  const { block, quorumCert, commitCert, timeoutCert, message } = LAYOUTS;
  const messages = messagesOf(chain);
  return {
    genesis: [encodingOf(LAYOUTS.genesis, "of the chain", genesis)],
    block: [
      encodingOf(block, "height 1, on genesis", first.block),
      encodingOf(block, "height 2", second.block),
      encodingOf(block, "height 3, after a view that was given up", third.block),
    ],
    quorumCert: [
      encodingOf(quorumCert, "of genesis: nobody signs it", first.block.justify),
      encodingOf(quorumCert, "of height 1", second.block.justify),
    ],
    commitCert: [encodingOf(commitCert, "of height 1", first.cert)],
    timeoutCert: [encodingOf(timeoutCert, "of view 3", tc)],
    message: messages.map(([about, given]) => encodingOf(message, about, given)),
  };
}

function messagesOf(chain: SmallChain): readonly (readonly [string, Message])[] {
  const { first, second, third, tc, say, validators } = chain;
  const { chainId } = validators;
  const proposalOf = (block: typeof first.block) => {
    const signature = say.signerOf(block.proposer).sign(proposalBytes(chainId, block));
    return { type: "proposal", block, signature } as const;
  };
  const vote = say.vote(say.contentOf(second.block), 2);
  const content = { ...say.contentOf(first.block), stateRoot: first.execution.stateRoot };
  const signature = say.signerOf(3).sign(commitVoteBytes(chainId, content));
  const commitVote = { type: "commit-vote", content, voter: 3, signature } as const;
  const timeout = say.timeout(3 as View, 1, third.block.justify);
  const later = say.timeout(4 as View, 2, third.block.justify);
  const ownVote = say.vote(say.contentOf(third.block), 2);
  return [
    ["a proposal on the view before", proposalOf(second.block)],
    ["a proposal after a view that was given up", { ...proposalOf(third.block), tc }],
    ["a vote", vote],
    ["a commit vote without a QuorumCert", commitVote],
    ["a commit vote with one", { ...commitVote, qc: second.block.justify }],
    ["a timeout", timeout],
    ["a timeout after a view that was given up", { ...later, highTc: tc, vote: ownVote }],
    ["a decision", { type: "decision", cert: first.cert }],
  ];
}

/** What each kind of signature covers, whole. */
export function signatureVectors(chain: SmallChain) {
  const { first, second, third, tc, say, validators } = chain;
  const { chainId, epoch } = validators;
  const content = say.contentOf(first.block);
  const committed = { ...content, stateRoot: first.execution.stateRoot };
  const timeout = { epoch, view: tc.view, highQcView: 2 as View };
  const given: readonly (readonly [string, number, Uint8Array])[] = [
    ["proposal", third.block.proposer, proposalBytes(chainId, third.block)],
    ["vote", 0, voteBytes(chainId, content)],
    ["commit-vote", 0, commitVoteBytes(chainId, committed)],
    ["timeout", 2, timeoutBytes(chainId, timeout)],
    ["vote", 2, voteBytes(chainId, say.contentOf(second.block))],
  ];
  return given.map(([kind, index, bytes]) => ({
    kind,
    signer: `validator ${index}`,
    signedBytes: toHex(bytes),
    signature: toHex(say.signerOf(index).sign(bytes)),
  }));
}

export type CertificateVector = {
  readonly about: string;
  readonly layout: "quorumCert" | "commitCert" | "timeoutCert";
  readonly bytes: string;
  /** "none": it holds. */
  readonly refusal: string;
};

export function certificateVectors(chain: SmallChain): readonly CertificateVector[] {
  return [...quorumCerts(chain), ...commitCerts(chain), ...timeoutCerts(chain)];
}

function quorumCerts({ first, second, say }: SmallChain): readonly CertificateVector[] {
  const made = maker<QuorumCert>("quorumCert", LAYOUTS.quorumCert);
  const { block } = first;
  const valid = second.block.justify;
  return [
    made("of genesis", first.block.justify, "none"),
    made("of power 5 of 6", valid, "none"),
    made("of all", say.qc(block, [0, 1, 2, 3]), "none"),
    made("of three validators with power 3", say.qc(block, [1, 2, 3]), "below-quorum"),
    made("of nobody, above genesis", say.qc(block, []), "below-quorum"),
    made("of epoch 1", { ...valid, epoch: 1 as Epoch }, "wrong-epoch"),
    made("for another view", { ...valid, view: 2 as View }, "bad-signature"),
    made("of view 0, for another block than genesis", { ...valid, view: 0 as View }, NOT_GENESIS),
  ];
}

const NOT_GENESIS = "not-the-genesis-certificate";

function commitCerts(chain: SmallChain): readonly CertificateVector[] {
  const { first, third, say } = chain;
  const made = maker<CommitCert>("commitCert", LAYOUTS.commitCert);
  const { cert } = first;
  const { stateRoot } = third.execution;
  const { signatures } = cert.signatures;
  const [a, b, c] = signatures as [
    (typeof signatures)[0],
    (typeof signatures)[0],
    (typeof signatures)[0],
  ];
  const swapped = { signers: cert.signatures.signers, signatures: [b, a, c] };
  const stranger = { ...cert.signatures, signers: [0, 1, 4] };
  const votes = say.qc(first.block, [0, 1, 3]).signatures;
  return [
    made("of power 5 of 6", cert, "none"),
    made("of power 3 of 6", say.commitCert(first.block, cert.stateRoot, [1, 2, 3]), "below-quorum"),
    made("of two thirds", say.commitCert(first.block, cert.stateRoot, [0, 1]), "below-quorum"),
    made("for another state root", { ...cert, stateRoot }, "bad-signature"),
    made("with two signatures swapped", { ...cert, signatures: swapped }, "bad-signature"),
    made(
      "by a validator that genesis does not name",
      { ...cert, signatures: stranger },
      "unknown-signer",
    ),
    made("with signatures that are votes", { ...cert, signatures: votes }, "bad-signature"),
  ];
}

function timeoutCerts({ second, third, tc }: SmallChain): readonly CertificateVector[] {
  const made = maker<TimeoutCert>("timeoutCert", LAYOUTS.timeoutCert);
  const { signers, signatures } = tc.signatures;
  const fewer = { signers: signers.slice(1), signatures: signatures.slice(1) };
  const [, ...views] = tc.highQcViews;
  const swapped = [1, 2, 2] as View[];
  return [
    made("of power 5 of 6", tc, "none"),
    made(
      "with an older QuorumCert than it claims",
      { ...tc, highQc: second.block.justify },
      MISSING,
    ),
    made("with claims swapped", { ...tc, highQcViews: swapped }, "bad-signature"),
    made(
      "with a claim less than signers",
      { ...tc, highQcViews: views },
      "signatures-without-signers",
    ),
    made("of power 2 of 6", { ...tc, signatures: fewer, highQcViews: views }, "below-quorum"),
    made("of a view that its QuorumCert has reached", { ...tc, view: 2 as View }, FROM_THE_FUTURE),
    made("of epoch 1", { ...tc, epoch: 1 as Epoch, highQc: third.block.justify }, "wrong-epoch"),
  ];
}

const MISSING = "highest-certificate-missing";
const FROM_THE_FUTURE = "certificate-from-the-future";

function maker<T>(layout: CertificateVector["layout"], codec: Codec<T>) {
  return (about: string, cert: T, refusal: string): CertificateVector => {
    return { about, layout, bytes: toHex(encode(codec, cert)), refusal };
  };
}
