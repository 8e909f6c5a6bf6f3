// The blocks that every trial of a state machine executes: the same calls from the same senders, decided by the seed.

import {
  type Address,
  addressOf,
  domain,
  type Hash,
  type Height,
  hashIn,
  type Nonce,
  next,
  publicKey,
  type Signature,
} from "../../crypto/index.ts";
import type { ExecutableBlock } from "../ledger/index.ts";
import { type SignedTransaction, signTransaction } from "../transaction/index.ts";

export type Random = {
  /** A whole number from 0 up to, but without, `bound`. */
  readonly below: (bound: number) => number;
};

export type CallPlace = {
  /** From 1. */
  readonly height: number;
  /** In the block, from 0. */
  readonly index: number;
  /** Who sends the call. */
  readonly sender: Address;
  /** Everyone who sends calls: for calls that name somebody. */
  readonly senders: readonly Address[];
};

/** Bytes as they stand in transactions; a text as UTF-8; anything else as JSON. */
type Payload = Uint8Array | string | object;

/** A list to draw from, or how to make one. */
export type Calls = readonly Payload[] | ((random: Random, place: CallPlace) => Payload);

export type TrialChain = {
  readonly chainId: Hash;
  readonly genesis: Hash;
  readonly senders: readonly Address[];
  readonly blocks: readonly ExecutableBlock[];
};

export type TrialChainOptions = {
  readonly calls: Calls;
  readonly seed: number;
  readonly blocks: number;
  readonly callsPerBlock: number;
  /** Would a block that carries this call execute it? A call that is skipped uses no nonce. */
  readonly isExecuted: (call: Uint8Array) => boolean;
};

const SENDERS = 4;
const TRIAL_DOMAIN = domain("quorate/determinism/1");
const FIRST_MS = 1_700_000_000_000;
const BLOCK_MS = 250;

export function trialChain(options: TrialChainOptions): TrialChain {
  const { calls, seed, blocks: count, callsPerBlock, isExecuted } = options;
  const random = randomFrom(seed);
  const chainId = named("chain");
  const keys = Array.from({ length: SENDERS }, (_, index) => publicKey(named(`sender ${index}`)));
  const senders = keys.map(addressOf);
  const nonces = senders.map(() => 0 as Nonce);
  const blocks: ExecutableBlock[] = [];
  const genesis = named("block 0");
  let drawn = 0;
  const callAt = (place: CallPlace): Uint8Array => {
    if (typeof calls === "function") return bytesOf(calls(random, place));
    // Each of them once, in order; then any of them.
    return bytesOf(calls[drawn < calls.length ? drawn++ : random.below(calls.length)]);
  };
  const perBlock = calls.length === 0 && typeof calls !== "function" ? 0 : callsPerBlock;
  for (let height = 1; height <= count; height++) {
    const transactions: SignedTransaction[] = [];
    for (let index = 0; index < perBlock; index++) {
      const from = random.below(SENDERS);
      const [sender, key, nonce] = [senders[from], keys[from], nonces[from]];
      if (sender === undefined || key === undefined || nonce === undefined) continue;
      const call = callAt({ height, index, sender, senders });
      if (isExecuted(call)) nonces[from] = next(nonce);
      const unsigned = { chainId, sender, publicKey: key, nonce, fee: 0n, call };
      const validUntilHeight = (height + 1) as Height;
      transactions.push(signTransaction({ ...unsigned, validUntilHeight }, noSigner(key)));
    }
    blocks.push({
      hash: named(`block ${height}`),
      parent: named(`block ${height - 1}`),
      height: height as Height,
      timestampMs: FIRST_MS + BLOCK_MS * height,
      proposer: senders[height % SENDERS] as Address,
      transactions,
    });
  }
  return { chainId, genesis, senders, blocks };
}

/** A block in the place of `block` that another branch took back: its calls in another order, on the same parent. */
export function rivalOf(block: ExecutableBlock): ExecutableBlock {
  const { height, timestampMs } = block;
  return {
    ...block,
    hash: named(`rival ${height}`),
    timestampMs: timestampMs + 1,
    transactions: block.transactions.toReversed(),
  };
}

function bytesOf(call: Payload | undefined): Uint8Array {
  if (call instanceof Uint8Array) return call;
  return new TextEncoder().encode(typeof call === "string" ? call : JSON.stringify(call));
}

/** Execution does not look at signatures. */
function noSigner(key: ReturnType<typeof publicKey>) {
  return { publicKey: key, sign: () => new Uint8Array(64) as Signature };
}

function named(name: string): Hash {
  return hashIn(TRIAL_DOMAIN, new TextEncoder().encode(name));
}

/** Mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const draw = (): number => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return { below: (bound) => Math.floor(draw() * bound) };
}
