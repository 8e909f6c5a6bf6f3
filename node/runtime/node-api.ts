// What the HTTP interface asks of the node, answered from the replica, the tracker and the stores.

import type { EngineStatus, ValidatorIndex } from "../../consensus/index.ts";
import type { Address, Hash, Height } from "../../crypto/index.ts";
import type { ChainRoot } from "../chain/index.ts";
import { accountKey, type Ledger } from "../ledger/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { Network } from "../network/index.ts";
import type { AdmissionRefusal, Replica } from "../replica/index.ts";
import {
  type AccountState,
  accountIn,
  type BlockSelector,
  type BlockView,
  type EventFeed,
  type NodeApi,
  type NodeStatus,
  type Problem,
  type Submission,
} from "../rpc/index.ts";
import { type SignedTransaction, transactionId } from "../transaction/index.ts";
import type { Checked, VerificationPool } from "../verification/index.ts";
import { admissionProblem, checkProblem, RETRY_AFTER_MS } from "./admission-problem.ts";
import type { Driver } from "./driver.ts";
import { missingSentence, uncertifiedSentence } from "./missing.ts";
import type { Prover } from "./prover.ts";
import type { Stores } from "./restoration.ts";
import { readBlock } from "./stored-blocks.ts";
import type { TransactionTracker } from "./transaction-tracker.ts";

export type NodeApiParts = {
  readonly root: ChainRoot;
  readonly self: ValidatorIndex;
  readonly version: string;
  readonly stores: Stores;
  readonly ledger: Ledger;
  readonly replica: Replica;
  readonly network: Network;
  readonly driver: Driver;
  readonly tracker: TransactionTracker;
  readonly events: EventFeed;
  readonly prover: Prover;
  readonly verification: VerificationPool;
  readonly metrics: Metrics;
  readonly finalTimestampMs: () => number;
  /** Milliseconds since the last final block, by a clock that only runs forward. */
  readonly sinceFinalMs: () => number;
};

export function createNodeApi(parts: NodeApiParts): NodeApi {
  const { replica, tracker, prover, metrics } = parts;
  return {
    status: () => statusOf(parts),
    submit: async (bytes) => (await submitAll(parts, [bytes]))[0] as Submission,
    submitBatch: (transactions) => submitAll(parts, transactions),
    transaction: (id) => tracker.status(id),
    waitFor: (wait) => tracker.waitFor(wait),
    account: (address) => accountOf(parts, address),
    state: (key, asked) => prover.state(key, asked),
    query: (query, asked) => prover.query(query, asked),
    receiptProof: (id) => prover.receipt(tracker.status(id)),
    block: (selector) => blockOf(parts, selector),
    events: () => parts.events,
    live: () => (replica.status.halted ? ["the node has halted: see its log"] : []),
    ready: () => notReady(parts),
    metrics: () => metrics.text(),
  };
}

async function submitAll(
  parts: NodeApiParts,
  transactions: readonly Uint8Array[],
): Promise<readonly Submission[]> {
  const full = { code: "POOL_FULL", details: { retryAfterMs: RETRY_AFTER_MS } } as const;
  if (parts.replica.status.catchingUpTo !== undefined) {
    return transactions.map(() => ({ ok: false, problem: { code: "NOT_SYNCED" } }));
  }
  if (parts.driver.isBehind) return transactions.map(() => ({ ok: false, problem: full }));
  const outcome = await parts.verification.check(transactions, "admission");
  if (!outcome.ok) return transactions.map(() => ({ ok: false, problem: full }));
  const settled = outcome.results.map((checked, at) => {
    return known(parts, checked, transactions[at] as Uint8Array);
  });
  const fresh: SignedTransaction[] = [];
  for (const [at, checked] of outcome.results.entries()) {
    if (checked.ok && settled[at] === undefined) fresh.push(checked.transaction);
  }
  const admissions = parts.driver.admit(fresh);
  return outcome.results.map((checked, at): Submission => {
    const earlier = settled[at];
    if (earlier !== undefined) return earlier;
    const hash = (checked as Extract<Checked, { ok: true }>).transaction.id;
    const admission = admissions.get(hash);
    if (admission === undefined) return { ok: false, problem: { ...full, hash } };
    if (!admission.ok) return { ok: false, problem: refused(parts, admission, hash) };
    return { ok: true, hash, status: parts.tracker.status(hash) };
  });
}

