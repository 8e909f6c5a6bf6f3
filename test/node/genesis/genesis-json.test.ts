// genesis.json: every way of getting it wrong.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address, publicKey } from "../../../crypto/index.ts";
import { chainIdOf, type Genesis } from "../../../node/chain/index.ts";
import { type GenesisRefusal, genesisJson, parseGenesis } from "../../../node/genesis/index.ts";
import { addressText, changed, genesis } from "./fixtures.ts";

const refusalOf = (text: string): unknown => {
  const { ok, ...refusal } = parseGenesis(text) as { ok: boolean } & GenesisRefusal;
  expect(ok).toBe(false);
  return refusal;
};

describe("genesis.json", () => {
  test("gives back the genesis that was written", () => {
    expect(parseGenesis(genesisJson(genesis))).toEqual({ ok: true, genesis });
  });

  test("ends with a newline and is readable", () => {
    expect(genesisJson(genesis)).toMatch(/^\{\n {2}"version": 1,\n[\s\S]*\n\}\n$/);
  });

  test("writes 64-bit numbers as decimal strings, keys as hex, addresses as bech32m", () => {
    const json = JSON.parse(genesisJson(genesis));
    expect(json.accounts[1]).toEqual({
      address: addressText(8),
      balance: "18446744073709550615",
    });
    expect(json.validators[0]).toEqual({
      publicKey: `0x${"01".repeat(32)}`,
      networkKey: `0x${"02".repeat(32)}`,
      power: 1,
    });
    expect(json.ledger).toEqual({ minFee: "1", fees: "burn" });
  });

  test("survives being written and read, whatever is in it", () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const arbitrary = fc.record({
      keys: fc.uniqueArray(bytes(32), { minLength: 2, maxLength: 8, selector: String }),
      powers: fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), { minLength: 8, maxLength: 8 }),
      addresses: fc.uniqueArray(bytes(20), { maxLength: 5, selector: String }),
      balance: fc.bigInt({ min: 1n, max: (1n << 64n) / 5n - 1n }),
      minFee: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fees: fc.constantFrom("burn" as const, "proposer" as const),
      genesisTimeMs: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(
        arbitrary,
        ({ keys, powers, addresses, balance, minFee, fees, genesisTimeMs }) => {
          const half = Math.floor(keys.length / 2);
          const made: Genesis = {
            ...genesis,
            genesisTimeMs,
            validators: keys.slice(0, half).map((key, index) => ({
              publicKey: publicKey(key),
              networkKey: publicKey(keys[half + index] ?? key),
              power: powers[index] ?? 1,
            })),
            accounts: addresses.map((bytes) => ({ address: address(bytes), balance })),
            ledger: { minFee, fees },
          };
          const parsed = parseGenesis(genesisJson(made));
          expect(parsed).toEqual({ ok: true, genesis: made });
          expect(parsed.ok && chainIdOf(parsed.genesis)).toEqual(chainIdOf(made));
        },
      ),
    );
  });

  test("may give no account anything", () => {
    const text = changed((json) => {
      json.accounts = [];
    });
    expect(parseGenesis(text)).toMatchObject({ ok: true, genesis: { accounts: [] } });
  });
});

