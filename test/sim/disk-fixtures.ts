// What the tests of the simulated disk share: a chain of small blocks, one fate for every write, the state that a view
// leaves behind.

import { blockHash, initialSafetyState, type SafetyState } from "../../consensus/index.ts";
import { encode, type View } from "../../crypto/index.ts";
import { randomStream } from "../../devnet/random/index.ts";
import {
  type CutOdds,
  type OpenedDisk,
  SimulatedDisk,
  type SimulatedDiskOptions,
} from "../../devnet/sim/disk/index.ts";
import { blockWithBodiesCodec } from "../../node/sync/index.ts";
import { world } from "../consensus/fixtures.ts";

const four = world();
export const { chainId } = four.validators;

const CHAIN_LENGTH = 40;

export type ChainBlock = ReturnType<typeof chainBlock>;

function chainBlock(height: number) {
  const block = four.block(height);
  const body = new Uint8Array(60 * (height % 7)).fill(height);
  const stored = { block, bodies: body.length === 0 ? [] : [body] };
  const bytes = encode(blockWithBodiesCodec, stored);
  return { height, block, hash: blockHash(block), stored, bytes, cert: four.commitCert(block) };
}

const blocks = Array.from({ length: CHAIN_LENGTH }, (_, index) => chainBlock(index + 1));

/** The block of a height, 1 to 40. */
export function blockAt(height: number): ChainBlock {
  const found = blocks[height - 1];
  if (found === undefined) throw new Error(`no block ${height}`);
  return found;
}

/** What a validator must remember that has voted in `view`. */
export function votedIn(view: number): SafetyState {
  return { ...initialSafetyState(four.genesis), lastVotedView: view as View };
}

export const NEVER: CutOdds = { inOrder: 0, kept: 0, lost: 0, torn: 0, duplicated: 0 };
export const ALL_KEPT: CutOdds = { ...NEVER, kept: 1 };
export const ALL_LOST: CutOdds = { ...NEVER, lost: 1 };
export const ALL_TORN: CutOdds = { ...NEVER, torn: 1 };
export const ALL_DUPLICATED: CutOdds = { ...NEVER, duplicated: 1 };

export function newDisk(seed = 1, options: Partial<SimulatedDiskOptions> = {}): SimulatedDisk {
  return new SimulatedDisk({ chainId, random: randomStream(seed, "disk"), ...options });
}

export type Found = Extract<OpenedDisk, { ok: true }>;

/** What an open gives back, which must not be a refusal. */
export function opened(disk: SimulatedDisk): Found {
  const found = disk.open();
  if (!found.ok) throw new Error(`${found.code}: ${found.message}`);
  return found;
}

export function reopened(disk: SimulatedDisk): Found {
  disk.crash();
  return opened(disk);
}

export function viewIn(found: Found): number | undefined {
  return found.safety?.lastVotedView;
}
