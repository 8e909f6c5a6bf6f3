// Bugs in what a validator may sign and in what makes a block final: safety rules, rule sets, leaders.

import type { Edit, PlantedBug } from "./planted-bug.ts";

const RULES = "consensus/safety-rules";

/** The gate refuses most broken proposals before the rules see them: this opens it. */
const GATE_FORGETS_RANK: Edit = {
  module: "consensus/verification",
  find: "if (justify.view < highQcViewOf(tc))",
  replace: "if (false)",
};

export const RULE_BUGS: readonly PlantedBug[] = [
  {
    name: "votes-again-in-its-last-view",
    why: "The vote rule is off by one: after a restart, or a timeout, the last view is open again.",
    edits: [
      {
        module: RULES,
        find: "if (view <= state.lastVotedView)",
        replace: "if (view < state.lastVotedView)",
      },
    ],
  },
  {
    name: "votes-for-every-proposal",
    why: "Votes do not close their view, and a leader's second proposal is not told from its first: both get a vote.",
    edits: [
      {
        module: RULES,
        find: "if (view <= state.lastVotedView)",
        replace: "if (view <= (state.lastTimeout?.view ?? 0))",
      },
      {
        module: "consensus/ballots",
        find: "this.#reportOnce({ offender, view, first, second: proposal });",
        replace: "return true;",
      },
    ],
  },
  {
    name: "timeout-certificate-without-rank-check",
    why: "A proposal may build below the highest certificate that its TC names: the published bug of two-chain HotStuff.",
    edits: [
      { module: RULES, find: "if (justify.view < highest)", replace: "if (false)" },
      GATE_FORGETS_RANK,
    ],
  },
  {
    name: "two-chain-with-a-gap",
    why: "The two-chain rule does not ask that the two views follow each other.",
    edits: [
      {
        module: "consensus/rules",
        find: "justify.view + 1 === qc.view",
        replace: "justify.view < qc.view",
      },
    ],
  },
  {
    name: "three-chain-commits-on-two",
    why: "The vote rule of the three-chain, which locks one block later, with the commit rule of the two-chain.",
    edits: [
      { module: "consensus/rules", find: "finalBy: threeChain", replace: "finalBy: twoChain" },
      GATE_FORGETS_RANK,
    ],
  },
  {
    name: "two-chain-with-the-three-chain-lock",
    why: "The two-chain commits while its voters lock the head of the chain below: one block too late.",
    edits: [
      {
        module: "consensus/rules",
        find: "mayVote: mayVoteLockingHighest",
        replace: "mayVote: mayVoteOnLock",
      },
      GATE_FORGETS_RANK,
    ],
  },
  {
    name: "commit-vote-after-own-timeout",
    why: "A validator that gave a view up without its certificate still vouches for the block of that view.",
    edits: [
      { module: RULES, find: "if (view <= gaveUp)", replace: "if (false)" },
      {
        module: "consensus/commit-voting",
        find: "Math.max(lastCommitVote?.view ?? 0, lastTimeout?.view ?? 0)",
        replace: "(lastCommitVote?.view ?? 0)",
      },
    ],
  },
  {
    name: "commit-vote-understates-high-qc",
    why: "A certificate that comes after its view was given up is vouched for, and not named by later timeouts.",
    edits: [
      {
        module: RULES,
        find: "lockedView: later(state.lockedView, view), highQc: laterCert(state.highQc, qc),",
        replace: "",
      },
      {
        module: "consensus/engine",
        find: "this.#safety = withCertificates(this.#safety, { qc });",
        replace:
          "if (qc.view + 1 !== this.#view) this.#safety = withCertificates(this.#safety, { qc });",
      },
    ],
  },
  {
    name: "timeout-leaves-the-view-open",
    why: "A timeout does not end the right to vote in its view.",
    edits: [
      {
        module: RULES,
        find: "return accept({ ...state, lastVotedView, lastTimeout: { view, highQc } });",
        replace: "return accept({ ...state, lastTimeout: { view, highQc } });",
      },
    ],
  },
  {
    name: "repeated-timeout-names-another-certificate",
    why: "A timeout that is repeated names what is the highest certificate by then, instead of what it named first.",
    edits: [
      {
        module: "consensus/engine",
        find: "const named = verdict.state.lastTimeout?.highQc ?? highQc;",
        replace: "const named = highQc;",
      },
    ],
  },
];
