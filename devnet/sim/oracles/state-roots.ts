// The certificate of a final block is the product: made by a quorum, for exactly this block, and for exactly the state
// that the node reports. Whether all nodes report the same is for agreement to judge.

import type { CommitCert } from "../../../consensus/index.ts";
import { equalBytes } from "../../../crypto/index.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import { faultOfQuorum } from "./certificate.ts";
import type { OracleMaker, Premises } from "./oracle.ts";
import { signedCommitVote } from "./signed-bytes.ts";
import { short, wordOf } from "./words.ts";

export const stateRoots: OracleMaker = (premises, report) => {
  /** Nodes form the same certificate over and over; each set of signers is checked once. */
  const checked = new Set<string>();
  return {
    name: "state-roots",
    observe: (seen) => {
      if (seen.type !== "final" || !premises.isHonest(seen.by)) return;
      const { block, cert } = seen.final;
      if (cert === undefined) return;
      const where = `v${seen.by}, certificate of height ${block.height}`;
      const fault = faultOfSubject(seen.final, cert);
      if (fault !== undefined) report(`${where}: ${fault}`);
      const { signers, signatures } = cert.signatures;
      const key = `${cert.view} ${signers.join(" ")} ${signatures.map(wordOf).join("")}`;
      if (checked.has(key)) return;
      checked.add(key);
      const forged = faultOfSignatures(premises, cert);
      if (forged !== undefined) report(`${where}: ${forged}`);
    },
  };
};

function faultOfSubject(final: FinalBlock, cert: CommitCert): string | undefined {
  const { block, hash, stateRoot } = final;
  if (cert.height !== block.height || cert.view !== block.view) {
    return `for height ${cert.height}, view ${cert.view}, not view ${block.view}`;
  }
  if (!equalBytes(cert.block, hash)) {
    return `for block ${short(cert.block)}, not ${short(hash)}`;
  }
  if (equalBytes(cert.stateRoot, stateRoot)) return undefined;
  return `for state ${short(cert.stateRoot)}, not ${short(stateRoot)}`;
}

function faultOfSignatures(premises: Premises, cert: CommitCert): string | undefined {
  const message = signedCommitVote(premises.validators.chainId, cert);
  return faultOfQuorum(premises, cert.signatures, message);
}
