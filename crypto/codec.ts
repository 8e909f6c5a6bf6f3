// The canonical codec: fixed layouts, big-endian integers, bounded lengths. Each value has exactly one encoding, and
// `decode` accepts nothing else: no trailing bytes, no second spelling, no length above its bound.

import { assert } from "./assert.ts";
import {
  ADDRESS_BYTES,
  type Address,
  type Epoch,
  HASH_BYTES,
  type Hash,
  type Height,
  type Nonce,
  PUBLIC_KEY_BYTES,
  type PublicKey,
  SIGNATURE_BYTES,
  type Signature,
  type View,
} from "./brands.ts";

export type DecodeRefusal =
  | "truncated"
  | "trailing-bytes"
  | "too-long"
  | "out-of-range"
  | "unknown-tag";

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: DecodeRefusal };

/** How one type lies in bytes. `write` trusts its value (our bug if it does not fit); `read` trusts nothing. */
export type Codec<T> = {
  readonly write: (writer: Writer, value: T) => void;
  readonly read: (reader: Reader) => T;
};

/** The type that a codec carries. */
export type Encoded<C> = C extends Codec<infer T> ? T : never;

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer();
  codec.write(writer, value);
  return writer.finish();
}

/** The value that `bytes` spell, whole and canonical; else why not. Never throws on input, never aliases it. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): Decoded<T> {
  const reader = new Reader(bytes);
  try {
    const value = codec.read(reader);
    if (reader.remaining !== 0) return { ok: false, refusal: "trailing-bytes" };
    return { ok: true, value };
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, refusal: error.refusal };
    throw error;
  }
}

/** Leaves a `read`; only `decode` catches it. */
class DecodeError extends Error {
  readonly refusal: DecodeRefusal;

