// A chain of four validators with real keys and certificates, and every answer that an honest one of them gives.

import { createHash } from "node:crypto";
import {
  type Block,
  blockHash,
  type CommitCert,
  commitVoteBytes,
  type QuorumCert,
  voteBytes,
} from "../../../consensus/index.ts";
import {
  addressOf,
  encode,
  epoch,
  equalBytes,
  type Hash,
  height,
  merkleProof,
  merkleRoot,
  type Signer,
  secretKey,
  signatureList,
  toHex,
  view,
} from "../../../crypto/index.ts";
import { createSigner } from "../../../crypto/native/index.ts";
import {
  BUILT_IN_APPLICATION,
  chainRootOf,
  DEFAULT_CONSENSUS_PARAMS,
  DEFAULT_LEDGER_PARAMS,
  type Genesis,
} from "../../../node/chain/index.ts";
import { keyFromSecret } from "../../../node/client/index.ts";
import { genesisJson } from "../../../node/genesis/index.ts";
import {
  createAccountLedger,
  type Execution,
  LAST_BLOCK_KEY,
  Ledger,
  type MapProof,
  receiptHash,
} from "../../../node/ledger/index.ts";
import {
  type ReceiptProof,
  receiptProofCodec,
  type StateProof,
  stateProofCodec,
} from "../../../node/proof/index.ts";
import { blockJson } from "../../../node/rpc/presentation.ts";

import {
  decodeSignedTransaction,
  type SignedTransaction,
} from "../../../node/transaction/index.ts";

export const secretOf = (name: string): string =>
  `0x${createHash("sha256").update(`client test: ${name}`).digest("hex")}`;

/** People with an account in genesis. */
export const alice = keyFromSecret(secretOf("alice"));
export const bob = keyFromSecret(secretOf("bob"));
/** Nobody paid to this one. */
export const carol = keyFromSecret(secretOf("carol"));

export const START_MS = 1_800_000_000_000;
export const BLOCK_MS = 1_000;

const validatorSigners: readonly Signer[] = [0, 1, 2, 3].map((index) => signerOf(`v${index}`));

function signerOf(name: string): Signer {
  return createSigner(secretKey(new Uint8Array(Buffer.from(secretOf(name).slice(2), "hex"))));
}

export function genesisOf(name = "light"): Genesis {
  return {
    version: 1,
    name,
    genesisTimeMs: START_MS,
    validators: validatorSigners.map(({ publicKey }, index) => ({
      publicKey,
      networkKey: signerOf(`network ${index}`).publicKey,
      power: 1,
    })),
    accounts: [
      { address: alice.address, balance: 1_000_000n },
      { address: bob.address, balance: 500n },
    ],
    consensus: DEFAULT_CONSENSUS_PARAMS,
    ledger: DEFAULT_LEDGER_PARAMS,
    application: BUILT_IN_APPLICATION,
  };
}

export type Step = {
  readonly block: Block;
  readonly hash: Hash;
  readonly transactions: readonly SignedTransaction[];
  readonly execution: Execution;
  readonly cert: CommitCert;
  /** False: a later one made it final, and its certificate is shown to nobody. */
  readonly isCertified: boolean;
};

export type TestChain = ReturnType<typeof createChain>;

/** Epoch and chain may be false on purpose: what a validator signs for somebody else. */
export function certify(
  content: Pick<CommitCert, "epoch" | "view" | "height" | "block" | "stateRoot">,
  chainId: Hash,
  signers: readonly number[] = [0, 1, 2],
): CommitCert {
  const signed = commitVoteBytes(chainId, content);
  return { ...content, signatures: signatures(signers, signed) };
}

function signatures(signers: readonly number[], signed: Uint8Array) {
  return signatureList(
    signers.map((signer) => ({ signer, signature: found(validatorSigners[signer]).sign(signed) })),
  );
}

