// Keys and values of the state for people: what kind of thing it is, and its fields where the ledger knows them.

import {
  type Address,
  address,
  type Codec,
  decode,
  formatAddress,
  toHex,
} from "../../crypto/index.ts";
import {
  APPLICATION_KEY_KIND,
  accountCodec,
  LAST_BLOCK_KEY,
  lastBlockCodec,
  leaseCodec,
  readStoredValue,
  recordCodec,
} from "../ledger/index.ts";

/** The longest text or hex of a value for people; JSON has it whole. */
const MAX_SHOWN_BYTES = 64;
const ACCOUNT_KIND = 0x61;
const LEASE_KIND = 0x6c;
const RECORD_KIND = 0x72;

/** Such as `account qr1...` or `application key "tally/7"`. */
export function readableKey(key: Uint8Array): string {
  const rest = key.subarray(1);
  switch (key[0]) {
    case ACCOUNT_KIND:
      return `account ${formatAddress(address(rest))}`;
    case RECORD_KIND:
      return `record ${textOrHex(rest)}`;
    case LEASE_KIND:
      return `lease ${textOrHex(rest)}`;
    case APPLICATION_KEY_KIND:
      return `application key ${textOrHex(rest)}`;
    case LAST_BLOCK_KEY[0]:
      return "the ledger's own note of the last block";
    default:
      return `key ${toHex(key)}`;
  }
}

/** What stands there, from the bytes that storage keeps. */
export function readableValue(key: Uint8Array, stored: Uint8Array): string {
  const entry = readStoredValue(stored);
  if (entry === undefined) return `${shortHex(stored)} (not as the ledger stores values)`;
  const { slot, value } = entry;
  return `${readableContent(key, value)} in slot ${slot}`;
}

function readableContent(key: Uint8Array, value: Uint8Array): string {
  const codec = codecFor(key);
  const decoded = codec && decode(codec, value);
  if (decoded?.ok) return readableFields(decoded.value);
  return textOrHex(value);
}

function codecFor(key: Uint8Array): Codec<object> | undefined {
  switch (key[0]) {
    case ACCOUNT_KIND:
      return accountCodec as Codec<object>;
    case RECORD_KIND:
      return recordCodec as Codec<object>;
    case LEASE_KIND:
      return leaseCodec as Codec<object>;
    case LAST_BLOCK_KEY[0]:
      return lastBlockCodec as Codec<object>;
    default:
      return undefined;
  }
}

function readableFields(fields: object): string {
  return Object.entries(fields)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name} ${readableField(name, field)}`)
    .join(", ");
}

function readableField(name: string, field: unknown): string {
  if (field instanceof Uint8Array) {
    if (name === "owner" || name === "holder") return formatAddress(field as Address);
    return textOrHex(field);
  }
  if (typeof field === "object" && field !== null) return `(${readableFields(field)})`;
  return String(field);
}

/** Text where every byte is a printable character. */
function textOrHex(bytes: Uint8Array): string {
  const isText = bytes.length > 0 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  if (!isText) return shortHex(bytes);
  const text = String.fromCharCode(...bytes.subarray(0, MAX_SHOWN_BYTES));
  return bytes.length > MAX_SHOWN_BYTES ? `"${text}..." (${bytes.length} bytes)` : `"${text}"`;
}

function shortHex(bytes: Uint8Array): string {
  if (bytes.length <= MAX_SHOWN_BYTES) return toHex(bytes);
  return `${toHex(bytes.subarray(0, MAX_SHOWN_BYTES))}... (${bytes.length} bytes)`;
}
