// Puts equivocation on the chain's record: after a final block, reports what this validator has seen and the state does not
// know yet. The validators take turns, so that one report is enough; it is paid for by the validator's own account.

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
/** A report that came to nothing is made again after so many blocks. */
const PATIENCE_HEIGHTS = 1_000;

export class EvidenceReporter {
  readonly #options: EvidenceReporterOptions;
  /** By offence: the height at which it is our turn. Only what is still among the evidence. */
  #turns = new Map<string, number>();
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

  /** The first offence whose turn has come; its next turn is far off. */
  #due(at: Height): Evidence | undefined {
    const { evidence, state, self } = this.#options;
    const turns = new Map<string, number>();
    let due: Evidence | undefined;
    for (const each of evidence()) {
      const key = this.#keyOf(each);
      if (state.get(key) !== undefined) continue;
      const name = toHex(key);
      const turn = this.#turns.get(name) ?? at + TURN_HEIGHTS * self;
      const isDue = due === undefined && at >= turn && !this.#isReporting;
      if (isDue) due = each;
      turns.set(name, isDue ? at + PATIENCE_HEIGHTS : turn);
    }
    this.#turns = turns;
    return due;
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