describe("genesis.json is refused", () => {
  test("when it is no JSON", () => {
    expect(refusalOf("{")).toMatchObject({ refusal: "not-json", path: "" });
  });

  test.each(["null", "[]", "1", '"genesis"'])("when it is %s", (text) => {
    expect(refusalOf(text)).toEqual({ refusal: "wrong-value", path: "", expected: "an object" });
  });

  test("with an unknown key, which it compares with those it knows", () => {
    const text = changed((json) => {
      json.consensus.baseTimoutMs = 5;
      delete json.consensus.baseTimeoutMs;
    });
    expect(refusalOf(text)).toEqual({
      refusal: "unknown-key",
      path: "consensus.baseTimoutMs",
      nearest: "baseTimeoutMs",
    });
  });

  test("with an unknown key that is like no other", () => {
    const text = changed((json) => {
      json.validators[1].telephone = "1";
    });
    expect(refusalOf(text)).toEqual({ refusal: "unknown-key", path: "validators[1].telephone" });
  });

  test.each([
    "version",
    "name",
    "genesisTimeMs",
    "validators",
    "accounts",
    "consensus",
    "ledger",
    "application",
  ])("without %s", (key) => {
    const text = changed((json) => {
      delete json[key];
    });
    expect(refusalOf(text)).toMatchObject({ refusal: "missing-key", path: key });
  });

  test.each(["baseTimeoutMs", "blockIntervalMs", "maxClockDriftMs"])(
    "without consensus.%s, for defaults may change and chain ids may not",
    (key) => {
      const text = changed((json) => {
        delete json.consensus[key];
      });
      expect(refusalOf(text)).toMatchObject({ refusal: "missing-key", path: `consensus.${key}` });
    },
  );

  const INTEGERS: readonly [string, number, number][] = [
    ["genesisTimeMs", 0, Number.MAX_SAFE_INTEGER],
    ["validators.0.power", 1, 1_000_000_000],
    ["consensus.baseTimeoutMs", 10, 600_000],
    ["consensus.blockIntervalMs", 0, 600_000],
    ["consensus.emptyBlockIntervalMs", 1, 600_000],
    ["consensus.maxBlockTransactions", 1, 16_384],
    ["consensus.maxBlockBytes", 16_561, 2_097_152],
    ["consensus.maxClockDriftMs", 1, 600_000],
  ];

  const withValue = (path: string, value: unknown) =>
    changed((json) => {
      const steps = path.split(".");
      let place = json;
      for (const step of steps.slice(0, -1)) place = place[step];
      place[steps.at(-1) ?? ""] = value;
    });

  test.each(INTEGERS)("with %s outside %i..%i, and not with either end", (path, least, most) => {
    const expected = `an integer in ${least}..${most}`;
    const shown = path.replace(".0.", "[0].");
    for (const value of [least - 1, most + 1, least + 0.5, String(least), null]) {
      const refusal = refusalOf(withValue(path, value));
      expect(refusal).toEqual({ refusal: "wrong-value", path: shown, expected });
    }
    expect(parseGenesis(withValue(path, least)).ok).toBe(true);
    // The slowest pace needs a slower heartbeat than this genesis has.
    const refusal = path === "consensus.blockIntervalMs" ? "heartbeat-too-fast" : undefined;
    const parsed = parseGenesis(withValue(path, most));
    expect(parsed.ok ? undefined : parsed.refusal).toBe(refusal);
  });

  test.each([
    ["version", 2],
    ["version", "1"],
    ["name", ""],
    ["name", "Testnet"],
    ["name", "-net"],
    ["name", "n".repeat(33)],
    ["validators", []],
    ["validators", {}],
    ["accounts", null],
    ["consensus", []],
    ["validators.0", "0x01"],
    ["validators.0.publicKey", `0x${"01".repeat(31)}`],
    ["validators.0.publicKey", "01".repeat(32)],
    ["validators.0.networkKey", `0x${"AB".repeat(32)}`],
    ["accounts.0.address", addressText(9).toUpperCase()],
    ["accounts.0.address", addressText(9).slice(0, -1)],
    ["accounts.0.address", 7],
    ["accounts.0.balance", 1000],
    ["accounts.0.balance", "0"],
    ["accounts.0.balance", "-1"],
    ["accounts.0.balance", "007"],
    ["accounts.0.balance", "1e3"],
    ["accounts.0.balance", "18446744073709551616"],
    ["accounts.0.balance", "9".repeat(500)],
    ["ledger.minFee", "18446744073709551616"],
    ["ledger.minFee", 1],
    ["ledger.fees", "treasury"],
    ["consensus.leaders", "reverse"],
    ["application", "ledger"],
    ["application.name", "Ledger"],
    ["application.parameters", "0x1"],
    ["application.parameters", "0xAB"],
    ["application.parameters", `0x${"00".repeat(64 * 1024 + 1)}`],
  ])("with %s being %j", (path, value) => {
    const shown = path.replaceAll(/\.(\d)/g, "[$1]");
    expect(refusalOf(withValue(path, value))).toMatchObject({
      refusal: "wrong-value",
      path: shown,
    });
  });

  test("with 257 validators", () => {
    const text = changed((json) => {
      json.validators = Array(257).fill(json.validators[0]);
    });
    expect(refusalOf(text)).toMatchObject({ refusal: "wrong-value", path: "validators" });
  });

  test("with a validator's key that another has", () => {
    const text = changed((json) => {
      json.validators[1].publicKey = json.validators[0].publicKey;
    });
    expect(refusalOf(text)).toEqual({
      refusal: "duplicate-key",
      path: "validators[1].publicKey",
      first: "validators[0].publicKey",
    });
  });

  test("with a network key that another has", () => {
    const text = changed((json) => {
      json.validators[1].networkKey = json.validators[0].networkKey;
    });
    expect(refusalOf(text)).toMatchObject({
      refusal: "duplicate-key",
      path: "validators[1].networkKey",
    });
  });

  test("with one key for votes and connections", () => {
    const text = changed((json) => {
      json.validators[0].networkKey = json.validators[0].publicKey;
    });
    expect(refusalOf(text)).toEqual({
      refusal: "duplicate-key",
      path: "validators[0].networkKey",
      first: "validators[0].publicKey",
    });
  });

  test("with an account named twice", () => {
    const text = changed((json) => {
      json.accounts[1].address = json.accounts[0].address;
    });
    expect(refusalOf(text)).toEqual({
      refusal: "duplicate-address",
      path: "accounts[1].address",
      first: "accounts[0].address",
    });
  });

  test("with a supply of 2^64, and not with one less", () => {
    const supply = (balance: bigint) =>
      changed((json) => {
        json.accounts[0].balance = "1000";
        json.accounts[1].balance = String(balance - 1_000n);
      });
    expect(refusalOf(supply(1n << 64n))).toEqual({
      refusal: "supply-too-large",
      path: "accounts",
      supply: 1n << 64n,
      limit: (1n << 64n) - 1n,
    });
    expect(parseGenesis(supply((1n << 64n) - 1n)).ok).toBe(true);
  });

  test("with a heartbeat faster than the pace", () => {
    const text = changed((json) => {
      json.consensus.blockIntervalMs = 500;
      json.consensus.emptyBlockIntervalMs = 499;
    });
    expect(refusalOf(text)).toEqual({
      refusal: "heartbeat-too-fast",
      path: "consensus.emptyBlockIntervalMs",
      emptyBlockIntervalMs: 499,
      blockIntervalMs: 500,
    });
  });
});
