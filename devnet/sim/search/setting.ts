// What all nodes of one search share: the validator set, its keys, genesis, a trivial application whose state is the
// list of all payloads, and one verifier whose verdicts are remembered by message.

import {
  type Block,
  blockHash,
  type Draft,
  Engine,
  genesisQc,
  LEADER_CHOICES,
  type LeaderChoice,
  type Message,
  type QuorumCert,
  RULE_SETS,
  type RuleSet,
  type SafetyState,
  signDraft,
  type Tip,
  type ValidatorIndex,
  type ValidatorSet,
  type Verification,
  Verifier,
  validatorSet,
} from "../../../consensus/index.ts";
import {
  ascii,
  domain,
  type Epoch,
  type Hash,
  type Height,
  hashIn,
  type Signer,
  type View,
} from "../../../crypto/index.ts";
import { sealScheme, sealSigner } from "./seals.ts";

export type SettingOptions = {
  readonly validators?: number;
  readonly rules?: RuleSet;
  readonly leaders?: LeaderChoice;
};

const TEXT_DOMAIN = domain("quorate/search-text/1");
const STATE_DOMAIN = domain("quorate/search-state/1");
/** The time that a first timer takes; searches fire timers as they please. */
export const BASE_TIMEOUT_MS = 1_000;

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const words = new WeakMap<Uint8Array, string>();

/** A hash in 16 digits: enough to tell all blocks of a search apart. */
export function wordOf(hash: Uint8Array): string {
  const known = words.get(hash);
  if (known !== undefined) return known;
  let word = "";
  for (let at = 0; at < 8; at++) word += DIGITS[hash[at] as number];
  words.set(hash, word);
  return word;
}

export function hashOfText(text: string): Hash {
  return hashIn(TEXT_DOMAIN, ascii(text));
}

export const GENESIS_ROOT = hashOfText("genesis state");

/** The state after a block: a hash chain over the payloads. */
export function stateAfter(parentRoot: Hash, payload: Hash): Hash {
  return hashIn(STATE_DOMAIN, parentRoot, payload);
}

export class Setting {
  readonly validators: ValidatorSet;
  readonly signers: readonly Signer[];
  readonly genesisQc: QuorumCert;
  readonly genesisTip: Tip;
  readonly rules: RuleSet;
  readonly leaders: LeaderChoice;
  /** The most liars that the protocol promises to stand. */
  readonly faulty: number;
  /** Counted here, not taken from the validator set under test. */
  readonly quorum: number;
  readonly #verifier: Verifier;
  readonly #verdicts = new WeakMap<Message, Verification<Message>>();
  /** Of commit votes whose certificate the receiver does not need. */
  readonly #bareVerdicts = new WeakMap<Message, Verification<Message>>();

  constructor(options: SettingOptions = {}) {
    const { validators = 4, rules = RULE_SETS["commit-votes"] } = options;
    this.rules = rules;
    this.leaders = options.leaders ?? LEADER_CHOICES["round-robin"];
    this.faulty = Math.floor((validators - 1) / 3);
    this.quorum = validators - this.faulty;
    this.signers = Array.from({ length: validators }, (_, index) => sealSigner(index));
    const members = this.signers.map(({ publicKey }) => ({ publicKey, power: 1 }));
    const chainId = hashOfText("chain");
    this.validators = validatorSet({ chainId, epoch: 0 as Epoch, members });
    const block = hashOfText("genesis");
    this.genesisQc = genesisQc({ epoch: this.validators.epoch, block });
    this.genesisTip = {
      hash: block,
      height: 0 as Height,
      view: 0 as View,
      timestampMs: 0,
      stateRoot: GENESIS_ROOT,
    };
    this.#verifier = new Verifier(this.validators, sealScheme, this.genesisQc, this.leaders);
  }

  newEngine(self: ValidatorIndex, safety: SafetyState, tip: Tip): Engine {
    const { validators, rules, leaders } = this;
    const pacemaker = { baseTimeoutMs: BASE_TIMEOUT_MS };
    return new Engine({ validators, self, pacemaker, safety, tip, rules, leaders });
  }

  sign(draft: Draft): Message {
    const by = draft.type === "proposal" ? draft.block.proposer : draft.voter;
    return signDraft(draft, this.validators.chainId, this.signers[by] as Signer);
  }

  /**
   * Once for all receivers: a verdict depends on the message and, for the certificate in a commit vote, on whether the
   * receiver has a later one; on nothing else that a receiver knows.
   */
  verify(message: Message, known: QuorumCert): Verification<Message> {
    const isBare = message.type === "commit-vote" && (message.qc?.view ?? 0) <= known.view;
    const verdicts = isBare ? this.#bareVerdicts : this.#verdicts;
    const remembered = verdicts.get(message);
    if (remembered !== undefined) return remembered;
    const verdict = this.#verifier.verify(message, known);
    verdicts.set(message, verdict);
    return verdict;
  }
}

/** `7/a1b2` : a block by view and the first digits of its hash. */
export function shortName(view: View, hash: Uint8Array): string {
  return `${view}/${wordOf(hash).slice(0, 4)}`;
}

export function blockName(block: Block): string {
  return shortName(block.view, blockHash(block));
}
