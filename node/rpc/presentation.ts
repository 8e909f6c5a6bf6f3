// The domain as JSON: amounts of 64 bits as decimal strings, counters up to 2^53-1 (heights, views, nonces, times) as
// numbers, bytes as 0x-hex, addresses as bech32m. Pure.

import type { CommitCert, QuorumCert } from "../../consensus/index.ts";
import {
  type Address,
  assert,
  decode,
  formatAddress,
  type Hash,
  type Height,
} from "../../crypto/index.ts";
import {
  decodeAccount,
  EMPTY_ACCOUNT,
  type Receipt,
  type RecordEntry,
  recordCodec,
} from "../ledger/index.ts";
import type {
  AccountState,
  BlockView,
  NodeStatus,
  ReceiptView,
  StateView,
  Submission,
  TransactionStatus,
} from "./api.ts";
import { problemJson } from "./problems.ts";

const CANONICAL_HEX = /^0x(?:[0-9a-f]{2})*$/;

/** The portable `toHex`, several times as fast on a whole block. */
export function hexOf(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

/** The portable `fromHex`, many times as fast on a whole batch. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  return CANONICAL_HEX.test(text) ? Buffer.from(text.slice(2), "hex") : undefined;
}

export function transactionJson(hash: Hash, status: TransactionStatus) {
  return { hash: hexOf(hash), ...statusJson(status) };
}

function statusJson(status: TransactionStatus) {
  const { state } = status;
  switch (state) {
    case "unknown":
      return {
        state,
        reason: "never seen here, dropped from the pool, or longer ago than is kept",
      };
    case "pending":
      return { state };
    case "included":
      return { state, height: status.height, block: hexOf(status.block) };
    case "final":
      return { state, ...finalJson(status) };
    case "rejected":
      return { state, code: status.code, reason: status.detail };
    case "expired": {
      const { validUntilHeight } = status;
      const reason = "the last height at which it was valid is final, and it is in no block";
      return { state, reason, ...(validUntilHeight === undefined ? {} : { validUntilHeight }) };
    }
  }
}

/** What came of a transaction, and where. */
type Outcome = { readonly receipt: Receipt; readonly height: Height; readonly block: Hash };

export function finalJson(outcome: Outcome) {
  const place = placeJson(outcome);
  return { ...place, receipt: { ...place, ...receiptExtras(outcome.receipt) } };
}

function placeJson({ receipt, height, block }: Outcome) {
  return {
    result: receipt.result,
    height,
    index: receipt.index,
    block: hexOf(block),
    ...(receipt.code === "" ? {} : { reason: receipt.code }),
  };
}

export function receiptJson(outcome: Outcome) {
  const { receipt } = outcome;
  return { hash: hexOf(receipt.transaction), ...placeJson(outcome), ...receiptExtras(receipt) };
}

function receiptExtras({ feePaid, output }: Receipt) {
  return { feePaid: feePaid.toString(), output: hexOf(output) };
}

/** One result of a batch. */
export function submissionJson(submission: Submission) {
  return submission.ok
    ? transactionJson(submission.hash, submission.status)
    : { problem: problemJson(submission.problem) };
}

/** What the value under an account's key says. */
export function accountIn(view: Pick<StateView, "value" | "height">): AccountState {
  const account = view.value === undefined ? EMPTY_ACCOUNT : decodeAccount(view.value);
  return { ...account, height: view.height };
}

export function accountJson(address: Address, { balance, nonce, key, height }: AccountState) {
  return {
    address: formatAddress(address),
    balance: balance.toString(),
    nonce,
    ...(key === undefined ? {} : { key: hexOf(key) }),
    height,
  };
}

/** What the value under a record's key says; `version` is what a compare-and-set expects: 0 where nothing stands. */
export function recordJson(key: Uint8Array, { value, height }: StateView) {
  const entry = value === undefined ? undefined : decodeRecord(value);
  const content = entry?.content;
  return {
    key: hexOf(key),
    version: content === undefined ? 0 : entry?.version,
    owner: content === undefined ? null : formatAddress(content.owner),
    value: content === undefined ? null : hexOf(content.value),
    /** The height of the block that wrote last. */
    writtenAt: entry?.height ?? null,
    height,
  };
}

function decodeRecord(value: Uint8Array): RecordEntry {
  const decoded = decode(recordCodec, value);
  assert(decoded.ok, "what stands under a record's key is a record");
  return decoded.value;
}

export function stateJson({ key, value, height }: StateView) {
  return { key: hexOf(key), value: value === undefined ? null : hexOf(value), height };
}

export function proofJson(proof: Uint8Array | undefined) {
  return proof === undefined ? {} : { proof: hexOf(proof) };
}

export function receiptProofJson({ final, certifiedHeight, proof }: ReceiptView) {
  const { transaction } = final.receipt;
  return { ...transactionJson(transaction, final), certifiedHeight, ...proofJson(proof) };
}

export function statusPageJson(status: NodeStatus) {
  const { node, finalized } = status;
  return {
    chainId: hexOf(status.chainId),
    chainName: status.chainName,
    node: {
      role: node.role,
      ...(node.index === undefined ? {} : { index: node.index }),
      ...(node.publicKey === undefined ? {} : { publicKey: hexOf(node.publicKey) }),
    },
    version: status.version,
    height: status.height,
    view: status.view,
    finalized: {
      height: finalized.height,
      hash: hexOf(finalized.hash),
      stateRoot: hexOf(finalized.stateRoot),
      time: new Date(finalized.timestampMs).toISOString(),
    },
    validators: status.validators.map(({ publicKey, power }) => ({
      publicKey: hexOf(publicKey),
      power,
    })),
    peers: status.peers,
    sync: status.sync,
    pool: { count: status.pool.count, bytes: status.pool.bytes },
    minFee: `${status.minFee}`,
    ...(status.missing === undefined ? {} : { missing: status.missing }),
  };
}

export function blockJson({ block, hash, transactions, cert }: BlockView) {
  return {
    hash: hexOf(hash),
    height: block.height,
    view: block.view,
    epoch: block.epoch,
    parent: hexOf(block.parent),
    payload: hexOf(block.payload),
    timestampMs: block.timestampMs,
    time: new Date(block.timestampMs).toISOString(),
    proposer: block.proposer,
    ...(cert === undefined ? {} : { stateRoot: hexOf(cert.stateRoot) }),
    transactions: transactions.map(hexOf),
    certificates: {
      /** Of the parent. */
      justify: certJson(block.justify),
      ...(cert === undefined ? {} : { commit: commitCertJson(cert) }),
    },
  };
}

function certJson({ epoch, view, height, block, signatures }: QuorumCert | CommitCert) {
  return {
    epoch,
    view,
    height,
    block: hexOf(block),
    signers: signatures.signers,
    signatures: signatures.signatures.map(hexOf),
  };
}

function commitCertJson(cert: CommitCert) {
  return { ...certJson(cert), stateRoot: hexOf(cert.stateRoot) };
}
