// Calls on their way into a virtual chain: signed with the next nonce of their account, handed to a validator, and to
// another when that one goes down or sits on it. Signed anew only when the nonce went to somebody else's transaction, so
// that nothing is carried out twice.

import { ByteMap, equalBytes, toHex } from "../../crypto/index.ts";
import type { Admission } from "../../node/replica/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Observation } from "../sim/index.ts";
import type { VirtualDevnet } from "../virtual/index.ts";
import type { CallReceipt } from "./devnet.ts";
import { DevnetError, wordOf } from "./devnet-error.ts";

/** A validator that has not made it final after so many base timeouts is asked no more. */
const IMPATIENT_AFTER_TIMEOUTS = 5;
const MAX_ATTEMPTS = 16;

export type Pending = {
  readonly from: number;
  readonly via: number | undefined;
  readonly call: Uint8Array;
  signed: SignedTransaction;
  attempts: number;
  receipt: CallReceipt | undefined;
};

export class CallDesk {
  readonly #devnet: VirtualDevnet;
  readonly #pending = new ByteMap<Pending>();
  /** Which validator takes the next call that names none. */
  #turn = 0;

  constructor(devnet: VirtualDevnet) {
    this.#devnet = devnet;
    devnet.simulation.watch((seen) => this.#observe(seen));
  }

  /** @throws {DevnetError} REFUSED: it has no place in any block */
  submit(call: Uint8Array, { from, via }: Pick<Pending, "from" | "via">): Pending {
    const { simulation } = this.#devnet;
    const nonce = simulation.nonceOf(from);
    const signed = simulation.signedCall({ from, nonce, call });
    const pending: Pending = { from, via, call, signed, attempts: 1, receipt: undefined };
    const admission = this.#hand(pending);
    if (admission !== undefined && !admission.ok) {
      throw refusal(admission, this.#devnet.thrownOver(toHex(call)));
    }
    simulation.takeNonce(from);
    this.#pending.set(signed.id, pending);
    this.#lookAgain(pending);
    return pending;
  }

  /** Undefined: there is nobody to hand it to. */
  #hand({ signed, via }: Pending): Admission | undefined {
    const { validators } = this.#devnet.simulation;
    const up = validators.filter(({ isRunning, isHeld }) => isRunning && !isHeld);
    const { healthy } = this.#devnet;
    const wanted = up.filter(({ node }) =>
      via === undefined ? healthy.includes(node) : node === via,
    );
    const choices = wanted.length > 0 || via !== undefined ? wanted : up;
    this.#turn += 1;
    return choices[this.#turn % choices.length]?.submit([signed])[0];
  }

  /** A liar may keep it, and who is down has forgotten it. Goes on when nobody waits any more: later nonces do. */
  #lookAgain(pending: Pending): void {
    const { simulation } = this.#devnet;
    const { baseTimeoutMs } = simulation.chain.options;
    simulation.agenda.after(IMPATIENT_AFTER_TIMEOUTS * baseTimeoutMs, () => {
      if (this.#pending.get(pending.signed.id) !== pending) return;
      this.#hand(pending);
      this.#lookAgain(pending);
    });
  }

  #observe(seen: Observation): void {
    if (seen.type !== "final" || this.#pending.size === 0) return;
    if (!this.#devnet.standing.isHonest(seen.by)) return;
    const { block, transactions, receipts } = seen.final;
    for (const [at, signed] of transactions.entries()) {
      const receipt = receipts[at];
      if (receipt === undefined || receipt.result === "skipped") continue;
      const pending = this.#pending.get(signed.id);
      if (pending === undefined) {
        this.#overtaken(signed);
        continue;
      }
      const { index, result, code, output } = receipt;
      const transaction = toHex(signed.id);
      pending.receipt = { height: block.height, index, transaction, result, code, output };
      this.#pending.delete(signed.id);
    }
  }

  /** Somebody else, a liar perhaps, used the nonce: what was signed with it never runs. */
  #overtaken({ transaction: { sender, nonce } }: SignedTransaction): void {
    for (const pending of [...this.#pending.values()]) {
      const { transaction } = pending.signed;
      if (transaction.nonce !== nonce || !equalBytes(transaction.sender, sender)) continue;
      this.#pending.delete(pending.signed.id);
      if (pending.attempts >= MAX_ATTEMPTS) continue;
      pending.attempts += 1;
      const { simulation } = this.#devnet;
      const { from, call } = pending;
      pending.signed = simulation.signedCall({ from, nonce: simulation.takeNonce(from), call });
      this.#pending.set(pending.signed.id, pending);
      simulation.agenda.after(0, () => this.#hand(pending));
      this.#lookAgain(pending);
    }
  }
}

function refusal(
  admission: Extract<Admission, { readonly ok: false }>,
  thrown: unknown,
): DevnetError {
  const isMachines = admission.refusal === "app-rejected";
  const reason = isMachines ? admission.code : admission.refusal;
  const why = `${isMachines ? "the state machine" : "the pool"} ${wordOf(reason, thrown)}`;
  const remedy = `Mend the ${thrown === undefined ? "call" : "state machine"}.`;
  const message = `no block may carry this call: ${why}. ${remedy}`;
  return new DevnetError("REFUSED", message, { reason, cause: thrown });
}
