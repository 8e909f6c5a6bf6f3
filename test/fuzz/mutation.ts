// How one input becomes another: bits, bytes, integers and lengths changed, ranges moved, words put in, two inputs
// spliced. Everything is drawn from the stream that is handed in.

import type { Random } from "../../devnet/random/index.ts";

export type Material = {
  readonly corpus: readonly Uint8Array[];
  /** What a format is made of; empty where it has no words. */
  readonly words: readonly Uint8Array[];
  readonly maxBytes: number;
};

type Step = (input: Uint8Array, random: Random, material: Material) => Uint8Array;

const INTERESTING_BYTES = [0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 33, 63, 64, 65, 127, 128, 254, 255];
const INTERESTING_WORDS = [
  0, 1, 2, 31, 32, 33, 64, 255, 256, 257, 512, 1_023, 1_024, 4_096, 16_383, 16_384, 16_385, 65_535,
  65_536, 0x001f_ffff, 0x0020_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
];
const MAX_STEPS = 8;

/** A changed copy of `input`, at most `maxBytes` long. */
export function mutate(input: Uint8Array, random: Random, material: Material): Uint8Array {
  let mutant: Uint8Array = input.slice();
  let left = 1;
  while (left < MAX_STEPS && random.chance(0.5)) left += 1;
  for (; left > 0; left--) mutant = random.pick(STEPS)(mutant, random, material);
  return mutant.length > material.maxBytes ? mutant.slice(0, material.maxBytes) : mutant;
}

/** Replaces the bytes from `start` to `end` by `middle`. */
export function spliced(
  input: Uint8Array,
  range: { readonly start: number; readonly end: number },
  middle: Uint8Array,
): Uint8Array {
  const result = new Uint8Array(input.length - (range.end - range.start) + middle.length);
  result.set(input.subarray(0, range.start));
  result.set(middle, range.start);
  result.set(input.subarray(range.end), range.start + middle.length);
  return result;
}

const flipBit: Step = (input, random) => {
  const at = positionIn(input, random);
  if (at < input.length) input[at] = (input[at] as number) ^ (1 << random.between(0, 7));
  return input;
};

const setByte: Step = (input, random) => {
  const at = positionIn(input, random);
  const value = random.chance(0.5) ? random.pick(INTERESTING_BYTES) : random.between(0, 255);
  if (at < input.length) input[at] = value;
  return input;
};

const addToByte: Step = (input, random) => {
  const at = positionIn(input, random);
  if (at < input.length) input[at] = (input[at] as number) + random.between(-8, 8);
  return input;
};

const setInteger: Step = (input, random) => {
  const width = random.pick([2, 4, 8]);
  if (input.length < width) return input;
  const data = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const at = random.between(0, input.length - width);
  const value = random.pick(INTERESTING_WORDS);
  if (width === 2) data.setUint16(at, value);
  else data.setUint32(at, value);
  if (width === 8) data.setUint32(at + 4, random.pick(INTERESTING_WORDS));
  return input;
};

/** Treats four bytes, or one, as a length: a little more or less, and sometimes the bytes to match. */
const tweakLength: Step = (input, random, material) => {
  const width = random.pick([1, 4]);
  if (input.length < width) return input;
  const data = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const at = Math.min(positionIn(input, random), input.length - width);
  const length = width === 1 ? data.getUint8(at) : data.getUint32(at);
  const change = random.pick([-32, -8, -1, 1, 2, 8, 32, 64]);
  if (length + change < 0) return input;
  if (width === 1) data.setUint8(at, length + change);
  else data.setUint32(at, length + change);
  if (random.chance(0.3)) return input;
  const first = at + width;
  const end = Math.min(input.length, first + length);
  if (change < 0) {
    const start = random.between(first, Math.max(first, end + change));
    return spliced(input, { start, end: Math.min(end, start - change) }, new Uint8Array(0));
  }
  if (input.length + change > material.maxBytes) return input;
  const start = random.chance(0.5) ? end : random.between(first, end);
  const added = new Uint8Array(change).fill(random.chance(0.5) ? 0 : random.between(0, 255));
  return spliced(input, { start, end: start }, added);
};

