// A hand-made history for the oracles: four validators, two accounts, blocks that are sound in every respect, signed by
// the stand-in scheme and executed by the real ledger; tests then spoil one thing.

import {
  type Block,
  type CommitCert,
  genesisQc,
  type Message,
  type QuorumCert,
  signDraft,
  type ValidatorIndex,
} from "../../../consensus/index.ts";
import {
  addressOf,
  formatAddress,
  type Hash,
  type Height,
  merkleRoot,
  type Nonce,
  type Signer,
  signatureList,
  type View,
} from "../../../crypto/index.ts";
import {
  accountAddress,
  genesisLedger,
  INITIAL_BALANCE,
  MIN_FEE,
  simulatedChain,
} from "../../../devnet/sim/chain.ts";
import { EPOCH_MS } from "../../../devnet/sim/clock.ts";
import type { Observation, Seen } from "../../../devnet/sim/observation.ts";
import type { Oracle, OracleMaker, Premises } from "../../../devnet/sim/oracles/oracle.ts";
import {
  hashOf,
  signedCommitVote,
  signedTimeout,
  signedVote,
} from "../../../devnet/sim/oracles/signed-bytes.ts";
import { standInScheme } from "../../../devnet/sim/stand-in.ts";
import type { Ledger } from "../../../node/ledger/index.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
  type UnsignedTransaction,
} from "../../../node/transaction/index.ts";

export const chain = simulatedChain({
  validators: 4,
  accounts: 2,
  baseTimeoutMs: 100,
  heartbeatMs: 200,
  signatures: "stand-in",
  rules: "commit-votes",
  leaders: "round-robin",
});
export const { chainId, epoch } = chain.validators;
export const GENESIS_QC = genesisQc({ epoch, block: chain.genesisBlock });
const QUORUM = [0, 1, 2];

export function signerOf(index: ValidatorIndex): Signer {
  return chain.signers[index] as Signer;
}

export function premises(changes: Partial<Premises> = {}): Premises {
  const balances = chain.accounts.map((_, account) => {
    return [formatAddress(accountAddress(chain, account)), INITIAL_BALANCE] as const;
  });
  return {
    validators: chain.validators,
    scheme: standInScheme,
    rules: "commit-votes",
    leaders: "round-robin",
    genesisBlock: chain.genesisBlock,
    genesisStateRoot: genesisLedger(chain).committed.stateRoot,
    genesisTimeMs: EPOCH_MS,
    validatorOf: (node) => node,
    isHonest: () => true,
    isWithinBounds: true,
    supply: 2n * INITIAL_BALANCE,
    balances: new Map(balances),
    minFee: MIN_FEE,
    ...changes,
  };
}

/** Two liars of four: agreement is not promised, and somebody honest is in each quorum. */
export const beyondBounds = (changes: Partial<Premises> = {}): Premises =>
  premises({ isHonest: (node) => node < 2, isWithinBounds: false, ...changes });

/** What the oracle says of these things, seen in this order and then concluded. */
export function verdict(
  maker: OracleMaker,
  seen: readonly Observation[],
  given: Premises = premises(),
): readonly string[] {
  const violations: string[] = [];
  const oracle: Oracle = maker(given, (violation) => violations.push(violation));
  for (const each of seen) oracle.observe(each);
  oracle.conclude?.();
  return violations;
}

export function at(by: number, seen: Seen, atMs = 1): Observation {
  return { ...seen, by, atMs };
}

export function final(by: number, block: FinalBlock): Observation {
  return at(by, { type: "final", final: block });
}

export function signed(by: number, message: Message): Observation {
  return at(by, { type: "signed", message });
}

export function heard(message: Message): Observation {
  return at(0, { type: "heard", from: 3, message: message.type, view: 0, content: message });
}

// --- Transactions ------------------------------------------------------------------------------------------------

export function transfer(
  changes: Partial<UnsignedTransaction> & { readonly from?: number; readonly amount?: bigint } = {},
): SignedTransaction {
  const { from = 0, amount = 5n, ...rest } = changes;
  const signer = chain.accounts[from] as Signer;
  const to = accountAddress(chain, 1 - from);
  const unsigned = {
    chainId,
    sender: addressOf(signer.publicKey),
    publicKey: signer.publicKey,
    nonce: 0 as Nonce,
    fee: MIN_FEE,
    validUntilHeight: 100 as Height,
    call: encodeCall({ type: "transfer", to, amount, memo: new Uint8Array() }),
    ...rest,
  };
  return signTransaction(unsigned, signer);
}

