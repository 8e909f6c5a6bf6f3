// Key files: what is written is read back, and each fault has its own code.

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { publicKeyOf, secretKey, toHex } from "../../../crypto/index.ts";
import {
  KeyFileError,
  readKeyFile,
  readPublicKey,
  writeKeyFile,
} from "../../../crypto/native/index.ts";

const key = secretKey(Uint8Array.from({ length: 32 }, (_, index) => 7 * index));
const pair = { publicKey: publicKeyOf(key), secretKey: key };
const passphrase = "correct horse battery staple";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quorate-key-file-"));
  path = join(folder, "validator.key");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    expect(error.message).toContain(error.path);
    expect(error.message).toMatch(/: .+; .+/);
    expect(error.message).not.toContain(toHex(key).slice(2));
    return error.code;
  }
  return "no error";
}

type Fields = Record<string, unknown>;

async function rewrite(change: (fields: Fields) => Fields): Promise<void> {
  const fields = JSON.parse(await readFile(path, "utf8")) as Fields;
  await writeFile(path, JSON.stringify(change(fields)));
}

describe("a key file", () => {
  test("with a passphrase gives the key back to whoever knows it", async () => {
    await writeKeyFile(path, { secretKey: key, passphrase });
    expect(await readKeyFile(path, { passphrase })).toEqual(pair);
  });

  test("without a passphrase gives the key back to its owner", async () => {
    await writeKeyFile(path, { secretKey: key });
    expect(await readKeyFile(path)).toEqual(pair);
  });

  test("gives its public key without a passphrase", async () => {
    await writeKeyFile(path, { secretKey: key, passphrase });
    expect(await readPublicKey(path)).toEqual(pair.publicKey);
  });

  test("with a passphrase does not hold the secret key in the clear", async () => {
    await writeKeyFile(path, { secretKey: key, passphrase });
    expect(await readFile(path, "utf8")).not.toContain(toHex(key).slice(2));
  });

  test("is for its owner alone, and no draft stays beside it", async () => {
    await writeKeyFile(path, { secretKey: key });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["validator.key"]);
  });

  test("opens with the passphrase in another Unicode form", async () => {
    await writeKeyFile(path, { secretKey: key, passphrase: "caf\u00e9" });
    expect(await readKeyFile(path, { passphrase: "cafe\u0301" })).toEqual(pair);
  });

  test("may be read-only even for its owner", async () => {
    await writeKeyFile(path, { secretKey: key });
    await chmod(path, 0o400);
    expect(await readKeyFile(path)).toEqual(pair);
  });
});

