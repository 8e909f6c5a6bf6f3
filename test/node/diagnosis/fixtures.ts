// Directories of nodes that have stopped: a chain of blocks on disk, executed by whatever machine each of them ran.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Block,
  blockHash,
  type CommitCert,
  commitCertCodec,
} from "../../../consensus/index.ts";
import {
  type Address,
  addressOf,
  ascii,
  encode,
  equalBytes,
  type Hash,
  type Height,
  type Nonce,
  type View,
} from "../../../crypto/index.ts";
import type { Genesis } from "../../../node/chain/index.ts";
import { chainRootOf } from "../../../node/chain/index.ts";
import { genesisJson } from "../../../node/genesis/index.ts";
import type { CallResult, Ledger, StateMachine, StateWriter } from "../../../node/ledger/index.ts";
import { recordHalt } from "../../../node/runtime/halt.ts";
import type { ComputedBlock } from "../../../node/runtime/halt-bundle.ts";
import { executableBlock, ledgerAtGenesis, machineOf } from "../../../node/runtime/index.ts";
import { receiptRecords } from "../../../node/runtime/transaction-record.ts";
import { type BlockStore, openBlockStore, openStateStore } from "../../../node/storage/index.ts";
import { blockWithBodiesCodec, payloadHash, type WholeBlock } from "../../../node/sync/index.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../../node/transaction/index.ts";
import { standInSigner } from "../../consensus/fixtures.ts";
import { genesis as exampleGenesis } from "../genesis/fixtures.ts";

const alice = standInSigner("alice");

export const genesis: Genesis = {
  ...exampleGenesis,
  accounts: [{ address: addressOf(alice.publicKey), balance: 1_000_000n }],
};
export const root = chainRootOf(genesis);
export const honest = machineOf(root, undefined, () => {});

export function addressNamed(name: string): Address {
  return addressOf(standInSigner(name).publicKey);
}

export type Payment = { readonly to: string; readonly amount?: bigint; readonly memo?: string };

/** Blocks in order, each with payments of one account; from the height `forkAt` on they are others than without it. */
export function chain(
  payments: readonly (readonly Payment[])[],
  options: { readonly forkAt?: number } = {},
): readonly WholeBlock[] {
  let nonce = 0;
  let parent: Hash = root.genesisBlock;
  return payments.map((paid, index) => {
    const height = (index + 1) as Height;
    const isFork = options.forkAt !== undefined && height >= options.forkAt;
    const transactions = paid.map((payment) => transfer(payment, nonce++));
    const ids = transactions.map(({ id }) => id);
    const justify = { ...root.genesisQc, view: index as View, height: index as Height };
    const block: Block = {
      epoch: root.validators.epoch,
      view: (isFork ? height + payments.length : height) as View,
      height,
      parent,
      justify: { ...justify, block: parent },
      payload: payloadHash(ids),
      timestampMs: genesis.genesisTimeMs + index + 1,
      proposer: 0,
    };
    parent = blockHash(block);
    return { block, hash: parent, ids, transactions };
  });
}

function transfer({ to, amount = 1n, memo = "" }: Payment, nonce: number): SignedTransaction {
  const unsigned = {
    chainId: root.validators.chainId,
    sender: addressOf(alice.publicKey),
    publicKey: alice.publicKey,
    nonce: nonce as Nonce,
    fee: 1n,
    validUntilHeight: 1_000 as Height,
    call: encodeCall({ type: "transfer", to: addressNamed(to), amount, memo: ascii(memo) }),
  };
  return signTransaction(unsigned, alice);
}

export type Life = {
  readonly blocks: readonly WholeBlock[];
  readonly machine?: StateMachine;
  /** Another chain than all the rest here; without blocks, then. */
  readonly of?: Genesis;
  /** The state is that of this height; of the last block unless told otherwise. */
  readonly stateAt?: number;
  /** The heights whose certificates it has; they say what the honest machine gets. */
  readonly certified?: readonly number[];
  /** It halted over this block; those between its state and this one were executed, too. */
  readonly haltedAt?: number;
};

const MAX_PENDING = 64;

