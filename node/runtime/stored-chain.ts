// What the stores of a data directory hold, as the ledger wants it: blocks that are whole, and the ledger at the state
// that is stored or at genesis.

import { addressOf, assert, decode, equalBytes, type Height } from "../../crypto/index.ts";
import { hashIn, hashLayer } from "../../crypto/native/index.ts";
import type { ChainRoot } from "../chain/index.ts";
import {
  type AccountGenesis,
  createAccountLedger,
  type ExecutableBlock,
  Ledger,
  type LedgerOptions,
  type StateMachine,
} from "../ledger/index.ts";
import { type BlockStore, type StateStore, StorageError } from "../storage/index.ts";
import { blockWithBodiesCodec, type WholeBlock, wholeBlock } from "../sync/index.ts";
import { SURROUNDINGS, type Surroundings } from "./surroundings.ts";

/** The ledger that executes this chain with this application. */
export function ledgerOptions(
  { genesis, validators }: ChainRoot,
  application: StateMachine,
  execution: Surroundings["execution"],
): LedgerOptions<AccountGenesis> {
  const { minFee, fees } = genesis.ledger;
  const feesTo = fees === "burn" ? "nobody" : "proposer";
  const machine = execution(createAccountLedger({ minFee, feesTo }, application));
  return { machine, chainId: validators.chainId, hashers: { hash: hashIn, hashLayer } };
}

export function ledgerAtGenesis(
  root: ChainRoot,
  application: StateMachine,
  { execution } = SURROUNDINGS,
): Ledger {
  const { genesis, genesisBlock } = root;
  const ledger = Ledger.fromGenesis(ledgerOptions(root, application, execution), {
    timestampMs: genesis.genesisTimeMs,
    application: { accounts: genesis.accounts, parameters: genesis.application.parameters },
    hash: genesisBlock,
  });
  return ledger as Ledger;
}

/** The ledger at the stored state; undefined where nothing is stored. @throws {StorageError} if it does not add up */
export function ledgerAtStored(
  root: ChainRoot,
  application: StateMachine,
  { blockStore, stateStore }: { readonly blockStore: BlockStore; readonly stateStore: StateStore },
  { execution } = SURROUNDINGS,
): Ledger | undefined {
  const stored = stateStore.load();
  if (stored === undefined) return undefined;
  const { height, stateRoot, entries } = stored;
  const hash = height === 0 ? root.genesisBlock : blockStore.hashAt(height);
  if (hash === undefined) {
    throw damaged(`the state is that of height ${height}, which the block log does not have`);
  }
  const restored = Ledger.restore(ledgerOptions(root, application, execution), {
    hash,
    height,
    entries,
  });
  if (!restored.ok) throw damaged(`the stored state does not add up (${restored.refusal})`);
  if (!equalBytes(restored.ledger.committed.stateRoot, stateRoot)) {
    throw damaged(`the stored state of height ${height} has another root than it should`);
  }
  return restored.ledger as Ledger;
}

/** @throws {StorageError} if the log does not have it */
export function finalBlock(blockStore: BlockStore, height: Height): WholeBlock {
  const stored = blockStore.blockAt(height);
  if (stored === undefined) throw damaged(`the block log has no block at height ${height}`);
  return storedBlock(stored.bytes);
}

/** @throws {StorageError} if the bytes are no block with the bodies that it names */
export function storedBlock(bytes: Uint8Array): WholeBlock {
  const decoded = decode(blockWithBodiesCodec, bytes);
  const whole = decoded.ok ? wholeBlock(decoded.value, { hash: hashIn, hashLayer }) : decoded;
  if (!whole.ok) throw damaged(`a stored block does not decode (${whole.refusal})`);
  return whole.value;
}

export function executableBlock(
  { validators }: ChainRoot,
  { block, hash, transactions }: WholeBlock,
): ExecutableBlock {
  const { parent, height, timestampMs } = block;
  const member = validators.members[block.proposer];
  assert(member !== undefined, "a certified block has a proposer");
  const proposer = addressOf(member.publicKey);
  return { hash, parent, height, timestampMs, proposer, transactions };
}

export function damaged(what: string): StorageError {
  const remedy =
    "Move the data directory away and let the validator sync again; never copy a safety log from a backup.";
  return new StorageError({ code: "LOG_DAMAGED", what, path: "the data directory", remedy });
}