const removeRange: Step = (input, random) => {
  const range = rangeIn(input, random);
  return spliced(input, range, new Uint8Array(0));
};

const duplicateRange: Step = (input, random) => {
  const { start, end } = rangeIn(input, random);
  return spliced(input, { start: end, end }, input.slice(start, end));
};

/** One element more or fewer of a list, and a count or a bit of a bitmap to match. */
const changeUnit: Step = (input, random) => {
  const unit = random.pick([8, 32, 64]);
  if (input.length <= unit) return input;
  const place = positionIn(input, random);
  if (random.chance(0.5)) input[place] = (input[place] as number) + random.pick([-1, 1]);
  else input[place] = (input[place] as number) ^ (1 << random.between(0, 7));
  const start = random.between(0, input.length - unit);
  const end = start + unit;
  if (random.chance(0.5)) return spliced(input, { start, end }, new Uint8Array(0));
  return spliced(input, { start: end, end }, input.slice(start, end));
};

const copyRange: Step = (input, random) => {
  const { start, end } = rangeIn(input, random);
  input.copyWithin(positionIn(input, random), start, end);
  return input;
};

const insertBytes: Step = (input, random) => {
  const start = random.between(0, input.length);
  const added = new Uint8Array(random.pick([1, 1, 2, 4, 8, 32, 64, 65]));
  if (random.chance(0.7)) added.fill(random.between(0, 255));
  else for (let at = 0; at < added.length; at++) added[at] = random.between(0, 255);
  return spliced(input, { start, end: start }, added);
};

/** The other case for all letters, or for those of a range. */
const swapCase: Step = (input, random) => {
  const { start, end } = random.chance(0.5)
    ? { start: 0, end: input.length }
    : rangeIn(input, random);
  for (let at = start; at < end; at++) {
    const upper = (input[at] as number) & ~0x20;
    if (upper >= 0x41 && upper <= 0x5a) input[at] = (input[at] as number) ^ 0x20;
  }
  return input;
};

const putWord: Step = (input, random, { words }) => {
  if (words.length === 0) return flipBit(input, random, { corpus: [], words, maxBytes: 0 });
  const word = random.pick(words);
  const start = random.between(0, input.length);
  const end = random.chance(0.5) ? start : Math.min(input.length, start + word.length);
  return spliced(input, { start, end }, word);
};

const spliceWithOther: Step = (input, random, { corpus }) => {
  const other = corpus.length === 0 ? input : random.pick(corpus);
  const taken = rangeIn(other, random);
  const start = random.between(0, input.length);
  const end = random.pick([start, Math.min(input.length, start + taken.end - taken.start)]);
  return spliced(input, { start, end }, other.slice(taken.start, taken.end));
};

const crossOver: Step = (input, random, { corpus }) => {
  const other = corpus.length === 0 ? input : random.pick(corpus);
  const at = random.between(0, Math.min(input.length, other.length));
  return spliced(input, { start: at, end: input.length }, other.slice(at));
};

const STEPS: readonly Step[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  addToByte,
  setInteger,
  tweakLength,
  removeRange,
  duplicateRange,
  changeUnit,
  changeUnit,
  copyRange,
  insertBytes,
  swapCase,
  putWord,
  putWord,
  spliceWithOther,
  crossOver,
];

/** Headers and counts come first, so half of all positions are among the first bytes. */
function positionIn(input: Uint8Array, random: Random): number {
  const last = Math.max(0, input.length - 1);
  return random.between(0, random.chance(0.5) ? Math.min(last, 191) : last);
}

function rangeIn(input: Uint8Array, random: Random): { start: number; end: number } {
  const start = random.between(0, input.length);
  const longest = random.chance(0.5) ? 16 : input.length;
  return { start, end: Math.min(input.length, start + random.between(0, longest)) };
}
