// The trusted core: what this validator may sign, given all it has signed before. Pure; the caller makes the returned
// state durable before it signs. Jolteon (arXiv:2106.10362) with explicit commit votes; and the vote rules of its relatives,
// among which rules.ts chooses.

import {
  assert,
  type Codec,
  type Epoch,
  epochCodec,
  equalBytes,
  optional,
  struct,
  type View,
  viewCodec,
} from "../crypto/index.ts";
import {
  type CommitVoteContent,
  commitVoteContentCodec,
  highQcViewOf,
  laterCert,
  type QuorumCert,
  quorumCertCodec,
  sameVote,
  type TimeoutCert,
  timeoutCertCodec,
  type VoteContent,
  voteContentCodec,
} from "./certificates.ts";
import { type Block, blockCodec, blockHash } from "./messages.ts";

/** All that a restart must remember. Written to disk, whole, before each signature. */
export type SafetyState = {
  readonly epoch: Epoch;
  /** No vote for this view or an earlier one, ever again. Raised by votes, commit votes and timeouts alike. */
  readonly lastVotedView: View;
  readonly lastVote?: VoteContent;
  readonly lastCommitVote?: CommitVoteContent;
  /** The newest view given up, and the certificate that the timeout named. */
  readonly lastTimeout?: { readonly view: View; readonly highQc: QuorumCert };
  readonly lastProposed?: { readonly block: Block; readonly tc?: TimeoutCert };
  /** The newest view that a vote of ours locked; which kind of vote, and what it locks, is up to the rule set. */
  readonly lockedView: View;
  readonly highQc: QuorumCert;
  readonly highTc?: TimeoutCert;
  /** Nothing of this view or an earlier one is signed: we may have signed there and lost the record. */
  readonly silentThrough: View;
};

/** Later than all views: how long we are silent is not known yet. */
export const UNKNOWN_PAST = Number.MAX_SAFE_INTEGER as View;

export type SafetyRefusal =
  | "may-have-signed-before"
  | "already-voted"
  | "already-commit-voted"
  | "already-proposed"
  | "gave-up-this-view"
  | "certificate-not-older"
  | "skips-an-unresolved-view"
  | "forgets-a-certified-block"
  | "below-the-lock"
  | "not-on-highest-certificate"
  | "view-already-certified"
  | "view-not-reached"
  | "older-timeout"
  | "wrong-epoch";

/** The next state, to be made durable before signing; or why not, with the numbers that decided. */
export type SafetyVerdict =
  | { readonly ok: true; readonly state: SafetyState }
  | {
      readonly ok: false;
      readonly refusal: SafetyRefusal;
      readonly view: View;
      readonly bound: View;
    };

/** A validator that has signed nothing yet. */
export function initialSafetyState(genesisQc: QuorumCert): SafetyState {
  const never = 0 as View;
  return {
    epoch: genesisQc.epoch,
    lastVotedView: never,
    lockedView: never,
    highQc: genesisQc,
    silentThrough: never,
  };
}

/** A validator that has signed and lost the record of it. It signs nothing until `recovered`. */
export function silentSafetyState(genesisQc: QuorumCert): SafetyState {
  return { ...initialSafetyState(genesisQc), silentThrough: UNKNOWN_PAST };
}

/** Others have said how far they are: from the view after `through` on we sign. Said once; later word changes nothing. */
export function recovered(state: SafetyState, through: View): SafetyState {
  return state.silentThrough === UNKNOWN_PAST ? { ...state, silentThrough: through } : state;
}

/** What every rule refuses. */
function silence({ silentThrough }: SafetyState, view: View): SafetyVerdict | undefined {
  if (view > silentThrough) return undefined;
  return refuse("may-have-signed-before", view, silentThrough);
}

/** May we vote for `block`, whose view `tc` opened if its `justify` did not? `parent` is what `justify` certifies; genesis is no block. */
export type VoteRule = (
  state: SafetyState,
  block: Block,
  tc?: TimeoutCert,
  parent?: Block,
) => SafetyVerdict;

/** May we vote for `block`? `tc` proves, where needed, that the view before was given up. Jolteon, voting rule. */
export function mayVote(state: SafetyState, block: Block, tc?: TimeoutCert): SafetyVerdict {
  const { view, justify } = block;
  const refusal = voteRefusal(state, block);
  if (refusal !== undefined) return refusal;
  if (view !== justify.view + 1) {
    if (tc === undefined || view !== tc.view + 1) {
      return refuse("skips-an-unresolved-view", view, justify.view);
    }
    const highest = highQcViewOf(tc);
    if (justify.view < highest) return refuse("forgets-a-certified-block", justify.view, highest);
  }
  return accept(voted(state, block, tc));
}

/** The same rule; the vote locks the highest certificate. Jolteon, where a timeout never names less than the lock. */
export function mayVoteLockingHighest(
  state: SafetyState,
  block: Block,
  tc?: TimeoutCert,
): SafetyVerdict {
  const verdict = mayVote(state, block, tc);
  if (!verdict.ok) return verdict;
  return accept({ ...verdict.state, lockedView: verdict.state.highQc.view });
}

/**
 * May we vote for `block`? If it extends the locked block, or its justify is above the lock: safeNode of HotStuff. Blocks
 * extend what they justify and a view certifies one block, so both are one bound. The vote locks the head of the two-chain
 * below: what the parent's `justify` certifies.
 */
export function mayVoteOnLock(
  state: SafetyState,
  block: Block,
  tc?: TimeoutCert,
  parent?: Block,
): SafetyVerdict {
  const { justify } = block;
  const refusal = voteRefusal(state, block);
  if (refusal !== undefined) return refusal;
  if (justify.view < state.lockedView) {
    return refuse("below-the-lock", justify.view, state.lockedView);
  }
  const isOnGenesis = justify.view === 0;
  assert(parent !== undefined || isOnGenesis, "a vote waits until the parent is held");
  const head = parent?.justify.view ?? (0 as View);
  return accept({ ...voted(state, block, tc), lockedView: later(state.lockedView, head) });
}

