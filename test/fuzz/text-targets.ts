// What people and other programs write: hex, addresses, key files, genesis and configuration as JSON, requests of the
// HTTP interface, and what a client reads of a node's answers.

import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { bech32m } from "@scure/base";
import type { z } from "zod";
import { equalBytes, formatAddress, fromHex, parseAddress, toHex } from "../../crypto/index.ts";
import { formatKeyRecord, parseKeyRecord } from "../../crypto/native/key-file-format.ts";
import {
  readAccount,
  readBatch,
  readBlock,
  readStatus,
  readTransaction,
} from "../../node/client/answers.ts";
import { configSchema } from "../../node/config/config-file.ts";
import { parseStrictJson } from "../../node/config/index.ts";
import { describeGenesisRefusal, genesisJson, parseGenesis } from "../../node/genesis/index.ts";
import { encodeFrames } from "../../node/network/framing.ts";
import { DEFAULT_RPC_LIMITS } from "../../node/rpc/limits.ts";
import { bytesOfHex } from "../../node/rpc/presentation.ts";
import { batchItems, checked, transactionBytes } from "../../node/rpc/request.ts";
import {
  accountParams,
  blockParams,
  submitQuery,
  transactionParams,
} from "../../node/rpc/schemas.ts";
import { addressText, genesis, keyOf } from "../node/genesis/fixtures.ts";
import { must, type Target } from "./target.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whatever the bytes are, they are some text. */
function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input);
}

const JSON_WORDS = [
  ...['{"', '":', ",", "[", "]", "{", "}", "null", "true", "false", '""', "{}", "[]", "-0", "1e3"],
  ...["-1", "0", "1.5", "1e999", "9007199254740992", "18446744073709551616", '"__proto__":1,'],
  ...['"constructor":', '"toString":', "\\u0000", '"0x', "\\ud800", '"qr1', "[[[[[[[[", "\ufeff"],
].map(bytes);

const hexTarget: Target = {
  name: "hex",
  seeds: () => ["0x", "0x00ff", toHex(keyOf(3))].map(bytes),
  words: ["0x", "0X", "ff", "FF", "\n", "g"].map(bytes),
  check: (input) => {
    const text = textOf(input);
    const read = fromHex(text);
    const quick = bytesOfHex(text);
    must((read === undefined) === (quick === undefined), "both readings of hex agree");
    if (read === undefined || quick === undefined) return "refused";
    must(toHex(read) === text, "hex is the only spelling");
    must(equalBytes(read, quick), "both readings of hex agree");
    return "accepted";
  },
};

const ADDRESS_BYTES = 20;

/** The text itself; or, after a zero byte, an address with the right sum over bytes of any number. */
function addressTextOf(input: Uint8Array): string {
  if (input[0] !== 0) return textOf(input);
  return bech32m.encode("qr", bech32m.toWords(input.subarray(1)), false);
}

const addressTarget: Target = {
  name: "address",
  seeds: () => [
    ...[1, 8, 9].map((byte) => bytes(addressText(byte))),
    Uint8Array.of(0, ...new Uint8Array(ADDRESS_BYTES).fill(3)),
  ],
  maxBytes: 256,
  words: ["qr1", "QR1", "qr", "1", "q", " "].map(bytes),
  check: (input) => {
    const text = addressTextOf(input);
    const parsed = parseAddress(text);
    if (!parsed.ok) return `refused ${parsed.refusal}`;
    must(formatAddress(parsed.value) === text, "an address has one spelling");
    return "accepted";
  },
};

const sealed = {
  cipher: "scrypt-aes-256-gcm",
  publicKey: keyOf(1),
  salt: new Uint8Array(32),
  N: 2 ** 15,
  r: 8,
  p: 1,
  iv: new Uint8Array(12),
  tag: new Uint8Array(16),
  ciphertext: new Uint8Array(32),
} as const;
const PLAIN_KEY_FILE = `{"version":1,"kind":"ed25519","publicKey":"${toHex(keyOf(1))}","cipher":"none","secretKey":"${toHex(keyOf(2))}"}`;