/** What a node leaves behind that lived so. */
export async function nodeDirectory(directory: string, life: Life): Promise<string> {
  const { blocks, machine = honest, of = genesis, haltedAt, certified = [] } = life;
  const identity = chainRootOf(of).validators.chainId;
  const stateAt = life.stateAt ?? blocks.length;
  const data = join(directory, "data");
  mkdirSync(data, { recursive: true });
  writeFileSync(join(directory, "config.json"), "{}");
  writeFileSync(join(directory, "genesis.json"), genesisJson(of));
  const { store: blockStore } = await openBlockStore({ directory: data, identity });
  const stateStore = openStateStore({ directory: data, identity });
  const ledger = ledgerAtGenesis(root, machine);
  const reference = ledgerAtGenesis(root, honest);
  const { height, stateRoot } = ledger.committed;
  stateStore.commit({ height, stateRoot, changes: [...ledger.entries()], transactions: [] });
  const below: ComputedBlock[] = [];
  for (const whole of blocks) {
    const cert = certificate(whole, reference);
    const isCertified = certified.includes(whole.block.height);
    const computed = commit(ledger, whole);
    putBlock(blockStore, whole, isCertified ? cert : undefined, stateAt);
    if (whole.block.height === haltedAt) {
      const { height, view } = whole.block;
      const [ours, theirs] = [computed.stateRoot, cert.stateRoot];
      const halt = { reason: "state-diverged", height, view, ours, theirs, cert } as const;
      const owner = { chainId: identity, application: machine.name, version: "1.2.3" };
      const own = { ...computed, hash: whole.hash, parent: whole.block.parent };
      const found = { evidence: [], computed: own, below, block: bytesOf(whole) };
      recordHalt(data, { halt, ...found }, owner);
    }
    if (whole.block.height > stateAt) {
      below.push({ ...computed, hash: whole.hash, parent: whole.block.parent });
      continue;
    }
    const { changes, receipts } = computed;
    const records = receiptRecords(whole.block.height, receipts);
    const { height, stateRoot } = computed;
    stateStore.commit({ height, stateRoot, changes, ...records });
    if (stateStore.pending() === MAX_PENDING) await stateStore.flushed();
  }
  await stateStore.close();
  await blockStore.close();
  return directory;
}

function commit(ledger: Ledger, whole: WholeBlock) {
  ledger.execute(executableBlock(root, whole));
  return ledger.commit(whole.hash);
}

/** Nobody looks at signatures on one's own disk. */
function certificate(whole: WholeBlock, reference: Ledger): CommitCert {
  const { epoch, view, height } = whole.block;
  const { stateRoot } = commit(reference, whole);
  const signatures = { signers: [], signatures: [] };
  return { epoch, view, height, block: whole.hash, stateRoot, signatures };
}

function bytesOf({ block, transactions }: WholeBlock): Uint8Array {
  return encode(blockWithBodiesCodec, { block, bodies: transactions.map(({ bytes }) => bytes) });
}

/** Final up to and with that height. */
export function putBlock(
  blockStore: BlockStore,
  whole: WholeBlock,
  cert: CommitCert | undefined,
  finalThrough: number,
): void {
  const { height } = whole.block;
  blockStore.putBlock({ hash: whole.hash, height, bytes: bytesOf(whole) });
  if (height > finalThrough) return;
  const certified = cert === undefined ? {} : { certificate: encode(commitCertCodec, cert) };
  blockStore.finalize({ height, hash: whole.hash, ...certified });
}

type Execute = StateMachine["execute"];

/** The built-in ledger, except for what it does after one transaction; `undefined`: the result stays as it is. */
export function strayingAt(
  transaction: Hash | undefined,
  stray: (state: StateWriter) => CallResult | undefined,
): StateMachine {
  const execute: Execute = (call, context, state) => {
    const result = honest.execute(call, context, state);
    const isThere = transaction !== undefined && equalBytes(context.transaction, transaction);
    return (isThere ? stray(state) : undefined) ?? result;
  };
  return {
    name: honest.name,
    decode: (bytes) => honest.decode(bytes),
    cost: (call) => honest.cost?.(call) ?? 0n,
    execute,
  };
}
