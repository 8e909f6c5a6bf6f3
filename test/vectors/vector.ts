// How a vector is written: values as the HTTP interface writes them (bytes as 0x-hex, amounts as decimal strings), beside
// the bytes that they are on the wire.

import { type Codec, encode, toHex } from "../../crypto/index.ts";

export type Plain = string | number | readonly Plain[] | { readonly [name: string]: Plain };

/** One value and its one encoding. */
export type Encoding = { readonly about: string; readonly value: Plain; readonly bytes: string };

/** Bytes that are no encoding of the layout that they stand under. */
export type Refusal = { readonly about: string; readonly bytes: string; readonly refusal: string };

export function plain(value: unknown): Plain {
  if (typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null)
    throw new TypeError("no vector has such a value");
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
}

export function encodingOf<T>(codec: Codec<T>, about: string, value: T): Encoding {
  return { about, value: plain(value ?? "absent"), bytes: toHex(encode(codec, value)) };
}

/** Bytes with some of them replaced from `offset` on. */
export function patched(bytes: Uint8Array, offset: number, ...replacement: readonly number[]) {
  const copy = Uint8Array.from(bytes);
  copy.set(replacement, offset < 0 ? bytes.length + offset : offset);
  return copy;
}

/** Bytes with the lowest bit of one of them turned. */
export function turned(bytes: Uint8Array, offset: number): Uint8Array {
  const at = offset < 0 ? bytes.length + offset : offset;
  return patched(bytes, at, (bytes[at] as number) ^ 1);
}

const LINE = 100;
const SIMPLE_LIST = /^( *(?:"[^"]*": )?)\[\n([^[\]{}]*)\n *\](,?)$/gm;

/** JSON as the formatter of this repository leaves it: a list of simple values on one line where it fits. */
export function vectorText(vectors: Plain): string {
  const text = JSON.stringify(vectors, undefined, 2);
  const fitted = text.replaceAll(
    SIMPLE_LIST,
    (list, before: string, items: string, after: string) => {
      const line = `${before}[${items.trim().replaceAll(/\n */g, " ")}]${after}`;
      return line.length <= LINE ? line : list;
    },
  );
  return `${fitted}\n`;
}