const keyFileTarget: Target = {
  name: "key-file",
  seeds: () => [formatKeyRecord(sealed), PLAIN_KEY_FILE].map(bytes),
  words: [
    ...['"N":1073741824,', '"r":99999,', '"p":5,', '"__proto__":1,', "none", "null", "-0", "1e5"],
    ...[",", "{", "}", '"'],
  ].map(bytes),
  check: (input) => {
    const record = parseKeyRecord(textOf(input));
    if (typeof record === "string") return `refused ${record.replaceAll(/".*"/g, "a field")}`;
    const again = parseKeyRecord(formatKeyRecord(record));
    must(typeof again !== "string", "what was read can be written and read again");
    must(formatKeyRecord(again) === formatKeyRecord(record), "what is written again is the same");
    if (record.cipher === "none") return "accepted plain";
    const { N, r, p } = record;
    must(128 * N * r <= 2 ** 28 && p <= 4, "a file cannot ask for more than 256 MiB");
    must(N >= 2 ** 15 && r >= 1 && p >= 1, "a file cannot ask for a weak key");
    return "accepted sealed";
  },
};

/** The path too, unless the input itself makes it up. */
function refusalOf({ refusal, path }: { readonly refusal: string; readonly path: string }): string {
  const place = refusal === "unknown-key" ? "" : path.replaceAll(/[0-9]+/g, "");
  return `refused ${refusal} ${place}`;
}

const genesisTarget: Target = {
  name: "genesis-json",
  maxBytes: 8_192,
  seeds: () => [genesis, { ...genesis, accounts: [] }].map((each) => bytes(genesisJson(each))),
  words: JSON_WORDS,
  check: (input) => {
    const parsed = parseGenesis(textOf(input));
    if (!parsed.ok) {
      const { ok: _, ...refusal } = parsed;
      must(describeGenesisRefusal(refusal).length > 0, "each refusal has its sentence");
      return refusalOf(refusal);
    }
    const text = genesisJson(parsed.genesis);
    const again = parseGenesis(text);
    must(again.ok, "what was read can be written and read again");
    must(genesisJson(again.genesis) === text, "what is written again is the same");
    const named = JSON.parse(textOf(input)) as object;
    must(Object.keys(named).length === 8, "a genesis has no key that nobody knows");
    return "accepted";
  },
};

const CONFIG = {
  validatorKey: "validator.key",
  rpc: { host: "0.0.0.0", port: 4000 },
  p2p: { peers: [{ index: 1, addresses: ["/dns4/v1.example/tcp/5000", "/ip6/::1/tcp/1"] }] },
  log: { level: "debug" },
  pool: { maxCount: 10 },
};

const configTarget: Target = {
  name: "config-json",
  seeds: () => ["{}", JSON.stringify(CONFIG)].map(bytes),
  words: [...JSON_WORDS, bytes("/ip4/"), bytes("/tcp/"), bytes('"verifyWorkers":')],
  check: (input) => {
    const parsed = parseStrictJson(configSchema, textOf(input));
    if (!parsed.ok) return refusalOf(parsed);
    const again = parseStrictJson(configSchema, JSON.stringify(parsed.value));
    must(again.ok, "a configuration with its defaults is a configuration");
    const { rpc, verifyWorkers } = parsed.value;
    must(Number.isInteger(rpc.port) && rpc.port <= 65_535, "a port is a port");
    must(verifyWorkers >= 0 && verifyWorkers <= 64, "threads are bounded");
    return "accepted";
  },
};

/** The first byte says what the client announced, the rest is the body, in pieces of the second byte's size. */
function incoming(input: Uint8Array, media: string): IncomingMessage {
  const body = input.subarray(1);
  const size = 1 + 16 * (input[0] ?? 0);
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += size)
    pieces.push(Buffer.from(body.slice(at, at + size)));
  return Object.assign(Readable.from(pieces, { objectMode: false }), {
    headers: { "content-type": media },
  }) as unknown as IncomingMessage;
}

const BODY_LIMITS = { ...DEFAULT_RPC_LIMITS, maxBatchTransactions: 4, maxBatchBytes: 1_024 };

const RAW = "application/octet-stream";