  constructor(refusal: DecodeRefusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

// V8's own property: hostile input must not buy a stack trace a message.
const traced = Error as { stackTraceLimit?: number };

/** Ends the decoding under way; for codecs outside this file that check more than the layout. */
export function refuseDecoding(refusal: DecodeRefusal): never {
  const { stackTraceLimit = 0 } = traced;
  traced.stackTraceLimit = 0;
  const error = new DecodeError(refusal);
  traced.stackTraceLimit = stackTraceLimit;
  throw error;
}

const INITIAL_WRITER_BYTES = 256;
const UINT32_RANGE = 0x1_0000_0000;

// A DataView would wrap a number that does not fit, and two values would have one encoding.
function assertInteger(value: number, largest: number): void {
  const fits = Number.isInteger(value) && value >= 0 && value <= largest;
  assert(fits, "an encoded number is whole, not negative, and within its bytes");
}

/** Appends to a buffer that doubles as it fills. */
export class Writer {
  #buffer = new Uint8Array(INITIAL_WRITER_BYTES);
  #data = new DataView(this.#buffer.buffer);
  #length = 0;

  uint8(value: number): void {
    assertInteger(value, 2 ** 8 - 1);
    this.#reserve(1);
    this.#data.setUint8(this.#length, value);
    this.#length += 1;
  }

  uint16(value: number): void {
    assertInteger(value, 2 ** 16 - 1);
    this.#reserve(2);
    this.#data.setUint16(this.#length, value);
    this.#length += 2;
  }

  uint32(value: number): void {
    assertInteger(value, 2 ** 32 - 1);
    this.#reserve(4);
    this.#data.setUint32(this.#length, value);
    this.#length += 4;
  }

  uint53(value: number): void {
    assertInteger(value, Number.MAX_SAFE_INTEGER);
    this.#reserve(8);
    this.#data.setUint32(this.#length, Math.floor(value / UINT32_RANGE));
    this.#data.setUint32(this.#length + 4, value % UINT32_RANGE);
    this.#length += 8;
  }

  uint64(value: bigint): void {
    assert(value >= 0n && value < 1n << 64n, "an encoded amount is in 0..2^64-1");
    this.#reserve(8);
    this.#data.setBigUint64(this.#length, value);
    this.#length += 8;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#buffer.length, this.#length + count));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
    this.#data = new DataView(larger.buffer);
  }
}

/** Reads forward through hostile bytes; every step is bounds-checked and every byte string is a copy. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #data: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // A Buffer's own slice() would alias, so the reader keeps a plain view.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint8(): number {
    return this.#data.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#data.getUint16(this.#advance(2));
  }

  uint32(): number {
    return this.#data.getUint32(this.#advance(4));
  }

  uint53(): number {
    const offset = this.#advance(8);
    const high = this.#data.getUint32(offset);
    if (high >= 1 << 21) refuseDecoding("out-of-range");
    return high * UINT32_RANGE + this.#data.getUint32(offset + 4);
  }

  uint64(): bigint {
    return this.#data.getBigUint64(this.#advance(8));
  }

  bytes(count: number): Uint8Array {
    const offset = this.#advance(count);
    return this.#bytes.slice(offset, offset + count);
  }

  #advance(count: number): number {
    if (count > this.remaining) refuseDecoding("truncated");
    const offset = this.#offset;
    this.#offset += count;
    return offset;
  }
}

export const uint8: Codec<number> = {
  write: (writer, value) => writer.uint8(value),
  read: (reader) => reader.uint8(),
};

export const uint16: Codec<number> = {
  write: (writer, value) => writer.uint16(value),
  read: (reader) => reader.uint16(),
};

export const uint32: Codec<number> = {
  write: (writer, value) => writer.uint32(value),
  read: (reader) => reader.uint32(),
};

/** Eight bytes on the wire, 0 .. 2^53-1 in the program. */
export const uint53: Codec<number> = {
  write: (writer, value) => writer.uint53(value),
  read: (reader) => reader.uint53(),
};

export const uint64: Codec<bigint> = {
  write: (writer, value) => writer.uint64(value),
  read: (reader) => reader.uint64(),
};

export const viewCodec = uint53 as unknown as Codec<View>;
export const heightCodec = uint53 as unknown as Codec<Height>;
export const epochCodec = uint53 as unknown as Codec<Epoch>;
export const nonceCodec = uint53 as unknown as Codec<Nonce>;

/** Exactly `count` bytes, no prefix. */
export function fixedBytes<T extends Uint8Array = Uint8Array>(count: number): Codec<T> {
  return {
    write: (writer, value) => {
      assert(value.length === count, `expected ${count} bytes, got ${value.length}`);
      writer.bytes(value);
    },
    read: (reader) => reader.bytes(count) as T,
  };
}

export const hashCodec: Codec<Hash> = fixedBytes(HASH_BYTES);
export const publicKeyCodec: Codec<PublicKey> = fixedBytes(PUBLIC_KEY_BYTES);
export const signatureCodec: Codec<Signature> = fixedBytes(SIGNATURE_BYTES);
export const addressCodec: Codec<Address> = fixedBytes(ADDRESS_BYTES);

/** A uint32 length, at most `maxLength`, then that many bytes. */
export function variableBytes(maxLength: number): Codec<Uint8Array> {
  return {
    write: (writer, value) => {
      assert(value.length <= maxLength, `at most ${maxLength} bytes, got ${value.length}`);
      writer.uint32(value.length);
      writer.bytes(value);
    },
    read: (reader) => {
      const length = reader.uint32();
      if (length > maxLength) refuseDecoding("too-long");
      return reader.bytes(length);
    },
  };
}

/** A uint32 count, at most `maxCount`, then the elements. */
export function list<T>(element: Codec<T>, maxCount: number): Codec<readonly T[]> {
  return {
    write: (writer, values) => {
      assert(values.length <= maxCount, `at most ${maxCount} elements, got ${values.length}`);
      writer.uint32(values.length);
      for (const value of values) element.write(writer, value);
    },
    read: (reader) => {
      const count = reader.uint32();
      if (count > maxCount) refuseDecoding("too-long");
      const values: T[] = [];
      for (let index = 0; index < count; index++) values.push(element.read(reader));
      return values;
    },
  };
}

/** One byte, 0 or 1, then the value if 1. */
export function optional<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    write: (writer, value) => {
      writer.uint8(value === undefined ? 0 : 1);
      if (value !== undefined) inner.write(writer, value);
    },
    read: (reader) => {
      const tag = reader.uint8();
      if (tag > 1) refuseDecoding("unknown-tag");
      return tag === 1 ? inner.read(reader) : undefined;
    },
  };
}

/** The fields in the order of the literal, without padding or names. */
export function struct<T extends object>(
  fields: {
    readonly [K in keyof T]-?: Codec<T[K]>;
  },
): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return {
    write: (writer, value) => {
      for (const name of names) fields[name].write(writer, value[name]);
    },
    read: (reader) => {
      const value: Partial<T> = {};
      for (const name of names) {
        const field = fields[name].read(reader);
        if (field !== undefined) value[name] = field;
      }
      return value as T;
    },
  };
}

/** One tag byte from the table, then the variant whose `type` it names. */
export function union<T extends { readonly type: string }>(
  variants: {
    readonly [K in T["type"]]: readonly [tag: number, codec: Codec<Extract<T, { type: K }>>];
  },
): Codec<T> {
  const byName = new Map<string, readonly [number, Codec<T>]>();
  const byTag = new Map<number, Codec<T>>();
  for (const name of Object.keys(variants)) {
    const [tag, codec] = variants[name as T["type"]] as unknown as readonly [number, Codec<T>];
    assert(!byTag.has(tag), `tag ${tag} stands for two variants`);
    byName.set(name, [tag, codec]);
    byTag.set(tag, codec);
  }
  return {
    write: (writer, value) => {
      const variant = byName.get(value.type);
      assert(variant !== undefined, `no layout for a ${value.type}`);
      writer.uint8(variant[0]);
      variant[1].write(writer, value);
    },
    read: (reader) => byTag.get(reader.uint8())?.read(reader) ?? refuseDecoding("unknown-tag"),
  };
}

/** A field that is not on the wire: the `type` literal of a union's variant. */
export function constant<const T>(value: T): Codec<T> {
  return { write: () => {}, read: () => value };
}
