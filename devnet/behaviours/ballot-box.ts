// What a liar keeps of what validators said: the ballots of the newest views, and the certificates that they came to or
// that came along. Bounded like everything that it remembers.

import type {
  CommitCert,
  CommitVote,
  Message,
  QuorumCert,
  Timeout,
  TimeoutCert,
  ValidatorIndex,
  ValidatorSet,
  Vote,
} from "../../consensus/index.ts";
import { equalBytes, type Signature, signatureList, type View } from "../../crypto/index.ts";
import type { Delivery } from "./behaviour.ts";
import { Hearsay, remember } from "./hearsay.ts";

/** Votes, commit votes and timeouts alike: who signed, and in which view. */
export type Ballot = Vote | CommitVote | Timeout;

type ByVoter<B> = ReadonlyMap<ValidatorIndex, B>;

export class BallotBox {
  readonly certificates = new Hearsay();
  readonly #validators: ValidatorSet;
  readonly #ballots = {
    vote: new Map<View, Map<ValidatorIndex, Vote>>(),
    "commit-vote": new Map<View, Map<ValidatorIndex, CommitVote>>(),
    timeout: new Map<View, Map<ValidatorIndex, Timeout>>(),
  };
  #decision: CommitCert | undefined;
  #proof: TimeoutCert | undefined;

  constructor(validators: ValidatorSet) {
    this.#validators = validators;
  }

  /** The newest commit certificate that we could show. */
  get decision(): CommitCert | undefined {
    return this.#decision;
  }

  /** The newest timeout certificate that came along. */
  get proof(): TimeoutCert | undefined {
    return this.#proof;
  }

  votes(view: View): ByVoter<Vote> {
    return this.#ballots.vote.get(view) ?? new Map();
  }

  commitVotes(view: View): ByVoter<CommitVote> {
    return this.#ballots["commit-vote"].get(view) ?? new Map();
  }

  timeouts(view: View): ByVoter<Timeout> {
    return this.#ballots.timeout.get(view) ?? new Map();
  }

  /** What we are about to say ourselves. */
  noteOwn(deliveries: readonly Delivery[]): void {
    const content = deliveries[0]?.content;
    if (content?.type === "message") this.note(content.message);
  }

  note(message: Message): void {
    if ("voter" in message && this.#validators.members[message.voter] === undefined) return;
    this.certificates.hear(message);
    switch (message.type) {
      case "proposal":
        return this.#noteProof(message.tc);
      case "decision":
        return this.#noteDecision(message.cert);
      case "vote":
        return put(this.#ballots.vote, message);
      case "commit-vote":
        put(this.#ballots["commit-vote"], message);
        return this.#noteDecision(this.#decisionOn(message));
      case "timeout":
        put(this.#ballots.timeout, message);
        this.#noteProof(message.highTc);
        if (message.vote !== undefined) put(this.#ballots.vote, message.vote);
    }
  }

  /** All that voted for the block of this certificate, so perhaps more than it names. */
  fullestOf(qc: QuorumCert): QuorumCert {
    const votes = [...this.votes(qc.view).values()].filter(({ content }) =>
      equalBytes(content.block, qc.block),
    );
    return votes.length > qc.signatures.signers.length
      ? { ...qc, signatures: signaturesOf(votes) }
      : qc;
  }

  #decisionOn({ content }: CommitVote): CommitCert | undefined {
    const equal = [...this.commitVotes(content.view).values()].filter(
      (other) =>
        other.content.height === content.height &&
        equalBytes(other.content.block, content.block) &&
        equalBytes(other.content.stateRoot, content.stateRoot),
    );
    const voters = equal.map(({ voter }) => voter);
    if (powerOf(this.#validators, voters) < this.#validators.quorumPower) return undefined;
    return { ...content, signatures: signaturesOf(equal) };
  }

  #noteProof(tc: TimeoutCert | undefined): void {
    if (tc !== undefined && tc.view > (this.#proof?.view ?? 0)) this.#proof = tc;
  }

  #noteDecision(cert: CommitCert | undefined): void {
    if (cert !== undefined && cert.view > (this.#decision?.view ?? 0)) this.#decision = cert;
  }
}

export function signaturesOf(
  ballots: Iterable<{ readonly voter: ValidatorIndex; readonly signature: Signature }>,
): QuorumCert["signatures"] {
  return signatureList([...ballots].map(({ voter, signature }) => ({ signer: voter, signature })));
}

export function powerOf({ members }: ValidatorSet, voters: Iterable<ValidatorIndex>): number {
  let power = 0;
  for (const voter of voters) power += members[voter]?.power ?? 0;
  return power;
}

/** The first of a voter and view stays: it is what the others count. */
function put<B extends Ballot>(views: Map<View, Map<ValidatorIndex, B>>, ballot: B): void {
  const { view } = ballot.content;
  const ofView = views.get(view) ?? new Map<ValidatorIndex, B>();
  if (!ofView.has(ballot.voter)) ofView.set(ballot.voter, ballot);
  if (!views.has(view)) remember(views, view, ofView);
}