function bodyTarget(name: string, media: string, seeds: readonly Uint8Array[]): Target {
  return {
    name,
    seeds: () => seeds.map((seed) => Uint8Array.of(255, ...seed)),
    words: JSON_WORDS,
    check: async (input) => {
      const one = await transactionBytes(incoming(input, media));
      const many = await batchItems(incoming(input, media), BODY_LIMITS);
      for (const outcome of [one, many]) {
        if (!outcome.ok) must(typeof outcome.problem.code === "string", "a refusal has a code");
      }
      if (!many.ok) return one.ok ? "accepted as one" : `refused ${many.problem.code}`;
      must(many.value.length >= 1 && many.value.length <= 4, "a batch has a bounded size");
      const items = many.value.flatMap((item) => (item.ok ? [item.value] : []));
      if (media === RAW && items.length === many.value.length) {
        must(equalBytes(encodeFrames(items), input.subarray(1)), "a batch is its items in order");
      }
      return `accepted ${many.value.length} ${many.value.every(({ ok }) => ok)}`;
    },
  };
}

const SCHEMAS: readonly z.ZodType[] = [
  transactionParams,
  accountParams,
  blockParams,
  submitQuery(DEFAULT_RPC_LIMITS),
];

/** A query or parameters are texts by name; here any JSON is tried in their place. */
const requestTarget: Target = {
  name: "rpc-parameters",
  seeds: () =>
    [
      { hash: toHex(keyOf(1)) },
      { address: addressText(1) },
      { selector: "latest" },
      { selector: "12" },
      { wait: "final", timeoutMs: "500" },
    ].map((each) => bytes(JSON.stringify(each))),
  words: [...JSON_WORDS, bytes('"latest"'), bytes('"selector"'), bytes('"wait"')],
  check: (input) => {
    const given = jsonOf(input);
    if (given === undefined) return "refused as JSON";
    const words = SCHEMAS.map((schema) => {
      const outcome = checked(schema, given.value);
      if (outcome.ok) return "ok";
      must(outcome.problem.code === "INVALID_REQUEST", "a refusal has its code");
      return "no";
    });
    return `${words.includes("ok") ? "accepted" : "refused"} ${words.join(" ")}`;
  },
};

const READERS = [readStatus, readAccount, readTransaction, readBatch, readBlock];
const STATUS = {
  chainId: "0x00",
  version: "0.1.0",
  height: 3,
  view: 4,
  finalized: { height: 3, hash: "0x", stateRoot: "0x" },
  validators: [{ publicKey: "0x", power: 1 }],
  peers: [{ connected: true }],
  pool: { count: 0, bytes: 0 },
};

/** The client turns these errors into a BAD_ANSWER; a SyntaxError is BigInt's word for a text that is no number. */
const clientTarget: Target = {
  name: "client-answers",
  seeds: () =>
    [
      STATUS,
      { address: "qr1", balance: "12", nonce: 3 },
      { hash: "0x", state: "final", receipt: { height: 3, result: "ok" } },
      { results: [{ hash: "0x", state: "pending" }, { problem: { status: 400, code: "NO" } }] },
      { height: 3, hash: "0x", transactions: ["0x"] },
    ].map((each) => bytes(JSON.stringify(each))),
  words: [...JSON_WORDS, bytes('"state"'), bytes('"final"'), bytes('"status"')],
  check: (input) => {
    const given = jsonOf(input);
    if (given === undefined) return "refused as JSON";
    const words = READERS.map((read) => {
      try {
        read(given.value);
        return "ok";
      } catch (error) {
        must(error instanceof TypeError || error instanceof SyntaxError, "a bad answer says why");
        return "no";
      }
    });
    return `${words.includes("ok") ? "accepted" : "refused"} ${words.join(" ")}`;
  },
};

function jsonOf(input: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(textOf(input)) };
  } catch {
    // No JSON, and so nothing that these would be given.
    return undefined;
  }
}

export const TEXT_TARGETS: readonly Target[] = [
  hexTarget,
  addressTarget,
  keyFileTarget,
  genesisTarget,
  configTarget,
  bodyTarget("rpc-json-body", "application/json", [
    bytes('{"tx":"0x00ff"}'),
    bytes('{"txs":["0x00","0xff"]}'),
  ]),
  bodyTarget("rpc-raw-body", RAW, [Uint8Array.of(0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9)]),
  requestTarget,
  clientTarget,
];
