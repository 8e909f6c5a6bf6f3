// Is a certificate what it says it is: a quorum of different validators that really signed?

import type { SignatureList } from "../../../crypto/index.ts";
import type { Premises } from "./oracle.ts";

/** What is wrong with it; undefined if nothing is. */
export function faultOfQuorum(
  { validators, scheme }: Premises,
  { signers, signatures }: SignatureList,
  message: Uint8Array,
): string | undefined {
  const { members, quorumPower } = validators;
  if (new Set(signers).size !== signers.length) return `signers [${signers.join(" ")}] repeat`;
  let power = 0;
  for (const [at, signer] of signers.entries()) {
    const publicKey = members[signer]?.publicKey;
    const signature = signatures[at];
    if (publicKey === undefined || signature === undefined) return `signer ${signer} is unknown`;
    if (!scheme.verify({ publicKey, message, signature })) return `v${signer} did not sign it`;
    power += members[signer]?.power ?? 0;
  }
  return power < quorumPower ? `power ${power} of a quorum of ${quorumPower} signed` : undefined;
}
