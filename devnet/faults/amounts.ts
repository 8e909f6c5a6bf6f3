// Amounts as people write them: durations, per cent and data rates, each with its unit.

import { nearest } from "./nearest.ts";

export type Amount =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly what: string; readonly nearest?: string };

const MS_PER_HOUR = 3_600_000;
/** Smallest first; `formatDuration` takes the largest that fits. */
const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", MS_PER_HOUR],
]);
const RATE_UNITS: ReadonlyMap<string, number> = new Map([
  ["kB/s", 1],
  ["MB/s", 1000],
]);
const PERCENT_UNITS: ReadonlyMap<string, number> = new Map([["%", 1]]);

/** Nobody may write them, but whoever does means these. */
const SPELT_OUT: ReadonlyMap<string, string> = new Map([
  ["milliseconds", "ms"],
  ["seconds", "s"],
  ["minutes", "m"],
  ["hours", "h"],
  ["percent", "%"],
]);

const AMOUNT = /^(\d{1,12}(?:\.\d{1,3})?)(.{0,16})$/;
const MAX_SHOWN = 32;
/** Below the smallest thing that can be said in three decimals. */
const ROUNDING = 1e-6;

export const MAX_DURATION_MS = 24 * MS_PER_HOUR;
export const MAX_KILOBYTES_PER_SECOND = 1_000_000;

/** "250ms", "2s", "1.5m", "1h": whole milliseconds, 0 to 24 h; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const read = readDuration(text);
  return read.ok ? read.value : undefined;
}

export function readDuration(text: string): Amount {
  const read = readAmount(text, DURATION_UNITS, "a duration such as 250ms or 2s");
  if (!read.ok) return read;
  const value = Math.round(read.value);
  if (Math.abs(value - read.value) > ROUNDING) {
    return { ok: false, what: `${quoted(text)} is finer than a millisecond` };
  }
  if (value > MAX_DURATION_MS) return { ok: false, what: `${quoted(text)} is more than 24 h` };
  return { ok: true, value };
}

/** 0% to 100%, up to three decimals. */
export function readPercent(text: string): Amount {
  const read = readAmount(text, PERCENT_UNITS, "a share such as 10%");
  if (read.ok && read.value > 100) {
    return { ok: false, what: `${quoted(text)} is more than 100%` };
  }
  return read;
}

/** In kilobytes (1,000 bytes) a second; more than none. */
export function readRate(text: string): Amount {
  const read = readAmount(text, RATE_UNITS, "a rate such as 50kB/s");
  if (read.ok && read.value > MAX_KILOBYTES_PER_SECOND) {
    return { ok: false, what: `${quoted(text)} is more than ${MAX_KILOBYTES_PER_SECOND}kB/s` };
  }
  if (read.ok && read.value === 0) {
    return { ok: false, what: "a rate of 0 lets nothing through: cut the link instead" };
  }
  return read;
}

/** The shortest way to write it: 2000 as "2s". */
export function formatDuration(ms: number): string {
  const units = [...DURATION_UNITS].reverse();
  const [unit, factor] = units.find(([, size]) => ms !== 0 && ms % size === 0) ?? ["ms", 1];
  return `${ms / factor}${unit}`;
}

/** A stranger's word as it may stand in a message: cut off, control characters escaped. */
export function quoted(word: string, maxCharacters = MAX_SHOWN): string {
  const isLong = word.length > maxCharacters;
  return JSON.stringify(isLong ? `${word.slice(0, maxCharacters)}…` : word);
}

function readAmount(text: string, units: ReadonlyMap<string, number>, expected: string): Amount {
  const [, number, unit] = text.match(AMOUNT) ?? [];
  if (number === undefined || unit === undefined) {
    return { ok: false, what: `${quoted(text)} is not ${expected}` };
  }
  const factor = units.get(unit);
  if (factor !== undefined) return { ok: true, value: clean(Number(number) * factor) };
  const names = [...units.keys()];
  const spelt = [...SPELT_OUT].filter(([, name]) => units.has(name)).map(([long]) => long);
  const meant = nearest(unit, [...names, ...spelt]) ?? `${names[0]}`;
  const near = SPELT_OUT.get(meant) ?? meant;
  const what = unit === "" ? "has no unit" : `has the unknown unit ${quoted(unit)}`;
  const known = names.length === 1 ? `write ${names[0]}` : `units are ${names.join(", ")}`;
  return { ok: false, what: `${quoted(text)} ${what}; ${known}`, nearest: `${number}${near}` };
}

/** 1.001 * 1000 is not quite 1001. */
function clean(value: number): number {
  return Math.round(value * 1000) / 1000;
}
