// How a key file spells a key: one JSON object with exactly these fields, all bytes as 0x-hex. With a passphrase the seed
// is under AES-256-GCM with a key from scrypt, and everything else in the file is authenticated with it.

import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { PUBLIC_KEY_BYTES, type PublicKey, publicKey } from "../brands.ts";
import { ascii, fromHex, toHex } from "../bytes.ts";
import { SECRET_KEY_BYTES, type SecretKey, secretKey } from "../keys.ts";

type PlainKey = {
  readonly cipher: "none";
  readonly publicKey: PublicKey;
  readonly secretKey: SecretKey;
};

export type SealedKey = {
  readonly cipher: "scrypt-aes-256-gcm";
  readonly publicKey: PublicKey;
  readonly salt: Uint8Array;
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly iv: Uint8Array;
  readonly tag: Uint8Array;
  readonly ciphertext: Uint8Array;
};

export type KeyRecord = PlainKey | SealedKey;

const FORMAT_VERSION = 1;
const SALT_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const AES_KEY_BYTES = 32;

// What we write: 32 MiB and about 0.1 s a guess. What we read may ask for up to 256 MiB and four passes, no more: a
// hostile file must not be able to stop the node.
const SCRYPT = { N: 2 ** 15, r: 8, p: 1 };
const MIN_SCRYPT_N = 2 ** 15;
const MAX_SCRYPT_BYTES = 2 ** 28;
const MAX_SCRYPT_P = 4;

const COMMON_FIELDS = ["version", "kind", "publicKey", "cipher"];
const PLAIN_FIELDS = [...COMMON_FIELDS, "secretKey"];
const SEALED_FIELDS = [...COMMON_FIELDS, "salt", "N", "r", "p", "iv", "tag", "ciphertext"];

export function formatKeyRecord(record: KeyRecord): string {
  const head = { version: FORMAT_VERSION, kind: "ed25519", publicKey: toHex(record.publicKey) };
  const { cipher } = record;
  const body =
    cipher === "none"
      ? { cipher, secretKey: toHex(record.secretKey) }
      : {
          cipher,
          salt: toHex(record.salt),
          N: record.N,
          r: record.r,
          p: record.p,
          iv: toHex(record.iv),
          tag: toHex(record.tag),
          ciphertext: toHex(record.ciphertext),
        };
  return `${JSON.stringify({ ...head, ...body }, undefined, 2)}\n`;
}

/** The record that `text` spells, or a sentence that says what is wrong with it (never quoting a value). */
export function parseKeyRecord(text: string): KeyRecord | string {
  const fields = parseObject(text);
  if (fields === undefined) return "it is not a JSON object";
  if (fields.version !== FORMAT_VERSION) return `"version" must be ${FORMAT_VERSION}`;
  if (fields.kind !== "ed25519") return '"kind" must be "ed25519"';
  const { cipher } = fields;
  if (cipher !== "none" && cipher !== "scrypt-aes-256-gcm") {
    return '"cipher" must be "scrypt-aes-256-gcm" or "none"';
  }
  const expected = cipher === "none" ? PLAIN_FIELDS : SEALED_FIELDS;
  const unknown = Object.keys(fields).find((name) => !expected.includes(name));
  if (unknown !== undefined) return `it has an unknown field ${JSON.stringify(unknown)}`;
  const own = bytesField(fields, "publicKey", PUBLIC_KEY_BYTES);
  if (own === undefined) return `"publicKey" must be ${PUBLIC_KEY_BYTES} bytes of 0x-hex`;
  if (cipher === "none") return parsePlain(fields, publicKey(own));
  return parseSealed(fields, publicKey(own));
}

type Fields = { readonly [name: string]: unknown };

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Fields;
  } catch {
    return undefined;
  }
}

function bytesField(fields: Fields, name: string, length: number): Uint8Array | undefined {
  const text = fields[name];
  const bytes = typeof text === "string" ? fromHex(text) : undefined;
  return bytes?.length === length ? bytes : undefined;
}

