// genesis.json: what people read and hand round. Strict both ways: `parseGenesis` accepts one spelling of each value and
// knows every key, and gives back what `genesisJson` wrote. Ranges stand beside each key.

import { z } from "zod";
import {
  ByteMap,
  formatAddress,
  fromHex,
  MAX_VALIDATORS,
  parseAddress,
  publicKey,
  toHex,
} from "../../crypto/index.ts";
import {
  GENESIS_VERSION,
  type Genesis,
  LEADERS,
  MAX_GENESIS_ACCOUNTS,
  MAX_PARAMETERS_BYTES,
  MAX_POWER,
  NAME_PATTERN,
} from "../chain/index.ts";
import {
  integerIn,
  type JsonRefusal,
  listOf,
  parseStrictJson,
  strictObject,
  textLike,
} from "../config/index.ts";
import { MAX_TRANSACTION_BYTES } from "../transaction/index.ts";

export type GenesisRefusal =
  | JsonRefusal
  /** A public or network key that stands at `path` and, earlier, at `first`. */
  | { readonly refusal: "duplicate-key"; readonly path: string; readonly first: string }
  | { readonly refusal: "duplicate-address"; readonly path: string; readonly first: string }
  /** `supply` is what the balances come to, `limit` the most they may. */
  | {
      readonly refusal: "supply-too-large";
      readonly path: string;
      readonly supply: bigint;
      readonly limit: bigint;
    }
  | {
      readonly refusal: "heartbeat-too-fast";
      readonly path: string;
      readonly emptyBlockIntervalMs: number;
      readonly blockIntervalMs: number;
    };

export type ParsedGenesis =
  | { readonly ok: true; readonly genesis: Genesis }
  | ({ readonly ok: false } & GenesisRefusal);

const MAX_AMOUNT = (1n << 64n) - 1n;
const MAX_DELAY_MS = 600_000;
const MAX_BLOCK_TRANSACTIONS = 16_384;
/** A block travels in messages that peers refuse above 4 MiB. */
const MAX_BLOCK_BYTES = 2 * 1024 * 1024;

const DECIMAL_PATTERN = /^(?:0|[1-9][0-9]{0,19})$/;

function amountFrom(least: bigint) {
  const expected = `a decimal string in ${least}..${MAX_AMOUNT}`;
  return textLike(DECIMAL_PATTERN, expected)
    .transform(BigInt)
    .refine((amount) => amount >= least && amount <= MAX_AMOUNT, { error: expected });
}

const key = textLike(/^0x[0-9a-f]{64}$/, "a key: 0x and 64 lower-case hex digits").transform(
  (text) => publicKey(fromHex(text) ?? new Uint8Array(0)),
);

const chainName = textLike(NAME_PATTERN, "1..32 of a-z, 0-9 and -, a letter first");

const EXPECTED_PARAMETERS = `0x-hex of at most ${MAX_PARAMETERS_BYTES} bytes`;
const parameterBytes = textLike(/^0x(?:[0-9a-f]{2})*$/, EXPECTED_PARAMETERS)
  .transform((text) => fromHex(text) ?? new Uint8Array(0))
  .refine(({ length }) => length <= MAX_PARAMETERS_BYTES, { error: EXPECTED_PARAMETERS });

const EXPECTED_ADDRESS = "an address: qr1..., bech32m, lower case";

const accountAddress = z.string({ error: EXPECTED_ADDRESS }).transform((text, context) => {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  context.issues.push({ code: "custom", message: EXPECTED_ADDRESS, input: text });
  return z.NEVER;
});

