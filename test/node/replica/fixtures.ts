// One replica among four validators whose messages the test makes: blocks with real transactions, certificates and
// votes by stand-in signers, and a reference ledger that says which state root is right.

import type { Block, Message, SafetyState } from "../../../consensus/index.ts";
import { blockHash, initialSafetyState, type Tip } from "../../../consensus/index.ts";
import {
  type Address,
  addressOf,
  type Hash,
  type Height,
  type Nonce,
  type View,
} from "../../../crypto/index.ts";
import { createAccountLedger, Ledger } from "../../../node/ledger/index.ts";
import {
  Replica,
  type ReplicaEffect,
  type ReplicaEvent,
  type ReplicaOptions,
} from "../../../node/replica/index.ts";
import type { WholeBlock } from "../../../node/sync/acceptance.ts";
import { type BlockWithBodies, payloadHash, wholeBlock } from "../../../node/sync/index.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../../node/transaction/index.ts";
import { standInSigner, world } from "../../consensus/fixtures.ts";

export const GENESIS_TIME_MS = 1_000_000;
export const NOW_MS = GENESIS_TIME_MS + 60_000;
const NAMES = ["alice", "bob", "carol"] as const;
export type Name = (typeof NAMES)[number];

/** Validators 0..3; epoch and chain as `world()` makes them, but epoch 0. */
export const committee = world({ epoch: 0 });
const { chainId } = committee.validators;

export function addressNamed(name: Name): Address {
  return addressOf(standInSigner(name).publicKey);
}

export type TransferOptions = {
  readonly from?: Name;
  readonly nonce?: number;
  readonly amount?: bigint;
  readonly fee?: bigint;
  readonly until?: number;
  readonly memo?: Uint8Array;
  readonly chainId?: Hash;
};

export function transfer(options: TransferOptions = {}): SignedTransaction {
  const { from = "alice", nonce = 0, amount = 5n, fee = 1n, until = 1_000 } = options;
  const signer = standInSigner(from);
  const memo = options.memo ?? new Uint8Array(0);
  const unsigned = {
    chainId: options.chainId ?? chainId,
    sender: addressOf(signer.publicKey),
    publicKey: signer.publicKey,
    nonce: nonce as Nonce,
    fee,
    validUntilHeight: until as Height,
    call: encodeCall({ type: "transfer", to: addressNamed("carol"), amount, memo }),
  };
  return signTransaction(unsigned, signer);
}

export type BlockOptions = {
  readonly on?: Block;
  readonly with?: readonly SignedTransaction[];
  readonly timestampMs?: number;
};

/** The block of a view, with these transactions, on genesis unless told otherwise. */
export function block(view: number, options: BlockOptions = {}): Block {
  const justify = committee.qc(options.on ?? 0);
  return {
    epoch: committee.validators.epoch,
    view: view as View,
    height: (justify.height + 1) as Height,
    parent: justify.block,
    justify,
    payload: payloadHash((options.with ?? []).map(({ id }) => id)),
    timestampMs: options.timestampMs ?? GENESIS_TIME_MS + view,
    proposer: view % 4,
  };
}

export function withBodies(made: Block, carried: readonly SignedTransaction[]): BlockWithBodies {
  return { block: made, bodies: carried.map(({ bytes }) => bytes) };
}

export function whole(made: Block, carried: readonly SignedTransaction[] = []): WholeBlock {
  const bound = wholeBlock(withBodies(made, carried));
  if (!bound.ok) throw new Error(`these are not the block's transactions: ${bound.refusal}`);
  return bound.value;
}

/** A ledger at genesis: alice and bob have 1,000 each. */
export function newLedger(): Ledger {
  const machine = createAccountLedger({ minFee: 1n, feesTo: "nobody" });
  const accounts = (["alice", "bob"] as const).map((name) => {
    return { address: addressNamed(name), balance: 1_000n };
  });
  return Ledger.fromGenesis(
    { machine, chainId },
    {
      timestampMs: GENESIS_TIME_MS,
      application: { accounts },
      hash: committee.genesis.block,
    },
  ) as Ledger;
}

/** The state roots after each of these blocks, executed one after the other on genesis. */
export function stateRoots(
  blocks: readonly (readonly [Block, readonly SignedTransaction[]])[],
): readonly Hash[] {
  const ledger = newLedger();
  return blocks.map(([made, transactions]) => {
    const { parent, height, timestampMs, proposer } = made;
    const address = addressOf(committee.signerOf(proposer).publicKey);
    const hash = blockHash(made);
    const given = { hash, parent, height, timestampMs, proposer: address, transactions };
    return ledger.execute(given).stateRoot;
  });
}

export type EffectOf<T extends ReplicaEffect["type"]> = Extract<ReplicaEffect, { type: T }>;

