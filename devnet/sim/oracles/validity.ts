// Every final block is one that an honest validator may vote for: sound in itself, on its parent, and in every
// transaction. Promised as long as each quorum holds somebody honest.

import type { Block } from "../../../consensus/index.ts";
import { equalBytes, merkleRoot } from "../../../crypto/index.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import { type Below, followBranch } from "./branch.ts";
import { faultOfQuorum } from "./certificate.ts";
import { type Envelope, readEnvelope } from "./envelope.ts";
import { movesWhatItSays } from "./model-ledger.ts";
import type { OracleMaker, Premises } from "./oracle.ts";
import { hashOf, signedVote } from "./signed-bytes.ts";
import { everyQuorumHasAnHonest, short } from "./words.ts";

export const validity: OracleMaker = (premises, report) => {
  return {
    name: "validity",
    observe: followBranch(premises, (final, below) => {
      if (!everyQuorumHasAnHonest(premises)) return;
      const where = `height ${final.block.height}, view ${final.block.view}`;
      for (const fault of faultsOf(premises, final, below)) report(`${where}: ${fault}`);
    }),
  };
};

function faultsOf(premises: Premises, final: FinalBlock, below: Below): readonly string[] {
  const { block, hash, transactions } = final;
  const envelopes = transactions.map(({ bytes }) => readEnvelope(bytes));
  return [
    differ("block hash", hash, hashOf(block)),
    faultOfProposer(premises, block),
    block.view > below.view ? undefined : `its parent is of view ${below.view}`,
    block.timestampMs > below.timestampMs
      ? undefined
      : `timestamp ${block.timestampMs}, its parent's ${below.timestampMs}`,
    faultOfJustify(premises, block, below),
    differ("payload", block.payload, merkleRoot(envelopes.flatMap((each) => each?.id ?? []))),
    ...envelopes.map((each, at) => {
      const fault = faultOfTransaction(premises, each, block.height);
      return fault === undefined ? undefined : `transaction ${at} ${fault}`;
    }),
  ].filter((fault) => fault !== undefined);
}

function faultOfProposer({ validators, leaders }: Premises, block: Block): string | undefined {
  const count = validators.members.length;
  if (block.epoch !== validators.epoch) return `epoch ${block.epoch}, not ${validators.epoch}`;
  if (block.proposer >= count) return `proposer ${block.proposer} of ${count} validators`;
  const leader = block.view % count;
  if (leaders !== "round-robin" || block.proposer === leader) return undefined;
  return `proposed by v${block.proposer}, and v${leader} leads`;
}

function faultOfJustify(premises: Premises, block: Block, below: Below): string | undefined {
  const { justify } = block;
  if (justify.height !== below.height || justify.view !== below.view) {
    const parent = `its parent is height ${below.height}, view ${below.view}`;
    return `justify is for height ${justify.height}, view ${justify.view}; ${parent}`;
  }
  const other = differ("justified block", justify.block, below.hash);
  // Genesis is certified by nobody.
  if (other !== undefined || below.height === 0) return other;
  const message = signedVote(premises.validators.chainId, justify);
  const fault = faultOfQuorum(premises, justify.signatures, message);
  return fault === undefined ? undefined : `justify of view ${justify.view}: ${fault}`;
}

function faultOfTransaction(
  { validators, scheme, minFee, calls }: Premises,
  envelope: Envelope | undefined,
  height: number,
): string | undefined {
  if (envelope === undefined) return "is none";
  const { publicKey, signedBytes: message, signature } = envelope;
  if (!equalBytes(envelope.chainId, validators.chainId)) {
    return `is of chain ${short(envelope.chainId)}`;
  }
  if (envelope.validUntilHeight < height) return `expired at height ${envelope.validUntilHeight}`;
  if (envelope.fee < minFee) return `offers a fee of ${envelope.fee}, least ${minFee}`;
  if (calls !== "any") {
    if (envelope.call === undefined) return "calls what the ledger does not know";
    if (!movesWhatItSays(envelope.call)) return "moves nothing, or more than there can be";
  }
  if (!scheme.verify({ publicKey, message, signature })) return "is not signed by its key";
  return undefined;
}

function differ(what: string, found: Uint8Array, expected: Uint8Array): string | undefined {
  if (equalBytes(found, expected)) return undefined;
  return `${what} ${short(found)}, expected ${short(expected)}`;
}
