// Judges everything that is signed and committed, and shares no code with the engine: agreement, contiguity, no honest
// contradiction, no vote in a view given up, certificates made of real signatures of a quorum, and no halt or evidence
// against the honest as long as the liars are at most f.

import type {
  CommitCert,
  CommitVoteContent,
  Effect,
  Message,
  QuorumCert,
  TimeoutCert,
  ValidatorIndex,
  VoteContent,
} from "../../../consensus/index.ts";
import { blockHash } from "../../../consensus/index.ts";
import type { Signature } from "../../../crypto/index.ts";
import { Ledger } from "./culprits.ts";
import { type Setting, shortName, wordOf } from "./setting.ts";
import { describe } from "./wording.ts";

export type Violation = { readonly oracle: string; readonly what: string };

type Committed = { readonly block: string; readonly root: string; readonly by: number };
type Tip = { readonly height: number; readonly block: string };

/** Who signs or commits: a node, the validator whose key it has, and whether we hold it to its promises. */
export type Signatory = {
  readonly id: number;
  readonly validator: ValidatorIndex;
  readonly isHonest: boolean;
};

export class Judge {
  readonly #setting: Setting;
  readonly #isWithinBounds: boolean;
  readonly #ledger: Ledger;
  /** Signatures that were really made, by signer and statement. */
  readonly #made: Map<string, Signature>;
  /** What each honest validator said, by kind and view. */
  readonly #said = new Map<string, string>();
  readonly #gaveUp = new Map<ValidatorIndex, number>();
  readonly #agreed = new Map<number, Committed>();
  readonly #tips = new Map<number, Tip>();
  readonly #sound = new WeakSet<object>();
  /** The first one found. */
  violation: Violation | undefined;
  /** Agreement broke, by more liars than it promises to stand. */
  isForked = false;

  /** Judges that hear of the same signatures may share what was `made`. */
  constructor(setting: Setting, liars: number, made = new Map<string, Signature>()) {
    this.#setting = setting;
    this.#made = made;
    this.#isWithinBounds = liars <= setting.faulty;
    this.#ledger = new Ledger();
  }

  report(oracle: string, what: string): void {
    this.violation ??= { oracle, what };
  }

  /** The validators proven to have contradicted themselves. */
  get culprits(): readonly ValidatorIndex[] {
    return this.#ledger.culprits();
  }

  /** A signature exists, whether or not anybody has seen it. */
  sealed(message: Message): void {
    if (message.type === "decision" || message.type === "proposal") return;
    this.#made.set(`${message.voter} ${ballotOf(message)}`, message.signature);
  }

  /** Somebody says this. */
  signed(by: Signatory, message: Message): void {
    this.#ledger.add(message);
    if (message.type === "decision") return;
    this.sealed(message);
    if (!by.isHonest) return;
    this.#checkConsistency(by, message);
    this.#checkCertificates(by, message);
  }

  committed(by: Signatory, effect: Extract<Effect, { type: "commit" }>): void {
    if (!by.isHonest) return;
    const { block, hash, stateRoot, cert } = effect;
    const tip = this.#tips.get(by.id) ?? {
      height: 0,
      block: wordOf(this.#setting.genesisQc.block),
    };
    const name = wordOf(hash);
    if (block.height !== tip.height + 1 || wordOf(block.parent) !== tip.block) {
      this.report(
        "contiguity",
        `${by.id} commits height ${block.height} (${name}) on ${tip.height}`,
      );
    }
    this.#tips.set(by.id, { height: block.height, block: name });
    const root = wordOf(stateRoot);
    const earlier = this.#agreed.get(block.height);
    if (earlier === undefined) this.#agreed.set(block.height, { block: name, root, by: by.id });
    else if (earlier.block !== name || earlier.root !== root) this.#disagree(by, block, earlier);
    if (cert !== undefined) this.#checkCommitCert(by, cert);
  }