describe("writing is refused", () => {
  test("where a file stands already, which stays as it is", async () => {
    await writeFile(path, "precious");
    expect(await codeOf(writeKeyFile(path, { secretKey: key }))).toBe("already-exists");
    expect(await readFile(path, "utf8")).toBe("precious");
    expect(await readdir(folder)).toEqual(["validator.key"]);
  });

  test("for all but one of many writers at once", async () => {
    const attempts = Array.from({ length: 8 }, () =>
      codeOf(writeKeyFile(path, { secretKey: key })),
    );
    const codes = (await Promise.all(attempts)).sort();
    expect(codes).toEqual([...new Array(7).fill("already-exists"), "no error"]);
    expect(await readKeyFile(path)).toEqual(pair);
  });

  test("in a folder that does not exist", async () => {
    const nowhere = join(folder, "nowhere", "validator.key");
    expect(await codeOf(writeKeyFile(nowhere, { secretKey: key }))).toBe("unwritable");
  });

  test("with an empty passphrase", async () => {
    const attempt = writeKeyFile(path, { secretKey: key, passphrase: "" });
    expect(await codeOf(attempt)).toBe("passphrase-needed");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("reading is refused", () => {
  test("where there is no file", async () => {
    expect(await codeOf(readKeyFile(path))).toBe("missing");
    expect(await codeOf(readPublicKey(path))).toBe("missing");
  });

  test("where a folder stands", async () => {
    await mkdir(path, { mode: 0o700 });
    expect(await codeOf(readKeyFile(path))).toBe("unreadable");
  });

  test("where the path runs through a file", async () => {
    await writeFile(path, "");
    expect(await codeOf(readKeyFile(join(path, "below")))).toBe("unreadable");
  });

  test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o700, 0o644])(
    "with mode %o",
    async (mode) => {
      await writeKeyFile(path, { secretKey: key });
      await chmod(path, mode);
      expect(await codeOf(readKeyFile(path))).toBe("permissions-too-wide");
      expect(await codeOf(readPublicKey(path))).toBe("permissions-too-wide");
    },
  );

  test("without the passphrase that it needs", async () => {
    await writeKeyFile(path, { secretKey: key, passphrase });
    expect(await codeOf(readKeyFile(path))).toBe("passphrase-needed");
  });

  test("with a wrong passphrase", async () => {
    await writeKeyFile(path, { secretKey: key, passphrase });
    const attempt = readKeyFile(path, { passphrase: `${passphrase} ` });
    expect(await codeOf(attempt)).toBe("wrong-passphrase");
  });

  test.each(["publicKey", "salt", "iv", "tag", "ciphertext"])(
    "after one bit of the %s was altered",
    async (field) => {
      await writeKeyFile(path, { secretKey: key, passphrase });
      await rewrite((fields) => {
        const text = String(fields[field]);
        const last = (Number.parseInt(text.slice(-1), 16) ^ 1).toString(16);
        return { ...fields, [field]: text.slice(0, -1) + last };
      });
      expect(await codeOf(readKeyFile(path, { passphrase }))).toBe("wrong-passphrase");
    },
  );

  test("when the public key is that of another secret key", async () => {
    await writeKeyFile(path, { secretKey: key });
    const other = publicKeyOf(secretKey(new Uint8Array(32)));
    await rewrite((fields) => ({ ...fields, publicKey: toHex(other) }));
    expect(await codeOf(readKeyFile(path))).toBe("key-mismatch");
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["an object without fields", "{}"],
  ])("when it holds %s", async (_, text) => {
    await writeFile(path, text, { mode: 0o600 });
    expect(await codeOf(readKeyFile(path))).toBe("malformed");
    expect(await codeOf(readPublicKey(path))).toBe("malformed");
  });

  test("when it is longer than 4,096 bytes", async () => {
    await writeKeyFile(path, { secretKey: key });
    const text = await readFile(path, "utf8");
    await writeFile(path, text.padEnd(4_096));
    expect(await readKeyFile(path)).toEqual(pair);
    await writeFile(path, text.padEnd(4_097));
    expect(await codeOf(readKeyFile(path))).toBe("malformed");
  });

  test.each<[string, Fields]>([
    ["an unknown version", { version: 2 }],
    ["an unknown kind", { kind: "secp256k1" }],
    ["an unknown cipher", { cipher: "rot13" }],
    ["an unknown field", { comment: "mine" }],
    ["the field of another cipher", { salt: "0x00" }],
    ["a short public key", { publicKey: "0x00" }],
    ["a public key in upper case", { publicKey: `0x${"AB".repeat(32)}` }],
    ["a public key that is a number", { publicKey: 7 }],
    ["a short secret key", { secretKey: "0x00" }],
  ])("with %s in the clear", async (_, change) => {
    await writeKeyFile(path, { secretKey: key });
    await rewrite((fields) => ({ ...fields, ...change }));
    expect(await codeOf(readKeyFile(path))).toBe("malformed");
  });

  test.each<[string, Fields]>([
    ["too little work", { N: 2 ** 14 }],
    ["an N that is no power of two", { N: 2 ** 15 + 1 }],
    ["an N that is a text", { N: "32768" }],
    ["an N that is not whole", { N: 32768.5 }],
    ["more than 256 MiB", { N: 2 ** 19 }],
    ["an endless N", { N: 2 ** 52 }],
    ["more than 256 MiB by r", { r: 65 }],
    ["r of nothing", { r: 0 }],
    ["too many passes", { p: 5 }],
    ["no pass", { p: 0 }],
    ["a short salt", { salt: "0x00" }],
    ["a long iv", { iv: `0x${"00".repeat(16)}` }],
    ["a short tag", { tag: "0x00000000" }],
    ["a long ciphertext", { ciphertext: `0x${"00".repeat(33)}` }],
    ["the secret key beside it", { secretKey: `0x${"00".repeat(32)}` }],
  ])("with %s under a passphrase", async (_, change) => {
    await writeKeyFile(path, { secretKey: key, passphrase });
    await rewrite((fields) => ({ ...fields, ...change }));
    expect(await codeOf(readKeyFile(path, { passphrase }))).toBe("malformed");
  });
});