// --- Blocks ------------------------------------------------------------------------------------------------------

export type BlockChanges = Partial<Block> & { readonly signers?: readonly number[] };

export function certified(block: Block, signers: readonly number[] = QUORUM): QuorumCert {
  const { view, height } = block;
  const content = { epoch: block.epoch, view, height, block: hashOf(block) };
  const message = signedVote(chainId, content);
  const entries = signers.map((signer) => {
    return { signer, signature: signerOf(signer).sign(message) };
  });
  return { ...content, signatures: signatureList(entries) };
}

export function committed(final: FinalBlock, signers: readonly number[] = QUORUM): CommitCert {
  const { block, hash, stateRoot } = final;
  const { view, height } = block;
  const content = { epoch, view, height, block: hash, stateRoot };
  const message = signedCommitVote(chainId, content);
  const entries = signers.map((signer) => {
    return { signer, signature: signerOf(signer).sign(message) };
  });
  return { ...content, signatures: signatureList(entries) };
}

/** Makes final blocks, one on the other; what `add` is given replaces what would be sound. */
export class History {
  readonly #ledger: Ledger = genesisLedger(chain);
  readonly blocks: FinalBlock[] = [];

  get last(): FinalBlock | undefined {
    return this.blocks.at(-1);
  }

  add(transactions: readonly SignedTransaction[] = [], changes: Partial<Block> = {}): FinalBlock {
    const { last } = this;
    const block = child(last?.block, transactions, changes);
    const hash = hashOf(block);
    const proposer = addressOf(signerOf(block.view % 4).publicKey);
    const { timestampMs } = block;
    const parent = this.#ledger.committed.hash;
    const height = (this.blocks.length + 1) as Height;
    this.#ledger.execute({ hash, parent, height, timestampMs, proposer, transactions });
    const { stateRoot, receipts, changes: stored } = this.#ledger.commit(hash);
    const bare = { block, hash, stateRoot, transactions, receipts, changes: stored };
    const whole = { ...bare, cert: committed(bare) };
    this.blocks.push(whole);
    return whole;
  }
}

/** A sound block on `parent`, or on genesis, in the next view. */
export function child(
  parent: Block | undefined,
  transactions: readonly SignedTransaction[] = [],
  changes: Partial<Block> = {},
): Block {
  const justify = parent === undefined ? GENESIS_QC : certified(parent);
  const view = (changes.view ?? justify.view + 1) as View;
  return {
    epoch,
    view,
    height: (justify.height + 1) as Height,
    parent: justify.block,
    justify,
    payload: merkleRoot(transactions.map(({ id }) => id)),
    timestampMs: (parent?.timestampMs ?? EPOCH_MS) + 10,
    proposer: view % 4,
    ...changes,
  };
}

export function otherHash(mark: number): Hash {
  return new Uint8Array(32).fill(mark) as Hash;
}

// --- Messages ----------------------------------------------------------------------------------------------------

export function proposal(block: Block): Message {
  return signDraft({ type: "proposal", block }, chainId, signerOf(block.proposer));
}

export function vote(voter: number, block: Block): Message & { readonly type: "vote" } {
  const { view, height } = block;
  const content = { epoch, view, height, block: hashOf(block) };
  return signDraft({ type: "vote", content, voter }, chainId, signerOf(voter)) as Message & {
    readonly type: "vote";
  };
}

export function commitVote(voter: number, block: Block, stateRoot = otherHash(1)): Message {
  const { view, height } = block;
  const content = { epoch, view, height, block: hashOf(block), stateRoot };
  return signDraft({ type: "commit-vote", content, voter }, chainId, signerOf(voter));
}

export function timeout(voter: number, view: number, highQc: QuorumCert = GENESIS_QC): Message {
  const content = { epoch, view: view as View, highQcView: highQc.view };
  return {
    type: "timeout",
    content,
    voter,
    highQc,
    signature: signerOf(voter).sign(signedTimeout(chainId, content)),
  };
}
