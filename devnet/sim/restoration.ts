// From what a simulated disk gives back to a replica that goes on from there, as the live node's restoration does it.

import {
  genesisQc,
  initialSafetyState,
  LEADER_CHOICES,
  RULE_SETS,
  type SafetyState,
  silentSafetyState,
  type Tip,
  type ValidatorIndex,
} from "../../consensus/index.ts";
import { addressOf, type View } from "../../crypto/index.ts";
import type { Ledger } from "../../node/ledger/index.ts";
import { Replica } from "../../node/replica/index.ts";
import { type WholeBlock, wholeBlock } from "../../node/sync/index.ts";
import {
  type Application,
  genesisLedger,
  HASHERS,
  reopenedLedger,
  type SimulatedChain,
} from "./chain.ts";
import { EPOCH_MS } from "./clock.ts";
import type { OpenedDisk } from "./disk/index.ts";

type Content = Extract<OpenedDisk, { ok: true }>;

export type RestoredReplica = {
  readonly replica: Replica;
  readonly ledger: Ledger;
  /** Transactions that took effect in the final blocks. */
  readonly applied: number;
};

export function restoreReplica(
  content: Content,
  given: {
    readonly chain: SimulatedChain;
    readonly self: ValidatorIndex;
    readonly safety: SafetyState;
    readonly hasSignedBefore: boolean;
    readonly application: (honest: Application) => Application;
  },
): RestoredReplica {
  const { chain, self, safety, hasSignedBefore } = given;
  const { validators, options, scheme } = chain;
  const replayed = genesisLedger(chain, given.application);
  const applied = replay(replayed, content, chain);
  // The live node reads this state from its disk. What an application remembers beside it is not there.
  const isReopened = chain.options.application !== undefined && replayed.committed.height > 0;
  const ledger = isReopened ? reopenedLedger(chain, replayed, given.application) : replayed;
  const last = content.finals.at(-1)?.block;
  const { hash, height, stateRoot } = ledger.committed;
  const at = { hash, height, stateRoot };
  const tip: Tip =
    last === undefined
      ? { ...at, view: 0 as View, timestampMs: EPOCH_MS }
      : { ...at, view: last.view, timestampMs: last.timestampMs, block: last };
  const replica = new Replica({
    validators,
    self,
    scheme,
    genesisQc: genesisQcOf(chain),
    rules: RULE_SETS[options.rules],
    leaders: LEADER_CHOICES[options.leaders],
    baseTimeoutMs: options.baseTimeoutMs,
    pacing: {
      blockIntervalMs: options.blockIntervalMs ?? 0,
      emptyBlockIntervalMs: options.heartbeatMs,
    },
    limits: { maxBlockTransactions: 1_000, maxBlockBytes: 1 << 20, maxClockDriftMs: 5_000 },
    pool: {},
    ledger,
    hashers: HASHERS,
    safety,
    hasSignedBefore,
    tip,
    stored: content.unfinished.map(sound),
  });
  return { replica, ledger, applied };
}

/** The record of a validator that found none. Only one that has never signed is known to be new. */
export function firstSafetyState(chain: SimulatedChain, hasSignedBefore: boolean): SafetyState {
  const first = hasSignedBefore ? silentSafetyState : initialSafetyState;
  return first(genesisQcOf(chain));
}

function genesisQcOf({ validators, genesisBlock }: SimulatedChain) {
  return genesisQc({ epoch: validators.epoch, block: genesisBlock });
}

/** Executes again what is final; answers how many transactions took effect. */
function replay(ledger: Ledger, { finals }: Content, chain: SimulatedChain): number {
  const { members } = chain.validators;
  let applied = 0;
  for (const final of finals) {
    const { block, hash, transactions } = sound(final);
    const { parent, height, timestampMs } = block;
    const publicKey = members[block.proposer]?.publicKey;
    if (publicKey === undefined) throw new Error("a final block on disk has no proposer");
    const proposer = addressOf(publicKey);
    ledger.execute({ hash, parent, height, timestampMs, proposer, transactions });
    const { receipts } = ledger.commit(hash);
    applied += receipts.filter(({ result }) => result === "ok").length;
  }
  return applied;
}

function sound(stored: Parameters<typeof wholeBlock>[0]): WholeBlock {
  const whole = wholeBlock(stored, HASHERS);
  if (!whole.ok) throw new Error(`a block on disk is unsound: ${whole.refusal}`);
  return whole.value;
}