function parsePlain(fields: Fields, publicKey: PublicKey): PlainKey | string {
  const seed = bytesField(fields, "secretKey", SECRET_KEY_BYTES);
  if (seed === undefined) return `"secretKey" must be ${SECRET_KEY_BYTES} bytes of 0x-hex`;
  return { cipher: "none", publicKey, secretKey: secretKey(seed) };
}

function parseSealed(fields: Fields, publicKey: PublicKey): SealedKey | string {
  const salt = bytesField(fields, "salt", SALT_BYTES);
  const iv = bytesField(fields, "iv", IV_BYTES);
  const tag = bytesField(fields, "tag", TAG_BYTES);
  const ciphertext = bytesField(fields, "ciphertext", SECRET_KEY_BYTES);
  if (salt === undefined) return `"salt" must be ${SALT_BYTES} bytes of 0x-hex`;
  if (iv === undefined) return `"iv" must be ${IV_BYTES} bytes of 0x-hex`;
  if (tag === undefined) return `"tag" must be ${TAG_BYTES} bytes of 0x-hex`;
  if (ciphertext === undefined) return `"ciphertext" must be ${SECRET_KEY_BYTES} bytes of 0x-hex`;
  const { N, r, p } = fields;
  if (!isInteger(N, MIN_SCRYPT_N) || Math.log2(N) % 1 !== 0) {
    return `"N" must be a power of two from ${MIN_SCRYPT_N}`;
  }
  if (!isInteger(r, 1) || 128 * N * r > MAX_SCRYPT_BYTES) {
    return `128 * "N" * "r" must be at most ${MAX_SCRYPT_BYTES} bytes`;
  }
  if (!isInteger(p, 1) || p > MAX_SCRYPT_P) return `"p" must be in 1..${MAX_SCRYPT_P}`;
  return { cipher: "scrypt-aes-256-gcm", publicKey, salt, N, r, p, iv, tag, ciphertext };
}

function isInteger(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

export async function seal(
  key: { readonly publicKey: PublicKey; readonly secretKey: SecretKey },
  passphrase: string,
): Promise<SealedKey> {
  const { publicKey } = key;
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const iv = new Uint8Array(randomBytes(IV_BYTES));
  const aesKey = await stretch(passphrase, { salt, ...SCRYPT });
  const cipher = createCipheriv("aes-256-gcm", aesKey, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(headerOf({ publicKey, salt, ...SCRYPT }));
  const ciphertext = new Uint8Array(Buffer.concat([cipher.update(key.secretKey), cipher.final()]));
  const tag = new Uint8Array(cipher.getAuthTag());
  return { cipher: "scrypt-aes-256-gcm", publicKey, salt, ...SCRYPT, iv, tag, ciphertext };
}

/** The secret key, or undefined if the passphrase is wrong or the file was altered: nobody can tell the two apart. */
export async function unseal(
  sealed: SealedKey,
  passphrase: string,
): Promise<SecretKey | undefined> {
  const aesKey = await stretch(passphrase, sealed);
  const decipher = createDecipheriv("aes-256-gcm", aesKey, sealed.iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(headerOf(sealed));
  decipher.setAuthTag(sealed.tag);
  const opened = decipher.update(sealed.ciphertext);
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return secretKey(new Uint8Array(opened));
}

type Header = Pick<SealedKey, "publicKey" | "salt" | "N" | "r" | "p">;

function headerOf({ publicKey, salt, N, r, p }: Header): Uint8Array {
  return ascii([FORMAT_VERSION, "ed25519", toHex(publicKey), toHex(salt), N, r, p].join(" "));
}

function stretch(passphrase: string, { salt, N, r, p }: Omit<Header, "publicKey">) {
  // A passphrase typed on another system may come in another Unicode form.
  const text = passphrase.normalize("NFKC");
  return new Promise<Uint8Array>((resolve, reject) => {
    scrypt(text, salt, AES_KEY_BYTES, { N, r, p, maxmem: 2 * MAX_SCRYPT_BYTES }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
