// Answers with proofs. The state is proven at the newest final height that has a certificate of its own and can still be
// read; a receipt at its own height or the next with a certificate, from the state or from what was kept with the block.

import { type CommitCert, commitCertCodec } from "../../consensus/index.ts";
import {
  assert,
  decode,
  encode,
  equalBytes,
  type Hash,
  type Height,
  merkleProof,
  next,
} from "../../crypto/index.ts";
import { hashIn, hashLayer } from "../../crypto/native/index.ts";
import {
  LAST_BLOCK_KEY,
  type LastBlock,
  type Ledger,
  lastBlockCodec,
  type MapProof,
  type Query,
  type Receipt,
  receiptHash,
} from "../ledger/index.ts";
import { MAX_UNCERTIFIED, receiptProofCodec, stateProofCodec } from "../proof/index.ts";
import type { Problem, Provable, ReceiptView, StateView, TransactionStatus } from "../rpc/index.ts";
import type { BlockStore, StateStore } from "../storage/index.ts";
import { blockReceiptsCodec } from "./transaction-record.ts";

export type ProverSources = {
  readonly ledger: Pick<
    Ledger,
    "committed" | "oldestReadable" | "query" | "queryAt" | "reader" | "readerAt" | "proveAt"
  >;
  readonly blockStore: Pick<BlockStore, "certificateAt">;
  readonly stateStore: Pick<StateStore, "receiptsAt">;
};

type Final = Extract<TransactionStatus, { state: "final" }>;
type Certified = { readonly height: Height; readonly cert: CommitCert };

/** A block's receipts and, once a proof was asked for, the leaves of their tree. */
type Known = { readonly receipts: readonly Receipt[]; leaves?: readonly Hash[] };

/** Blocks whose receipts are in memory: the newest, which may not be in the store yet, and those last asked about. */
const MAX_KNOWN = 16;
const MAX_LOOKED_BACK = 64;
/** The next certificate, or the disk, is hardly ever further away. */
const RETRY_AFTER_MS = 250;

export class Prover {
  readonly #sources: ProverSources;
  readonly #known = new Map<Height, Known>();
  /** The newest height of which a certificate was found. */
  #certified = 0;

  constructor(sources: ProverSources) {
    this.#sources = sources;
  }

  /** A block became final. */
  note(height: Height, receipts: readonly Receipt[]): void {
    this.#keep(height, { receipts });
  }

  /** Final blocks above the newest one of which a certificate is known; at most MAX_LOOKED_BACK. */
  uncertified(): number {
    const tip = this.#sources.ledger.committed.height;
    const lowest = Math.max(this.#certified, tip - MAX_LOOKED_BACK);
    let height = tip;
    const { blockStore } = this.#sources;
    while (height > lowest && blockStore.certificateAt(height) === undefined) {
      height = before(height);
    }
    if (height > tip - MAX_LOOKED_BACK) this.#certified = height;
    return tip - height;
  }

  state(key: Uint8Array, asked: { readonly proof: boolean }): Provable<StateView> {
    const { ledger } = this.#sources;
    if (asked.proof) return this.#provenState(key);
    const value = ledger.reader().get(key);
    return { ok: true, value: { key, value, height: ledger.committed.height } };
  }

  query(query: Query, asked: { readonly proof: boolean }): Provable<StateView> {
    const { ledger } = this.#sources;
    const at = asked.proof ? this.#newestCertified() : undefined;
    if (asked.proof && at === undefined) return notYet(NO_CERTIFICATE);
    const answer = at === undefined ? ledger.query(query) : ledger.queryAt(at.height, query);
    if (answer === undefined) return notYet(NO_CERTIFICATE);
    if (!answer.ok) return { ok: false, problem: problemOfQuery(answer.refusal) };
    const { key, value } = answer;
    if (at !== undefined) return this.#provenAt(at, key);
    return { ok: true, value: { key, value, height: ledger.committed.height } };
  }

  /** `status` is what the node knows of the transaction. */
  receipt(status: TransactionStatus): Provable<ReceiptView> {
    if (status.state === "pending" || status.state === "included") {
      return notYet(`The transaction is ${status.state}, and not final yet.`);
    }
    if (status.state !== "final") {
      const detail = `No transaction with this hash is final here; its state is ${status.state}.`;
      return { ok: false, problem: { code: "NOT_FOUND", detail } };
    }
    return this.#provenReceipt(status);
  }

  #provenState(key: Uint8Array): Provable<StateView> {
    const at = this.#newestCertified();
    return at === undefined ? notYet(NO_CERTIFICATE) : this.#provenAt(at, key);
  }

