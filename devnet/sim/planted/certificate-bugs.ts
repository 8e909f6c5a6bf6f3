// Bugs in how ballots are counted and how messages and certificates are believed.

import type { PlantedBug } from "./planted-bug.ts";

const GATE = "consensus/verification";
const QUORUMS = "consensus/quorum-check";

export const CERTIFICATE_BUGS: readonly PlantedBug[] = [
  {
    name: "quorum-of-2f",
    why: "Two quorums of 2f may share nobody but liars.",
    edits: [
      {
        module: "consensus/validators",
        find: "quorumPower: total - faultyPower",
        replace: "quorumPower: Math.max(1, 2 * faultyPower)",
      },
    ],
  },
  {
    name: "duplicate-votes-counted",
    why: "The same ballot again adds its power again.",
    edits: [
      {
        module: "consensus/tally",
        find: 'if (earlier.statement === statement) return { type: "repeated" };',
        replace: "if (earlier.statement !== statement)",
      },
    ],
  },
  {
    name: "changed-votes-counted",
    why: "A ballot that contradicts an earlier one of its voter counts, and the earlier one still does.",
    edits: [
      {
        module: "consensus/tally",
        find: 'return { type: "contradicted", first: earlier.ballot };',
        replace: "",
      },
    ],
  },
  {
    name: "repetition-is-evidence",
    why: "Who sends the same ballot twice, as everyone does after a restart, is accused.",
    edits: [
      {
        module: "consensus/tally",
        find: 'if (earlier.statement === statement) return { type: "repeated" };',
        replace: "",
      },
    ],
  },
  {
    name: "commit-votes-counted-without-state-root",
    why: "Commit votes for one block count together, whatever state they vouch for.",
    edits: [
      {
        module: "consensus/ballots",
        find: "toHex(content.stateRoot)",
        replace: "0",
      },
    ],
  },
  {
    name: "timeout-certificate-quorum-unchecked",
    why: "Nobody counts the signers of a TC: a published bug (TC.verify).",
    edits: [
      {
        module: GATE,
        find: "return (this.#quorums.quorumRefusal(signatures) ??",
        replace: "return (undefined ??",
      },
    ],
  },
  {
    name: "quorum-certificate-quorum-unchecked",
    why: "Nobody counts the signers of a QC.",
    edits: [
      {
        module: GATE,
        find: "return this.#quorums.quorumRefusal(qc.signatures);",
        replace: "return undefined;",
      },
    ],
  },
  {
    name: "commit-certificate-quorum-unchecked",
    why: "Nobody counts the signers of a CommitCert.",
    edits: [
      {
        module: QUORUMS,
        find: "return (this.quorumRefusal(cert.signatures) ??",
        replace: "return (undefined ??",
      },
    ],
  },
  {
    name: "one-signer-counts-twice",
    why: "The signers of a certificate need not be distinct.",
    edits: [{ module: QUORUMS, find: "if (signer <= previous)", replace: "if (false)" }],
  },
  {
    name: "timeout-certificate-carries-the-first",
    why: "A TC is made with the certificate of its first signer, not with the highest.",
    edits: [
      {
        module: "consensus/formation",
        find: "laterCert(highest, timeout.highQc)",
        replace: "highest",
      },
    ],
  },
  {
    name: "vote-signatures-unchecked",
    why: "Votes are believed without a look at their signatures.",
    edits: [
      {
        module: GATE,
        find: "return this.#quorums.signatureRefusal(voter, signed, signature);",
        replace: "return undefined;",
      },
    ],
  },
  {
    name: "proposal-signatures-unchecked",
    why: "Proposals are believed without a look at their signatures.",
    edits: [
      {
        module: GATE,
        find: "this.#quorums.signatureRefusal(block.proposer, proposalBytes(chainId, block), signature)",
        replace: "undefined",
      },
    ],
  },
  {
    name: "certificate-signatures-unchecked",
    why: "Certificates are believed without a look at their signatures.",
    edits: [
      {
        module: QUORUMS,
        find: "const refusal = this.signatureRefusal(signer, signedBy(position), signature);",
        replace: "const refusal = undefined;",
      },
    ],
  },
  {
    name: "certificate-of-a-refused-one-remembered",
    why: "A certificate is remembered as checked before its signatures are.",
    edits: [
      {
        module: QUORUMS,
        find: "const signedBy = signedBytes();",
        replace: "const signedBy = signedBytes(); this.#remember(digest);",
      },
    ],
  },
  {
    name: "votes-of-another-epoch-counted",
    why: "Votes of an old validator set count in this epoch.",
    edits: [
      {
        module: GATE,
        find: '#voteRefusal({ content, voter, signature }) { if (content.epoch !== this.#validators.epoch) return "wrong-epoch";',
        replace: "#voteRefusal({ content, voter, signature }) {",
      },
    ],
  },
];