  halted(by: Signatory, effect: Extract<Effect, { type: "halt" }>): void {
    if (!by.isHonest || !this.#isWithinBounds) return;
    const { reason, height, view } = effect.halt;
    this.report("halt", `${by.id} halts: ${reason} at height ${height}, view ${view}`);
  }

  /** `isHonest` says it of the accused. */
  accused(by: Signatory, effect: Extract<Effect, { type: "evidence" }>, isHonest: boolean): void {
    if (!by.isHonest || !isHonest) return;
    const { first, second } = effect.evidence;
    this.report("evidence", `${by.id} accuses honest: ${describe(first)}; ${describe(second)}`);
  }

  #disagree(
    by: Signatory,
    block: { readonly height: number; readonly view: number },
    earlier: Committed,
  ): void {
    const where = `${by.id} and ${earlier.by} at height ${block.height}, view ${block.view}`;
    if (this.#isWithinBounds) return this.report("agreement", where);
    this.isForked = true;
    const { culprits } = this;
    if (culprits.length > this.#setting.faulty) return;
    const names = culprits.length === 0 ? "nobody" : `only ${culprits.join(", ")}`;
    this.report("accountability", `${where}: ${names} can be proven guilty`);
  }

  #checkConsistency(by: Signatory, message: Exclude<Message, { type: "decision" }>): void {
    const view = message.type === "proposal" ? message.block.view : message.content.view;
    const slot = `${by.validator} ${message.type} ${view}`;
    const statement =
      message.type === "proposal" ? wordOf(blockHash(message.block)) : ballotOf(message);
    const earlier = this.#said.get(slot);
    if (earlier === statement) return;
    if (earlier !== undefined) this.report("double-sign", `${slot}: ${earlier}, then ${statement}`);
    this.#said.set(slot, statement);
    const gaveUp = this.#gaveUp.get(by.validator) ?? 0;
    if (message.type === "timeout") this.#gaveUp.set(by.validator, Math.max(gaveUp, view));
    const isBallot = message.type === "vote" || message.type === "commit-vote";
    if (isBallot && view <= gaveUp) {
      this.report("given-up", `${describe(message)}, after its timeout of ${gaveUp}`);
    }
  }

  #checkCertificates(by: Signatory, message: Exclude<Message, { type: "decision" }>): void {
    switch (message.type) {
      case "proposal":
        this.#checkQc(by, message.block.justify);
        return message.tc === undefined ? undefined : this.#checkTc(by, message.tc);
      case "vote":
        return;
      case "commit-vote":
        if (message.qc === undefined) return;
        return this.#checkQc(by, message.qc);
      case "timeout":
        this.#checkQc(by, message.highQc);
        return message.highTc === undefined ? undefined : this.#checkTc(by, message.highTc);
    }
  }

  #checkQc(by: Signatory, qc: QuorumCert): void {
    if (qc.view === 0) return;
    this.#checkSignatures(by, qc, () => voteStatement(qc));
  }

  #checkCommitCert(by: Signatory, cert: CommitCert): void {
    this.#checkSignatures(by, cert, () => commitVoteStatement(cert));
  }

  #checkTc(by: Signatory, tc: TimeoutCert): void {
    if (this.#sound.has(tc)) return;
    this.#checkSignatures(by, tc, (at) => timeoutStatement(tc.view, tc.highQcViews[at] ?? -1));
    const highest = Math.max(...tc.highQcViews);
    if (tc.highQc.view !== highest) {
      this.report("certificate", `${by.id} uses a TC of ${tc.view} that hides a QC of ${highest}`);
    }
    this.#checkQc(by, tc.highQc);
  }

  #checkSignatures(
    by: Signatory,
    cert: QuorumCert | CommitCert | TimeoutCert,
    statementOf: (at: number) => string,
  ): void {
    if (this.#sound.has(cert)) return;
    this.#sound.add(cert);
    const { signers, signatures } = cert.signatures;
    const distinct = new Set(signers);
    for (const [at, signer] of signers.entries()) {
      const made = this.#made.get(`${signer} ${statementOf(at)}`);
      if (made !== undefined && wordOf(made) === wordOf(signatures[at] as Signature)) continue;
      this.report("certificate", `${by.id} uses a certificate of ${cert.view} with a forgery`);
    }
    if (distinct.size >= this.#setting.quorum) return;
    const what = `${by.id} uses a certificate of ${cert.view} by [${signers.join(" ")}]`;
    this.report("certificate", what);
  }
}

function ballotOf(message: Extract<Message, { readonly content: unknown }>): string {
  switch (message.type) {
    case "vote":
      return voteStatement(message.content);
    case "commit-vote":
      return commitVoteStatement(message.content);
    case "timeout":
      return timeoutStatement(message.content.view, message.content.highQcView);
  }
}

function voteStatement({ view, height, block }: VoteContent): string {
  return `vote ${shortName(view, block)} ${height} ${wordOf(block)}`;
}

function commitVoteStatement({ view, height, block, stateRoot }: CommitVoteContent): string {
  return `commit ${view} ${height} ${wordOf(block)} ${wordOf(stateRoot)}`;
}

function timeoutStatement(view: number, highQcView: number): string {
  return `timeout ${view} knowing ${highQcView}`;
}
