// Who can be proven to have broken the rules, from signed statements alone. When two honest validators call different
// blocks final, or hold certificates for different states, f+1 validators must be among them, by power, as long as each
// quorum holds somebody honest; an honest one must never be. States that nobody certified prove nothing against anybody.

import type { Block, Message, ValidatorIndex } from "../../../consensus/index.ts";
import { equalBytes } from "../../../crypto/index.ts";
import type { Observation } from "../observation.ts";
import { type BlockFacts, forgetfulness, type Guilt } from "./guilt.ts";
import type { Oracle, Premises, Report } from "./oracle.ts";
import { hashOf } from "./signed-bytes.ts";
import { eachCommitVote, eachStatement, eachVote, isSigned, type Statement } from "./statements.ts";
import { everyQuorumHasAnHonest, isHonestValidator, wordOf } from "./words.ts";

export type AccountabilityOracle = Oracle & {
  /** By validator, the first proof found. */
  readonly culprits: () => ReadonlyMap<ValidatorIndex, Guilt>;
};

export function accountability(premises: Premises, report: Report): AccountabilityOracle {
  const court = new Court(premises);
  return {
    name: "accountability",
    observe: (seen) => court.observe(seen),
    culprits: () => court.culprits(),
    conclude: () => {
      for (const fault of court.faults()) report(fault);
    },
  };
}

class Court {
  readonly #premises: Premises;
  /** Those of each validator, by kind and view; real ones once there are two. */
  readonly #statements: Map<string, Statement[]>[];
  readonly #doubles = new Map<ValidatorIndex, Guilt>();
  readonly #blocks = new Map<string, BlockFacts>();
  readonly #read = new WeakSet<object>();
  readonly #real = new WeakMap<Statement, boolean>();
  /** What honest nodes call final, by height. */
  readonly #finals = new Map<number, string>();
  /** The states after them that a certificate is for. */
  readonly #certified = new Map<number, string>();
  #violatedAt: number | undefined;

  constructor(premises: Premises) {
    this.#premises = premises;
    this.#statements = premises.validators.members.map(() => new Map());
  }

  observe(seen: Observation): void {
    if (seen.type === "signed") return this.#readOnce(seen.message);
    if (seen.type === "heard" && seen.content !== undefined) return this.#readOnce(seen.content);
    if (seen.type !== "final" || !this.#premises.isHonest(seen.by)) return;
    const { block, hash, cert } = seen.final;
    const { chainId } = this.#premises.validators;
    if (!this.#read.has(block)) {
      this.#read.add(block);
      this.#learn(block);
      eachVote(chainId, block.justify, (statement) => this.#add(statement));
    }
    if (cert !== undefined && !this.#read.has(cert)) {
      this.#read.add(cert);
      eachCommitVote(chainId, cert, (statement) => this.#add(statement));
    }
    this.#compare(this.#finals, block.height, wordOf(hash));
    if (cert !== undefined) this.#compare(this.#certified, block.height, wordOf(cert.stateRoot));
  }

  #compare(said: Map<number, string>, height: number, word: string): void {
    const earlier = said.get(height);
    if (earlier === undefined) said.set(height, word);
    else if (earlier !== word) this.#violatedAt ??= height;
  }

  culprits(): ReadonlyMap<ValidatorIndex, Guilt> {
    const guilty = new Map<ValidatorIndex, Guilt>();
    for (const [index, slots] of this.#statements.entries()) {
      const proof =
        this.#doubles.get(index) ??
        forgetfulness({
          statements: [...slots.values()].flat(),
          blocks: this.#blocks,
          locksByVote: this.#premises.rules === "three-chain",
          isReal: (statement) => this.#isReal(statement),
        });
      if (proof !== undefined) guilty.set(index, proof);
    }
    return guilty;
  }

  /** What is wrong with the verdicts themselves. */
  faults(): readonly string[] {
    const { members, honestPower } = this.#premises.validators;
    const culprits = this.culprits();
    const framed = [...culprits]
      .filter(([index]) => isHonestValidator(this.#premises, index))
      .map(([index, { why }]) => `honest v${index} counts as guilty: ${why}`);
    if (this.#violatedAt === undefined || !everyQuorumHasAnHonest(this.#premises)) return framed;
    let power = 0;
    for (const index of culprits.keys()) power += members[index]?.power ?? 0;
    if (power >= honestPower) return framed;
    const where = `a fork at height ${this.#violatedAt}`;
    const names = [...culprits.keys()].map((index) => `v${index}`).join(", ");
    const proven = names === "" ? "nobody" : `only ${names} with power ${power}`;
    const needed = `can be proven guilty: ${honestPower} are needed`;
    return [...framed, `${where}, and ${proven} ${needed}`];
  }

  /** What was broadcast once arrives often. */
  #readOnce(message: Message): void {
    if (this.#read.has(message)) return;
    this.#read.add(message);
    if (message.type === "proposal") this.#learn(message.block);
    const { chainId } = this.#premises.validators;
    eachStatement(chainId, message, (statement) => this.#add(statement));
  }

  #learn(block: Block): void {
    const facts = { parent: wordOf(block.parent), justifyView: block.justify.view };
    this.#blocks.set(wordOf(hashOf(block)), facts);
  }

  #add(statement: Statement): void {
    const { kind, view, signer, epoch, words } = statement;
    const ofSigner = this.#statements[signer];
    if (ofSigner === undefined || epoch !== this.#premises.validators.epoch) return;
    const slot = `${kind} ${view}`;
    const others = ofSigner.get(slot);
    if (others === undefined) {
      ofSigner.set(slot, [statement]);
      return;
    }
    const same = others.find((other) => other.words === words);
    if (same === undefined) return this.#confront(ofSigner, slot, [...others, statement]);
    // A forgery that came first must not keep the real one out.
    if (equalBytes(same.signature, statement.signature) || this.#isReal(same)) return;
    ofSigner.set(slot, [...others.filter((other) => other !== same), statement]);
  }

  #confront(ofSigner: Map<string, Statement[]>, slot: string, all: readonly Statement[]): void {
    const real = all.filter((statement) => this.#isReal(statement));
    if (real.length === 0) ofSigner.delete(slot);
    else ofSigner.set(slot, real);
    const [first, second] = real;
    if (first === undefined || second === undefined || this.#doubles.has(first.signer)) return;
    const why = `two different ${first.kind}s of view ${first.view}`;
    this.#doubles.set(first.signer, { first, second, why });
  }

  #isReal(statement: Statement): boolean {
    const known = this.#real.get(statement);
    if (known !== undefined) return known;
    const isReal = isSigned(this.#premises, statement);
    this.#real.set(statement, isReal);
    return isReal;
  }
}
