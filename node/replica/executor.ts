// Blocks through the ledger: executes a certified block with whatever of its branch is not executed, and hands out what
// became final.

import type { Block, CommitCert, ValidatorSet } from "../../consensus/index.ts";
import { type Address, addressOf, assert, equalBytes, type Hash } from "../../crypto/index.ts";
import type { Pool } from "../../mempool/index.ts";
import type { Execution, Ledger } from "../ledger/index.ts";
import type { PooledTransaction } from "./admission.ts";
import { type Payload, type Payloads, transactionsOf } from "./payloads.ts";
import type { FinalBlock } from "./protocol.ts";

export type Committed = {
  readonly block: Block;
  readonly hash: Hash;
  readonly stateRoot: Hash;
  readonly cert?: CommitCert;
};

export class Executor {
  readonly #ledger: Ledger;
  readonly #payloads: Payloads;
  readonly #pool: Pool<PooledTransaction>;
  /** Of each validator: where fees may go. */
  readonly #addresses: readonly Address[];

  constructor(parts: {
    readonly ledger: Ledger;
    readonly payloads: Payloads;
    readonly pool: Pool<PooledTransaction>;
    readonly validators: ValidatorSet;
  }) {
    this.#ledger = parts.ledger;
    this.#payloads = parts.payloads;
    this.#pool = parts.pool;
    this.#addresses = parts.validators.members.map(({ publicKey }) => addressOf(publicKey));
  }

  /** The state after a block whose bodies, and those of its ancestors above the tip, are held. */
  execute(hash: Hash): Payload & { readonly stateRoot: Hash } {
    const { stateRoot } = this.#execution(hash);
    const payload = this.#payloadOf(hash);
    payload.isExecuted = true;
    return { ...payload, stateRoot };
  }

  commit({ block, hash, stateRoot, cert }: Committed): FinalBlock {
    this.#execution(hash);
    const payload = this.#payloadOf(hash);
    const { receipts, changes, ...committed } = this.#ledger.commit(hash);
    assert(equalBytes(committed.stateRoot, stateRoot), "executing twice gives one result");
    const transactions = transactionsOf(payload);
    const spent = transactions
      .filter((_, index) => receipts[index]?.result !== "skipped")
      .map(({ transaction: { sender, nonce } }) => ({ sender, nonce }));
    this.#pool.committed({ height: block.height, transactions: spent, ids: payload.ids });
    this.#payloads.prune(block.height);
    const final = { block, hash, stateRoot, transactions, receipts, changes };
    return cert === undefined ? final : { ...final, cert };
  }

  /** Executes again what another branch took the place of in the ledger. */
  #execution(hash: Hash): Execution {
    const path: Payload[] = [];
    for (const payload of this.#payloads.branch(hash)) {
      if (this.#ledger.execution(payload.hash) !== undefined) break;
      path.push(payload);
    }
    for (const payload of path.reverse()) {
      const { parent, height, timestampMs, proposer: index } = payload.block;
      const proposer = this.#addresses[index];
      assert(proposer !== undefined, "a verified block has a proposer");
      const transactions = transactionsOf(payload);
      const { hash } = payload;
      this.#ledger.execute({ hash, parent, height, timestampMs, proposer, transactions });
    }
    const execution = this.#ledger.execution(hash);
    assert(execution !== undefined, "a block is executed once its ancestors are");
    return execution;
  }

  #payloadOf(hash: Hash): Payload {
    const payload = this.#payloads.get(hash);
    assert(payload !== undefined, "a block that is executed has a payload");
    return payload;
  }
}