/** The same bytes again get the answer that they have by now; bytes that are no transaction get a problem. */
function known(parts: NodeApiParts, checked: Checked, bytes: Uint8Array): Submission | undefined {
  if (!checked.ok) {
    const hash = transactionId(bytes);
    return { ok: false, problem: { ...checkProblem(checked.refusal), hash } };
  }
  const { id } = checked.transaction;
  const status = parts.tracker.status(id);
  // What was refused before is looked at again: the reason may be gone.
  const isOpen = status.state === "unknown" || status.state === "rejected";
  return isOpen ? undefined : { ok: true, hash: id, status };
}

function refused(parts: NodeApiParts, refusal: AdmissionRefusal, hash: Hash): Problem {
  const { minFee } = parts.root.genesis.ledger;
  const problem = admissionProblem(refusal, { hash, minFee });
  parts.tracker.noteRefusal(hash, problem);
  return problem;
}

function accountOf({ ledger }: NodeApiParts, address: Address): AccountState {
  const value = ledger.reader().get(accountKey(address));
  return accountIn({ value, height: ledger.committed.height });
}

function blockOf(parts: NodeApiParts, selector: BlockSelector): BlockView | undefined {
  const { blockStore } = parts.stores;
  const latest = blockStore.finalHeight();
  const stored =
    selector.by === "hash"
      ? blockStore.blockByHash(selector.hash)
      : blockStore.blockAt(selector.by === "height" ? selector.height : (latest ?? (0 as Height)));
  if (stored === undefined || latest === undefined || stored.height > latest) return undefined;
  const isFinal = blockStore.hashAt(stored.height)?.every((byte, at) => byte === stored.hash[at]);
  return isFinal ? readBlock(stored, blockStore.certificateAt(stored.height)).view : undefined;
}

function statusOf(parts: NodeApiParts): NodeStatus {
  const { root, self, replica, network, ledger, version } = parts;
  const { validators, genesis } = root;
  const status = replica.status;
  const connected = new Set(network.connected());
  const { height, hash, stateRoot } = ledger.committed;
  const missing = whatIsMissing(parts, status);
  return {
    chainId: validators.chainId,
    chainName: genesis.name,
    node: roleOf(parts),
    version,
    height,
    view: status.view,
    finalized: { height, hash, stateRoot, timestampMs: parts.finalTimestampMs() },
    validators: validators.members,
    peers: validators.members
      .map((_, index) => ({ index, connected: connected.has(index) }))
      .filter(({ index }) => index !== self),
    sync:
      status.catchingUpTo === undefined
        ? { state: "synced" }
        : { state: "syncing", target: status.catchingUpTo },
    pool: status.pool,
    minFee: genesis.ledger.minFee,
    ...(missing === undefined ? {} : { missing }),
  };
}

function roleOf({ root, self }: NodeApiParts): NodeStatus["node"] {
  const member = root.validators.members[self];
  if (member === undefined) return { role: "follower" };
  return { role: "validator", index: self, publicKey: member.publicKey };
}

/** Undefined while blocks and their certificates come as they should. */
function whatIsMissing(parts: NodeApiParts, status: EngineStatus): string | undefined {
  const still = standstill(parts, status);
  // Blocks that come by the dozen come without certificates of their own.
  if (still !== undefined || parts.replica.status.catchingUpTo !== undefined) return still;
  return uncertifiedSentence(parts.prover.uncertified());
}

function standstill(parts: NodeApiParts, status: EngineStatus): string | undefined {
  const { baseTimeoutMs, emptyBlockIntervalMs } = parts.root.genesis.consensus;
  const patienceMs = 2 * baseTimeoutMs + emptyBlockIntervalMs;
  if (parts.sinceFinalMs() < patienceMs) return undefined;
  return missingSentence({
    validators: parts.root.validators,
    self: parts.self,
    connected: parts.network.connected(),
    status,
  });
}

function notReady(parts: NodeApiParts): readonly string[] {
  const { status } = parts.replica;
  const reasons: string[] = [];
  if (status.halted) reasons.push("the node has halted");
  if (status.catchingUpTo !== undefined) {
    reasons.push(`catching up: height ${status.tip.height} of ${status.catchingUpTo}`);
  }
  const missing = whatIsMissing(parts, status);
  if (missing !== undefined) reasons.push(missing);
  return reasons;
}
