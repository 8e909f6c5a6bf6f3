// Twenty thousand random signatures: whatever the library, the verdict is the same bit. Repeat a run with its seed:
// QUORATE_TEST_SEED=n.

import { expect, test } from "vitest";
import { nobleScheme } from "../../crypto/index.ts";
import { opensslScheme, sodiumScheme } from "../../crypto/native/index.ts";
import { SignatureSource } from "./random-signatures.ts";

const INPUTS = 20_000;

test("three back ends agree on 20,000 random signatures", { timeout: 300_000 }, () => {
  if (sodiumScheme === undefined || opensslScheme === undefined) {
    throw new Error("the agreement needs all three libraries");
  }
  const seed = Number(process.env.QUORATE_TEST_SEED ?? Date.now() % 0x1_0000_0000);
  console.info(`signature agreement: QUORATE_TEST_SEED=${seed}`);
  const source = new SignatureSource(seed);
  const counts = { valid: 0, opensslAlone: 0, sodiumAlone: 0 };
  for (let index = 0; index < INPUTS; index++) {
    const { name, check, valid, quick } = source.draw();
    const seen = {
      noble: nobleScheme.verify(check),
      openssl: opensslScheme.verify(check),
      sodium: sodiumScheme.verify(check),
      opensslQuick: opensslScheme.verifyQuick(check),
      sodiumQuick: sodiumScheme.verifyQuick(check),
    };
    expect({ seed, index, name, ...seen }).toEqual({
      seed,
      index,
      name,
      noble: valid,
      openssl: valid,
      sodium: valid,
      opensslQuick: quick.openssl,
      sodiumQuick: quick.sodium,
    });
    counts.valid += Number(valid);
    counts.opensslAlone += Number(quick.openssl);
    counts.sodiumAlone += Number(quick.sodium);
  }
  // The draw must reach both sides of every difference, or the agreement says nothing.
  expect(counts.valid).toBeGreaterThan(counts.opensslAlone + INPUTS / 20);
  expect(counts.opensslAlone).toBeGreaterThan(counts.sodiumAlone + INPUTS / 100);
  expect(counts.sodiumAlone).toBeGreaterThan(INPUTS / 50);
});
