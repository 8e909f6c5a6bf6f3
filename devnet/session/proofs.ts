// Who is proven guilty in a live run: two messages of one validator that contradict each other, checked against genesis
// before they count, and which validators hold such a proof.

import {
  bareMessage,
  type Message,
  messageCodec,
  type ValidatorSet,
  verifyEvidence,
} from "../../consensus/index.ts";
import { decode, encode, fromHex, type SignatureScheme, toHex } from "../../crypto/index.ts";
import { type Culprit, statementText } from "../verdict/index.ts";

/** Canonical bytes as 0x-hex, as a validator's events carry them. */
export type Contradiction = { readonly first: string; readonly second: string };

type Proof = Pick<Culprit, "why" | "messages" | "statements">;

/** The largest message of the protocol in hex is far below. */
const MAX_HEX_CHARACTERS = 8 * 1024 * 1024;

/** At most one proof for each validator: the first one that holds. */
export class Proofs {
  readonly #validators: ValidatorSet;
  readonly #scheme: SignatureScheme;
  readonly #proofs = new Map<number, Proof>();
  readonly #holders = new Map<number, Set<number>>();

  constructor(validators: ValidatorSet, scheme: SignatureScheme) {
    this.#validators = validators;
    this.#scheme = scheme;
  }

  /** What `by` says it found. The one that it proves guilty, or undefined when it proves nothing. */
  take(by: number, { first, second }: Contradiction): number | undefined {
    const [left, right] = [messageIn(first), messageIn(second)];
    if (left === undefined || right === undefined) return undefined;
    const pair = { first: left, second: right };
    const verdict = verifyEvidence(this.#validators, this.#scheme, pair);
    if (!verdict.ok) return undefined;
    const { offender, kind, view } = verdict.offence;
    const holders = this.#holders.get(offender) ?? new Set();
    this.#holders.set(offender, holders.add(by));
    if (!this.#proofs.has(offender)) {
      this.#proofs.set(offender, {
        why: `signed two ${kind}s in view ${view}`,
        messages: [toHex(bytesOf(left)), toHex(bytesOf(right))],
        statements: [statementText(left), statementText(right)],
      });
    }
    return offender;
  }

  has(offender: number): boolean {
    return this.#proofs.has(offender);
  }

  /** Is it known already that this one is guilty, and that `by` can prove it? */
  isSettled(offender: number, by: number): boolean {
    return this.#holders.get(offender)?.has(by) === true;
  }

  /** In ascending order; of their holders only those that count. */
  culprits(counts: (holder: number) => boolean): readonly Culprit[] {
    return [...this.#proofs]
      .sort(([left], [right]) => left - right)
      .map(([validator, proof]) => {
        const holders = [...(this.#holders.get(validator) ?? [])];
        const heldBy = holders.filter(counts).sort((left, right) => left - right);
        return { validator, ...proof, heldBy };
      });
  }
}

function messageIn(hex: string): Exclude<Message, { type: "decision" }> | undefined {
  if (hex.length > MAX_HEX_CHARACTERS) return undefined;
  const bytes = fromHex(hex);
  const decoded = bytes === undefined ? undefined : decode(messageCodec, bytes);
  if (decoded?.ok !== true || decoded.value.type === "decision") return undefined;
  return decoded.value;
}

/** Without what it brings along: a few hundred bytes that prove as much. */
function bytesOf(message: Exclude<Message, { type: "decision" }>): Uint8Array {
  return encode(messageCodec, bareMessage(message));
}
