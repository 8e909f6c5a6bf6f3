// The validator set of one epoch: who may sign, with what power, how much is a quorum, and whose turn it is.

import {
  assert,
  type Epoch,
  type Hash,
  MAX_VALIDATORS,
  type PublicKey,
  type View,
} from "../crypto/index.ts";

export type Validator = {
  readonly publicKey: PublicKey;
  /** Voting weight, 1 or more; the total stays below 2^53. */
  readonly power: number;
};

/** Position of a validator in genesis; signer bitmaps and wire messages name validators by it. */
export type ValidatorIndex = number;

export type ValidatorSet = {
  readonly chainId: Hash;
  readonly epoch: Epoch;
  readonly members: readonly Validator[];
  /** Power of a quorum: `total - f`, where `f = floor((total - 1) / 3)`. Two quorums share more than `f`. */
  readonly quorumPower: number;
  /** Power that certainly includes an honest validator: `f + 1`. */
  readonly honestPower: number;
};

export function validatorSet(options: {
  readonly chainId: Hash;
  readonly epoch: Epoch;
  readonly members: readonly Validator[];
}): ValidatorSet {
  const { members } = options;
  assert(members.length > 0 && members.length <= MAX_VALIDATORS, "a set has 1..256 validators");
  let total = 0;
  for (const { power } of members) {
    assert(Number.isSafeInteger(power) && power >= 1, "voting power is a positive integer");
    total += power;
  }
  assert(Number.isSafeInteger(total), "total voting power stays below 2^53");
  const faultyPower = Math.floor((total - 1) / 3);
  return { ...options, quorumPower: total - faultyPower, honestPower: faultyPower + 1 };
}

/** View v is led by validator v mod n. */
export function roundRobin(validators: ValidatorSet, view: View): ValidatorIndex {
  return view % validators.members.length;
}

export function powerOf(validators: ValidatorSet, index: ValidatorIndex): number {
  return validators.members[index]?.power ?? 0;
}