/** What every vote rule refuses. */
function voteRefusal(state: SafetyState, block: Block): SafetyVerdict | undefined {
  const { epoch, view, justify } = block;
  if (epoch !== state.epoch) return refuse("wrong-epoch", view, state.lastVotedView);
  const silent = silence(state, view);
  if (silent !== undefined) return silent;
  if (view <= state.lastVotedView) return refuse("already-voted", view, state.lastVotedView);
  if (view <= justify.view) return refuse("certificate-not-older", view, justify.view);
  return undefined;
}

function voted(state: SafetyState, block: Block, tc: TimeoutCert | undefined): SafetyState {
  const { epoch, view, height, justify } = block;
  const lastVote = { epoch, view, height, block: blockHash(block) };
  return { ...withCertificates(state, { qc: justify, tc }), lastVotedView: view, lastVote };
}

/** May we commit-vote for the block that `qc` certifies? Not in a view that we gave up, and once a view. AIP-89. */
export function mayCommitVote(
  state: SafetyState,
  qc: QuorumCert,
  lastCommitVote: CommitVoteContent,
): SafetyVerdict {
  assert(sameVote(qc, lastCommitVote), "a commit vote is for the block of its certificate");
  const { view } = qc;
  if (qc.epoch !== state.epoch) return refuse("wrong-epoch", view, state.lastVotedView);
  const silent = silence(state, view);
  if (silent !== undefined) return silent;
  const gaveUp = state.lastTimeout?.view ?? (0 as View);
  if (view <= gaveUp) return refuse("gave-up-this-view", view, gaveUp);
  const lastView = state.lastCommitVote?.view ?? (0 as View);
  if (view <= lastView) return refuse("already-commit-voted", view, lastView);
  return accept({
    ...state,
    lastVotedView: later(state.lastVotedView, view),
    lockedView: later(state.lockedView, view),
    highQc: laterCert(state.highQc, qc),
    lastCommitVote,
  });
}

/** May we give `view` up? Only the view we are in by proof, and never on less than our lock. */
export function mayTimeout(state: SafetyState, view: View): SafetyVerdict {
  const { highQc, highTc, lastTimeout } = state;
  assert(highQc.view >= state.lockedView, "the highest certificate is never below the lock");
  const silent = silence(state, view);
  if (silent !== undefined) return silent;
  if (view === lastTimeout?.view) return accept(state);
  if (lastTimeout !== undefined && view < lastTimeout.view) {
    return refuse("older-timeout", view, lastTimeout.view);
  }
  if (view <= highQc.view) return refuse("view-already-certified", view, highQc.view);
  if (view !== highQc.view + 1 && view !== (highTc?.view ?? 0) + 1) {
    return refuse("view-not-reached", view, highQc.view);
  }
  const lastVotedView = later(state.lastVotedView, view);
  return accept({ ...state, lastVotedView, lastTimeout: { view, highQc } });
}

/** May we propose `block`? Once a view, on the highest certificate; the same block again is the same proposal. */
export function mayPropose(state: SafetyState, block: Block, tc?: TimeoutCert): SafetyVerdict {
  const { view } = block;
  if (block.epoch !== state.epoch) return refuse("wrong-epoch", view, state.lastVotedView);
  const silent = silence(state, view);
  if (silent !== undefined) return silent;
  const last = state.lastProposed;
  if (last !== undefined && view <= last.block.view) {
    if (equalBytes(blockHash(block), blockHash(last.block))) return accept(state);
    return refuse("already-proposed", view, last.block.view);
  }
  if (!sameVote(block.justify, state.highQc)) {
    return refuse("not-on-highest-certificate", block.justify.view, state.highQc.view);
  }
  return accept({ ...state, lastProposed: tc === undefined ? { block } : { block, tc } });
}

/** What we know of certificates only grows. */
export function withCertificates(
  state: SafetyState,
  seen: { readonly qc?: QuorumCert | undefined; readonly tc?: TimeoutCert | undefined },
): SafetyState {
  const highQc = seen.qc === undefined ? state.highQc : laterCert(state.highQc, seen.qc);
  const highTc =
    seen.tc === undefined || state.highTc === undefined
      ? (seen.tc ?? state.highTc)
      : laterCert(state.highTc, seen.tc);
  if (highQc === state.highQc && highTc === state.highTc) return state;
  return highTc === undefined ? { ...state, highQc } : { ...state, highQc, highTc };
}

export const safetyStateCodec: Codec<SafetyState> = struct<SafetyState>({
  epoch: epochCodec,
  lastVotedView: viewCodec,
  lastVote: optional(voteContentCodec),
  lastCommitVote: optional(commitVoteContentCodec),
  lastTimeout: optional(
    struct<NonNullable<SafetyState["lastTimeout"]>>({ view: viewCodec, highQc: quorumCertCodec }),
  ),
  lastProposed: optional(
    struct<NonNullable<SafetyState["lastProposed"]>>({
      block: blockCodec,
      tc: optional(timeoutCertCodec),
    }),
  ),
  lockedView: viewCodec,
  highQc: quorumCertCodec,
  highTc: optional(timeoutCertCodec),
  silentThrough: viewCodec,
});

function later(left: View, right: View): View {
  return right > left ? right : left;
}

function accept(state: SafetyState): SafetyVerdict {
  return { ok: true, state };
}

function refuse(refusal: SafetyRefusal, view: View, bound: View): SafetyVerdict {
  return { ok: false, refusal, view, bound };
}
