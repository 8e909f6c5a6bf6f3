// Puts equivocation on the chain's record: after a final block, reports what this validator has seen and the state does not
// know yet. The validators take turns, so that one report is enough; it is paid for by the validator's own account. One
// report convicts: a liar that offends in every view must not make a block of each offence, which makes the next view.

import {
  bareMessage,
  type Evidence,
  type Message,
  messageCodec,
  type ValidatorIndex,
  type ValidatorSet,
} from "../../consensus/index.ts";
import {
  addressOf,
  assert,
  encode,
  formatAddress,
  type Height,
  height,
  type Signer,
  toHex,
} from "../../crypto/index.ts";
import { offenceKey, type StateReader } from "../ledger/index.ts";
import type { Log } from "../logging/index.ts";
import type { NodeApi } from "../rpc/index.ts";
import { encodeCall, MAX_EVIDENCE_MESSAGE_BYTES, signTransaction } from "../transaction/index.ts";

export type EvidenceReporterOptions = {
  readonly validators: ValidatorSet;
  readonly self: ValidatorIndex;
  readonly signer: Signer;
  readonly fee: bigint;
  /** What was seen, bounded by whoever keeps it. */
  readonly evidence: () => readonly Evidence[];
  readonly state: StateReader;
  readonly api: Pick<NodeApi, "account" | "submit">;
  readonly log: Log;
};

/** Between the turns of two validators, in blocks. */
const TURN_HEIGHTS = 3;
/** Blocks between two reports of one validator's offences of one kind, and before one that came to nothing is made again. */
const PATIENCE_HEIGHTS = 1_000;

export class EvidenceReporter {
  readonly #options: EvidenceReporterOptions;
  /** By offence: the height at which it is our turn. Only what is still among the evidence. */
  #turns = new Map<string, number>();
  /** Offences on record, as far as they are still among the evidence. */
  #recorded = new Set<string>();
  /** By offender and kind: no report before this height. */
  readonly #quietUntil = new Map<string, number>();
  #isReporting = false;

  constructor(options: EvidenceReporterOptions) {
    this.#options = options;
  }

  /** After a block became final. Rejects for nothing: what goes wrong is logged, and tried again later. */
  async onFinal(at: Height): Promise<void> {
    const due = this.#due(at);
    if (due === undefined || this.#isReporting) return;
    this.#isReporting = true;
    try {
      await this.#report(due, at);
    } catch (err) {
      this.#options.log.warn({ err }, "evidence could not be reported");
    } finally {
      this.#isReporting = false;
    }
  }

  /** The first offence whose turn has come; others of its kind are left alone for long. */
  #due(at: Height): Evidence | undefined {
    const { self } = this.#options;
    const turns = new Map<string, number>();
    let due: Evidence | undefined;
    for (const { name, series, evidence } of this.#unrecorded(at)) {
      if (at < (this.#quietUntil.get(series) ?? 0)) continue;
      const turn = this.#turns.get(name) ?? at + TURN_HEIGHTS * self;
      turns.set(name, turn);
      if (due !== undefined || at < turn || this.#isReporting) continue;
      due = evidence;
      this.#quietUntil.set(series, at + PATIENCE_HEIGHTS);
    }
    this.#turns = turns;
    return due;
  }

  /** What the state does not know; what it knows from now on quiets the others of its series. */
  #unrecorded(at: Height) {
    const recorded = new Set<string>();
    const unrecorded: { name: string; series: string; evidence: Evidence }[] = [];
    for (const evidence of this.#options.evidence()) {
      const key = this.#keyOf(evidence);
      const name = toHex(key);
      const series = `${evidence.offender} ${evidence.first.type}`;
      if (this.#options.state.get(key) === undefined) unrecorded.push({ name, series, evidence });
      else {
        recorded.add(name);
        if (!this.#recorded.has(name)) this.#quietUntil.set(series, at + PATIENCE_HEIGHTS);
      }
    }
    this.#recorded = recorded;
    return unrecorded;
  }

  #keyOf({ offender, first, view }: Evidence): Uint8Array {
    const member = this.#options.validators.members[offender];
    assert(member !== undefined && first.type !== "decision", "evidence names a validator");
    return offenceKey({ publicKey: member.publicKey, kind: first.type, view });
  }

  async #report(evidence: Evidence, at: Height): Promise<void> {
    const { validators, signer, fee, api, log } = this.#options;
    const { offender, view } = evidence;
    const first = bareBytes(evidence.first);
    const second = bareBytes(evidence.second);
    const sender = addressOf(signer.publicKey);
    const account = formatAddress(sender);
    const { nonce, balance } = api.account(sender);
    if (Math.max(first.length, second.length) > MAX_EVIDENCE_MESSAGE_BYTES || balance < fee) {
      const fields = { offender, view, account, balance: `${balance}`, bytes: first.length };
      return log.warn(fields, "evidence is not reported: too large, or its account cannot pay");
    }
    const { chainId } = validators;
    const validUntilHeight = height(at + PATIENCE_HEIGHTS);
    const { publicKey } = signer;
    const terms = { chainId, sender, publicKey, nonce, fee, validUntilHeight };
    const call = encodeCall({ type: "report-evidence", first, second });
    const { id, bytes } = signTransaction({ ...terms, call }, signer);
    const submission = await api.submit(bytes);
    const fields = { offender, view, transaction: toHex(id) };
    if (submission.ok) log.info(fields, "evidence is reported");
    else log.warn({ ...fields, code: submission.problem.code }, "evidence was not taken");
  }
}

function bareBytes(message: Message): Uint8Array {
  assert(message.type !== "decision", "a decision is nobody's own word");
  return encode(messageCodec, bareMessage(message));
}