const genesisSchema = strictObject({
  version: z.literal(GENESIS_VERSION, { error: `the number ${GENESIS_VERSION}` }),
  name: chainName,
  genesisTimeMs: integerIn(0, Number.MAX_SAFE_INTEGER),
  validators: listOf(
    strictObject({ publicKey: key, networkKey: key, power: integerIn(1, MAX_POWER) }),
    { least: 1, most: MAX_VALIDATORS },
  ),
  accounts: listOf(strictObject({ address: accountAddress, balance: amountFrom(1n) }), {
    least: 0,
    most: MAX_GENESIS_ACCOUNTS,
  }),
  consensus: strictObject({
    baseTimeoutMs: integerIn(10, MAX_DELAY_MS),
    blockIntervalMs: integerIn(0, MAX_DELAY_MS),
    emptyBlockIntervalMs: integerIn(1, MAX_DELAY_MS),
    maxBlockTransactions: integerIn(1, MAX_BLOCK_TRANSACTIONS),
    maxBlockBytes: integerIn(MAX_TRANSACTION_BYTES, MAX_BLOCK_BYTES),
    maxClockDriftMs: integerIn(1, MAX_DELAY_MS),
    leaders: z.enum(LEADERS, { error: '"round-robin" or "reputation"' }),
  }),
  ledger: strictObject({
    minFee: amountFrom(0n),
    fees: z.enum(["burn", "proposer"], { error: '"burn" or "proposer"' }),
  }),
  application: strictObject({ name: chainName, parameters: parameterBytes }),
});

export function parseGenesis(text: string): ParsedGenesis {
  const parsed = parseStrictJson(genesisSchema, text);
  if (!parsed.ok) return parsed;
  const genesis: Genesis = parsed.value;
  const refusal = contradictionIn(genesis);
  return refusal === undefined ? { ok: true, genesis } : { ok: false, ...refusal };
}

/** The file's text, with a newline at its end. */
export function genesisJson(genesis: Genesis): string {
  const { validators, accounts, ledger, application } = genesis;
  const form: z.input<typeof genesisSchema> = {
    version: genesis.version,
    name: genesis.name,
    genesisTimeMs: genesis.genesisTimeMs,
    validators: validators.map(({ publicKey, networkKey, power }) => ({
      publicKey: toHex(publicKey),
      networkKey: toHex(networkKey),
      power,
    })),
    accounts: accounts.map(({ address, balance }) => ({
      address: formatAddress(address),
      balance: balance.toString(),
    })),
    consensus: { ...genesis.consensus },
    ledger: { minFee: ledger.minFee.toString(), fees: ledger.fees },
    application: { name: application.name, parameters: toHex(application.parameters) },
  };
  return `${JSON.stringify(form, undefined, 2)}\n`;
}

/** What no single value shows. */
function contradictionIn(genesis: Genesis): GenesisRefusal | undefined {
  const { blockIntervalMs, emptyBlockIntervalMs } = genesis.consensus;
  if (emptyBlockIntervalMs < blockIntervalMs) {
    const path = "consensus.emptyBlockIntervalMs";
    return { refusal: "heartbeat-too-fast", path, emptyBlockIntervalMs, blockIntervalMs };
  }
  return repeatedKeyIn(genesis) ?? faultIn(genesis.accounts);
}

function repeatedKeyIn({ validators }: Genesis): GenesisRefusal | undefined {
  const seen = new ByteMap<string>();
  for (const [index, validator] of validators.entries()) {
    for (const role of ["publicKey", "networkKey"] as const) {
      const path = `validators[${index}].${role}`;
      const first = seen.get(validator[role]);
      if (first !== undefined) return { refusal: "duplicate-key", path, first };
      seen.set(validator[role], path);
    }
  }
  return undefined;
}

function faultIn(accounts: Genesis["accounts"]): GenesisRefusal | undefined {
  const seen = new ByteMap<string>();
  let supply = 0n;
  for (const [index, { address, balance }] of accounts.entries()) {
    const path = `accounts[${index}].address`;
    const first = seen.get(address);
    if (first !== undefined) return { refusal: "duplicate-address", path, first };
    seen.set(address, path);
    supply += balance;
  }
  if (supply <= MAX_AMOUNT) return undefined;
  return { refusal: "supply-too-large", path: "accounts", supply, limit: MAX_AMOUNT };
}
