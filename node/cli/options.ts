// Options that several commands share and the readers of their values. Loaded with every command: imports nothing heavy.

import { InvalidArgumentError, Option } from "commander";

const DEFAULT_RPC = "http://127.0.0.1:4000";
const MAX_AMOUNT = (1n << 64n) - 1n;

/** `--rpc`, the node that a client command asks. */
export function rpcOption(): Option {
  return new Option("--rpc <url>", "the node to ask")
    .env("QUORATE_RPC")
    .argParser(urlOption)
    .default(DEFAULT_RPC);
}

function urlOption(text: string): string {
  const isUrl = /^https?:\/\//i.test(text) && URL.canParse(text);
  if (isUrl) return text;
  throw new InvalidArgumentError(`Give the URL of a node, such as ${DEFAULT_RPC}.`);
}

/** For `argParser`: an amount in the ledger's smallest unit. */
export function amountOption(text: string): bigint {
  const value = /^[0-9]{1,20}$/.test(text) ? BigInt(text) : MAX_AMOUNT + 1n;
  if (value > MAX_AMOUNT) throw new InvalidArgumentError("Give a whole number, at most 2^64-1.");
  return value;
}

/** For `argParser`: a whole number within bounds. */
export function integerOption({ min, max }: { readonly min: number; readonly max: number }) {
  return (text: string): number => {
    const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** For `argParser`: seconds, fractions allowed. */
export function secondsOption(text: string): number {
  const value = /^[0-9]{1,9}(?:\.[0-9]{1,6})?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError("Give a number of seconds above 0, such as 30 or 2.5.");
}

/** For whatever makes a genesis. */
export function leadersOption(): Option {
  const choices = ["round-robin", "reputation"];
  return new Option("--leaders <choice>", "who leads a view").choices(choices);
}