  #provenAt({ height, cert }: Certified, key: Uint8Array): Provable<StateView> {
    const { ledger } = this.#sources;
    const proven = ledger.proveAt(height, key);
    const lastBlock = ledger.proveAt(height, LAST_BLOCK_KEY);
    assert(
      proven !== undefined && lastBlock !== undefined,
      "a state that was just found readable can be proven",
    );
    const { leaf } = proven.proof;
    const value = equalBytes(leaf.key, key) ? leaf.value : undefined;
    const content = { key, proof: proven.proof, lastBlock: lastBlock.proof, cert };
    return { ok: true, value: { key, value, height, proof: encode(stateProofCodec, content) } };
  }

  #provenReceipt(final: Final): Provable<ReceiptView> {
    const { height, receipt } = final;
    const certified = this.#nextCertified(height);
    if (certified === undefined) return notYet(NO_CERTIFICATE);
    const known = this.#receiptsAt(height);
    if (known === undefined) return notYet("The block's receipts are on their way to the disk.");
    const lastBlock = this.#lastBlockAt(certified.height);
    const uncertified = this.#uncertified(height, certified.height);
    if (lastBlock === undefined || uncertified === undefined) return pruned(certified.height);
    known.leaves ??= known.receipts.map((each) => receiptHash(each, hashIn));
    const path = merkleProof(known.leaves, receipt.index, hashLayer);
    const content = { receipt, path, uncertified, lastBlock, cert: certified.cert };
    const proof = encode(receiptProofCodec, content);
    return { ok: true, value: { final, certifiedHeight: certified.height, proof } };
  }

  #newestCertified(): Certified | undefined {
    const { ledger } = this.#sources;
    const lowest = Math.max(1, ledger.oldestReadable);
    for (let height = ledger.committed.height; height >= lowest; height = before(height)) {
      const cert = this.#certAt(height);
      if (cert !== undefined) return { height, cert };
    }
    return undefined;
  }

  #nextCertified(from: Height): Certified | undefined {
    const last = Math.min(from + MAX_UNCERTIFIED, this.#sources.ledger.committed.height);
    for (let height = from; height <= last; height = next(height)) {
      const cert = this.#certAt(height);
      if (cert !== undefined) return { height, cert };
    }
    return undefined;
  }

  #certAt(height: Height): CommitCert | undefined {
    const bytes = this.#sources.blockStore.certificateAt(height);
    const cert = bytes === undefined ? undefined : decode(commitCertCodec, bytes);
    return cert?.ok ? cert.value : undefined;
  }

  #lastBlockAt(height: Height): MapProof | undefined {
    return this.#sources.ledger.proveAt(height, LAST_BLOCK_KEY)?.proof ?? this.#keptAt(height);
  }

  /** What the states of these heights say of their blocks; undefined when one of them is forgotten. */
  #uncertified(from: Height, to: Height): readonly LastBlock[] | undefined {
    const blocks: LastBlock[] = [];
    for (let height = from; height < to; height = next(height)) {
      const reader = this.#sources.ledger.readerAt(height);
      const bytes = reader?.get(LAST_BLOCK_KEY) ?? this.#keptAt(height)?.leaf.value;
      const block = bytes === undefined ? undefined : decode(lastBlockCodec, bytes);
      if (!block?.ok) return undefined;
      blocks.push(block.value);
    }
    return blocks;
  }

  #receiptsAt(height: Height): Known | undefined {
    const known = this.#known.get(height);
    if (known !== undefined) return known;
    const receipts = this.#storedAt(height)?.receipts;
    return receipts === undefined ? undefined : this.#keep(height, { receipts });
  }

  #keptAt(height: Height): MapProof | undefined {
    return this.#storedAt(height)?.lastBlock;
  }

  #storedAt(height: Height) {
    const bytes = this.#sources.stateStore.receiptsAt(height);
    const decoded = bytes === undefined ? undefined : decode(blockReceiptsCodec, bytes);
    return decoded?.ok ? decoded.value : undefined;
  }

  #keep(height: Height, known: Known): Known {
    this.#known.set(height, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}

const NO_CERTIFICATE = "No block that could prove it has a certificate of its own yet.";

function before(height: Height): Height {
  return (height - 1) as Height;
}

function notYet(detail: string): { readonly ok: false; readonly problem: Problem } {
  const details = { retryAfterMs: RETRY_AFTER_MS };
  return { ok: false, problem: { code: "NOT_PROVABLE_YET", detail, details } };
}

function pruned(height: Height): { readonly ok: false; readonly problem: Problem } {
  const detail = `This node no longer has what the state after block ${height} says of it.`;
  return { ok: false, problem: { code: "PRUNED", detail } };
}

function problemOfQuery(refusal: "unknown-path" | "bad-argument"): Problem {
  if (refusal === "unknown-path") {
    return { code: "NOT_FOUND", detail: "The state machine answers no query with this path." };
  }
  const detail = "The state machine does not understand the argument.";
  return { code: "INVALID_REQUEST", detail, details: { parameter: "argument" } };
}
