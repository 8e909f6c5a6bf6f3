// Ballots that a liar heard, and the certificates that they make together with the keys of all liars.

import type { ValidatorIndex } from "../../consensus/index.ts";
import { type Signature, type SignatureList, signatureList } from "../../crypto/index.ts";
import type { Control } from "./behaviour.ts";
import { remember } from "./hearsay.ts";

export class PooledSignatures<
  B extends { readonly voter: ValidatorIndex; readonly signature: Signature },
> {
  readonly #control: Control;
  readonly #ballots = new Map<string, Map<ValidatorIndex, Signature>>();

  constructor(control: Control) {
    this.#control = control;
  }

  /** The signatures of a quorum, once there is one. `signed`: what each of them covers. */
  certify(key: string, { voter, signature }: B, signed: Uint8Array): SignatureList | undefined {
    const { validators, keys } = this.#control;
    // Other liars speak for validators that do not exist.
    if (validators.members[voter] === undefined) return undefined;
    const known = this.#ballots.get(key) ?? new Map<ValidatorIndex, Signature>();
    if (!this.#ballots.has(key)) remember(this.#ballots, key, known);
    known.set(voter, signature);
    for (const [liar, signer] of keys) known.set(liar, signer.sign(signed));
    let power = 0;
    for (const index of known.keys()) power += validators.members[index]?.power ?? 0;
    if (power < validators.quorumPower) return undefined;
    const entries = [...known].map(([signer, each]) => ({ signer, signature: each }));
    return signatureList(entries);
  }
}
