// A second reading of node/WIRE.md: what a client needs, written from that page alone, with nothing of ours: SHA-256 and
// Ed25519 of node:crypto, and a DataView. Refusals are thrown as their names.

import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

export type Bytes = Uint8Array;

export class Refused extends Error {}

export function refuse(refusal: string): never {
  throw new Refused(refusal);
}

// Section 1.

export function unhex(text: string): Bytes {
  return Uint8Array.from(Buffer.from(text.slice(2), "hex"));
}

export function hex(bytes: Bytes): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

export function join(...parts: readonly Bytes[]): Bytes {
  return Uint8Array.from(Buffer.concat(parts));
}

export function same(left: Bytes, right: Bytes): boolean {
  return Buffer.compare(left, right) === 0;
}

export function uint(bytes: number, value: number | bigint): Bytes {
  const data = new DataView(new ArrayBuffer(8));
  data.setBigUint64(0, BigInt(value));
  return new Uint8Array(data.buffer).slice(8 - bytes);
}

export function lengthAnd(value: Bytes): Bytes {
  return join(uint(4, value.length), value);
}

export class Cursor {
  readonly #bytes: Bytes;
  readonly #data: DataView;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(count: number): Bytes {
    if (this.#at + count > this.#bytes.length) refuse("truncated");
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }

  uint8(): number {
    return this.take(1)[0] as number;
  }

  uint16(): number {
    this.take(2);
    return this.#data.getUint16(this.#at - 2);
  }

  uint32(): number {
    this.take(4);
    return this.#data.getUint32(this.#at - 4);
  }

  uint64(): bigint {
    this.take(8);
    return this.#data.getBigUint64(this.#at - 8);
  }

  uint53(): number {
    const value = this.uint64();
    if (value >= 2n ** 53n) refuse("out-of-range");
    return Number(value);
  }

  bytes(max: number): Bytes {
    const length = this.uint32();
    if (length > max) refuse("too-long");
    return this.take(length);
  }

  list<T>(max: number, element: () => T): T[] {
    const count = this.uint32();
    if (count > max) refuse("too-long");
    return Array.from({ length: count }, element);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) refuse("trailing-bytes");
  }
}

/** The whole of `bytes`, or `malformed`. */
export function whole<T>(bytes: Bytes, read: (cursor: Cursor) => T): T {
  const cursor = new Cursor(bytes);
  try {
    const value = read(cursor);
    cursor.end();
    return value;
  } catch (error) {
    if (error instanceof Refused) refuse("malformed");
    throw error;
  }
}

// Section 2.

export function sha256(...parts: readonly Bytes[]): Bytes {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

export function domainOf(name: string): Bytes {
  return join(uint(1, name.length), Buffer.from(name, "ascii"));
}

export function hashIn(name: string, ...content: readonly Bytes[]): Bytes {
  return sha256(domainOf(name), ...content);
}

// Section 3.

export function signed(seed: Bytes, publicKey: Bytes, message: Bytes): Bytes {
  const d = Buffer.from(seed).toString("base64url");
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPrivateKey({ key: { kty: "OKP", crv: "Ed25519", d, x }, format: "jwk" });
  return Uint8Array.from(sign(null, message, key));
}

export function verifies(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, message, key, signature);
}

export function addressOf(publicKey: Bytes): Bytes {
  return hashIn("quorate/address/1", publicKey).slice(0, 20);
}

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** BIP-350. */
export function addressText(address: Bytes): string {
  const bits = [...address].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const words = (bits.match(/.{5}/g) ?? []).map((word) => Number.parseInt(word, 2));
  const prefix = [3, 3, 0, "q".charCodeAt(0) & 31, "r".charCodeAt(0) & 31];
  let check = 1;
  for (const value of [...prefix, ...words, 0, 0, 0, 0, 0, 0]) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATORS.entries()) {
      if ((top >> bit) & 1) check ^= generator;
    }
  }
  check ^= 0x2bc830a3;
  const sum = [5, 4, 3, 2, 1, 0].map((place) => (check >> (5 * place)) & 31);
  return `qr1${[...words, ...sum].map((word) => ALPHABET[word]).join("")}`;
}

// Section 4.

type GenesisJson = {
  readonly version: number;
  readonly name: string;
  readonly genesisTimeMs: number;
  readonly validators: readonly {
    readonly publicKey: string;
    readonly networkKey: string;
    readonly power: number;
  }[];
  readonly accounts: readonly { readonly address: string; readonly balance: string }[];
  readonly consensus: Readonly<Record<string, number | string>>;
  readonly ledger: { readonly minFee: string; readonly fees: string };
  readonly application: { readonly name: string; readonly parameters: string };
};

/** `addressBytes` takes texts back to bytes. */
export function genesisBytes(json: GenesisJson, addressBytes: (text: string) => Bytes): Bytes {
  const { consensus } = json;
  const accounts = json.accounts
    .map(({ address, balance }) => join(addressBytes(address), uint(8, BigInt(balance))))
    .sort(Buffer.compare);
  const delays = [
    consensus.baseTimeoutMs,
    consensus.blockIntervalMs,
    consensus.emptyBlockIntervalMs,
    consensus.maxBlockTransactions,
    consensus.maxBlockBytes,
    consensus.maxClockDriftMs,
  ];
  return join(
    uint(1, json.version),
    lengthAnd(Buffer.from(json.name)),
    uint(8, json.genesisTimeMs),
    uint(4, json.validators.length),
    ...json.validators.flatMap(({ publicKey, networkKey, power }) => {
      return [unhex(publicKey), unhex(networkKey), uint(8, power)];
    }),
    uint(4, accounts.length),
    ...accounts,
    ...delays.map((value) => uint(4, Number(value))),
    uint(1, consensus.leaders === "reputation" ? 1 : 0),
    uint(8, BigInt(json.ledger.minFee)),
    uint(1, json.ledger.fees === "proposer" ? 1 : 0),
    lengthAnd(Buffer.from(json.application.name)),
    lengthAnd(unhex(json.application.parameters)),
  );
}

export type Trusted = {
  readonly chainId: Bytes;
  readonly quorumPower: number;
  readonly validators: readonly { readonly publicKey: Bytes; readonly power: number }[];
};

export function trusted(json: GenesisJson, chainId: Bytes): Trusted {
  const validators = json.validators.map(({ publicKey, power }) => {
    return { publicKey: unhex(publicKey), power };
  });
  const total = validators.reduce((sum, { power }) => sum + power, 0);
  return { chainId, validators, quorumPower: total - Math.floor((total - 1) / 3) };
}
