import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSignedMark } from "../../../node/runtime/signed-mark.ts";
import { hashOf, standInSigner } from "../../consensus/fixtures.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-mark-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signer = standInSigner("validator");
const message = Uint8Array.of(1, 2, 3);

function open(chain = "chain", failed: (error: unknown) => void = () => {}) {
  const validatorKey = join(folder, "validator.key");
  return openSignedMark({ validatorKey, chainId: hashOf(chain) }, failed);
}

describe("the mark beside a validator key", () => {
  test("is not there before the key has signed", () => {
    open().marking(signer);
    expect(open().hasSigned).toBe(false);
  });

  test("is there from the first signature on", () => {
    expect(open().marking(signer).sign(message)).toEqual(signer.sign(message));
    expect(open().hasSigned).toBe(true);
  });

  test("is there before the signature is made", () => {
    let wasThere = false;
    const watching = {
      ...signer,
      sign: (bytes: Uint8Array) => {
        wasThere = open().hasSigned;
        return signer.sign(bytes);
      },
    };
    open().marking(watching).sign(message);
    expect(wasThere).toBe(true);
  });

  test("is that of one chain", () => {
    open("one").marking(signer).sign(message);
    expect(open("another").hasSigned).toBe(false);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("that cannot be written is told of once, and keeps nobody from signing", () => {
    rmSync(folder, { recursive: true });
    const failures: unknown[] = [];
    const marked = open("chain", (error) => failures.push(error)).marking(signer);
    marked.sign(message);
    expect(marked.sign(message)).toEqual(signer.sign(message));
    expect(failures).toHaveLength(1);
    expect(existsSync(folder)).toBe(false);
  });
});