export function createChain(genesis: Genesis = genesisOf()) {
  const root = chainRootOf(genesis);
  const { chainId } = root.validators;
  const machine = createAccountLedger({ minFee: genesis.ledger.minFee, feesTo: "nobody" });
  const ledger = Ledger.fromGenesis(
    { machine, chainId },
    {
      hash: root.genesisBlock,
      timestampMs: genesis.genesisTimeMs,
      application: { accounts: genesis.accounts },
    },
  );
  const steps: Step[] = [];

  const justify = (): QuorumCert => {
    const parent = steps.at(-1);
    if (parent === undefined) return root.genesisQc;
    const { epoch, view, height } = parent.block;
    const content = { epoch, view, height, block: parent.hash };
    return { ...content, signatures: signatures([0, 1, 2], voteBytes(chainId, content)) };
  };

  const advance = (
    transactions: readonly SignedTransaction[] = [],
    { isCertified = true } = {},
  ): Step => {
    const at = steps.length + 1;
    const block: Block = {
      epoch: epoch(0),
      view: view(at),
      height: height(at),
      parent: ledger.committed.hash,
      justify: justify(),
      payload: merkleRoot(transactions.map(({ id }) => id)),
      timestampMs: START_MS + at * BLOCK_MS,
      proposer: at % 4,
    };
    const hash = blockHash(block);
    const proposer = addressOf(found(validatorSigners[block.proposer]).publicKey);
    const execution = ledger.execute({ ...block, hash, proposer, transactions });
    ledger.commit(hash);
    const { epoch: current, view: seen } = block;
    const { stateRoot } = execution;
    const content = { epoch: current, view: seen, height: block.height, block: hash, stateRoot };
    const cert = certify(content, chainId);
    const step = { block, hash, transactions, execution, cert, isCertified };
    steps.push(step);
    return step;
  };

  const step = (at: number): Step => found(steps[at - 1]);
  const tip = (): number => steps.length;

  const pathOf = (at: number, key: Uint8Array): MapProof =>
    found(ledger.proveAt(height(at), key)).proof;

  const stateProof = (key: Uint8Array, at = tip()): StateProof => ({
    key,
    proof: pathOf(at, key),
    lastBlock: pathOf(at, LAST_BLOCK_KEY),
    cert: step(at).cert,
  });

  const find = (id: Hash) =>
    steps.find(({ transactions }) => transactions.some((other) => equalBytes(other.id, id)));

  const receiptProof = (id: Hash): ReceiptProof | undefined => {
    const step = find(id);
    if (step === undefined) return undefined;
    const { receipts } = step.execution;
    const receipt = found(receipts.find(({ transaction }) => equalBytes(transaction, id)));
    return {
      receipt,
      path: merkleProof(
        receipts.map((each) => receiptHash(each)),
        receipt.index,
      ),
      uncertified: [],
      lastBlock: pathOf(step.block.height, LAST_BLOCK_KEY),
      cert: step.cert,
    };
  };

  const blockPage = (at: number) => {
    const { block, hash, transactions, cert, isCertified } = step(at);
    const ids = transactions.map(({ id }) => id);
    const view = { block, hash, transactions: ids, ...(isCertified ? { cert } : {}) };
    // Through text, as it travels.
    return JSON.parse(JSON.stringify(blockJson(view)));
  };

  return {
    genesis,
    genesisText: genesisJson(genesis),
    root,
    ledger,
    advance,
    step,
    tip,
    find,
    stateProof,
    receiptProof,
    blockPage,
    nowMs: () => START_MS + tip() * BLOCK_MS,
  };
}

export const stateProofHex = (proof: StateProof): string => toHex(encode(stateProofCodec, proof));
export const receiptProofHex = (proof: ReceiptProof): string =>
  toHex(encode(receiptProofCodec, proof));

export function signedFrom(bytes: Uint8Array): SignedTransaction {
  const decoded = decodeSignedTransaction(bytes);
  if (!decoded.ok) throw new Error(`no transaction: ${decoded.refusal}`);
  return decoded.value;
}

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the fixture has no such thing");
  return value;
}