export function only<T extends ReplicaEffect["type"]>(
  effects: readonly ReplicaEffect[],
  type: T,
): readonly EffectOf<T>[] {
  return effects.filter((effect): effect is EffectOf<T> => effect.type === type);
}

export type SubjectOptions = {
  readonly self?: number;
  readonly safety?: SafetyState;
  readonly ledger?: Ledger;
  readonly tip?: Tip;
  readonly stored?: readonly WholeBlock[];
  readonly pacing?: Partial<ReplicaOptions["pacing"]>;
  readonly limits?: Partial<ReplicaOptions["limits"]>;
  readonly protocol?: Pick<ReplicaOptions, "rules" | "leaders">;
};

/** A replica under test, its clock, and what it did last. */
export class Subject {
  readonly replica: Replica;
  readonly self: number;
  /** Everything so far. */
  readonly done: ReplicaEffect[] = [];
  now = NOW_MS;

  constructor(options: SubjectOptions = {}) {
    this.self = options.self ?? 3;
    const ledger = options.ledger ?? newLedger();
    const { hash, height, stateRoot } = ledger.committed;
    const pacing = { blockIntervalMs: 0, emptyBlockIntervalMs: 1_000, ...options.pacing };
    const limits = { maxBlockTransactions: 100, maxBlockBytes: 1 << 20, maxClockDriftMs: 5_000 };
    this.replica = new Replica({
      validators: committee.validators,
      self: this.self,
      scheme: committee.scheme,
      genesisQc: committee.genesis,
      baseTimeoutMs: 400,
      pacing,
      limits: { ...limits, ...options.limits },
      pool: {},
      ledger,
      safety: options.safety ?? initialSafetyState(committee.genesis),
      tip: options.tip ?? {
        hash,
        height,
        stateRoot,
        view: 0 as View,
        timestampMs: GENESIS_TIME_MS,
      },
      stored: options.stored ?? [],
      ...options.protocol,
    });
  }

  static started(options: SubjectOptions = {}): Subject {
    const subject = new Subject(options);
    subject.play({ type: "start" });
    return subject;
  }

  /** One step; what it wants signed is left unsigned. */
  step(event: ReplicaEvent): readonly ReplicaEffect[] {
    const now = { monotonicMs: this.now, wallMs: this.now };
    const effects = this.replica.step(event, now);
    this.done.push(...effects);
    return effects;
  }

  /** One step, and those with what it signs itself, as a driver would hand it back. */
  play(event: ReplicaEvent): readonly ReplicaEffect[] {
    const effects = [...this.step(event)];
    for (let at = 0; at < effects.length; at++) {
      const effect = effects[at];
      if (effect?.type !== "sign") continue;
      const message = committee.signed(effect.draft);
      const ids = (effect.transactions ?? []).map(({ id }) => id);
      effects.push(...this.step({ type: "message", from: this.self, message, ids }));
    }
    return effects;
  }

  hears(message: Message, from: number, ids: readonly Hash[] = []): readonly ReplicaEffect[] {
    return this.play({ type: "message", from, message, ids });
  }

  proposed(made: Block, carried: readonly SignedTransaction[] = []): readonly ReplicaEffect[] {
    const ids = carried.map(({ id }) => id);
    return this.hears(committee.proposal(made), made.proposer, ids);
  }

  /** The others vote for it. */
  certified(made: Block): readonly ReplicaEffect[] {
    return this.#others.flatMap((by) => this.hears(committee.vote(made, { by }), by));
  }

  /** A quorum made it final, and says so. */
  decided(made: Block, stateRoot: Hash): readonly ReplicaEffect[] {
    const cert = committee.commitCert(made, { stateRoot });
    return this.hears({ type: "decision", cert }, this.#others[0] as number);
  }

  gossiped(...transactions: SignedTransaction[]): readonly ReplicaEffect[] {
    return this.play({ type: "transactions", source: "gossip", transactions });
  }

  submitted(...transactions: SignedTransaction[]): readonly ReplicaEffect[] {
    return this.play({ type: "transactions", source: "local", transactions });
  }

  /** Gives the view up together with the others. */
  gaveUp(view: number, highQc: Block | 0 = 0): readonly ReplicaEffect[] {
    return this.#others.flatMap((by) => {
      const tc = view > 1 && highQc === 0 ? { highTc: committee.tc(view - 1, { highQc: 0 }) } : {};
      return this.hears(committee.timeout(view, { by, highQc, ...tc }), by);
    });
  }

  get #others(): readonly number[] {
    return [0, 1, 2, 3].filter((index) => index !== this.self);
  }
}

/** Kinds of what was signed. */
export function signedKinds(effects: readonly ReplicaEffect[]): readonly string[] {
  return only(effects, "sign").map(({ draft }) => draft.type);
}
