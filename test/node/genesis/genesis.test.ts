// The identity of a chain.

import { describe, expect, test } from "vitest";
import { decode, hash, toHex } from "../../../crypto/index.ts";
import {
  chainIdOf,
  encodeGenesis,
  type Genesis,
  genesisBlockHash,
  genesisCodec,
} from "../../../node/chain/index.ts";
import { addressAt, genesis, keyOf } from "./fixtures.ts";

describe("a genesis", () => {
  test("has the chain id that it has always had", () => {
    expect(toHex(chainIdOf(genesis))).toBe(
      "0x8cec487ae7f15d6d2d1e078267da5f11e5f673070e9ed8bd62292f27a6a7998d",
    );
  });

  test("has the block hash that it has always had", () => {
    expect(toHex(genesisBlockHash(chainIdOf(genesis)))).toBe(
      "0x2ebbf1b62f2626ee566071c51c1746fa337475b7c5ebaf8666bbb24b31204bd9",
    );
    expect(toHex(genesisBlockHash(hash(new Uint8Array(32))))).toBe(
      "0x90c2e73ea800e136f4960c64318089a9642ba52d31bfa77136d1197ffe36f2de",
    );
  });

  test("decodes from its canonical bytes, accounts by address", () => {
    const accounts = [...genesis.accounts].reverse();
    expect(decode(genesisCodec, encodeGenesis(genesis))).toEqual({
      ok: true,
      value: { ...genesis, accounts },
    });
  });

  test("keeps its chain id when its accounts stand in another order", () => {
    const accounts = [...genesis.accounts].reverse();
    expect(chainIdOf({ ...genesis, accounts })).toEqual(chainIdOf(genesis));
  });

  test("refuses canonical bytes of another version, name or rule for fees", () => {
    const bytes = encodeGenesis(genesis);
    const at = (offset: number, byte: number) => {
      const copy = Uint8Array.from(bytes);
      copy[offset] = byte;
      return decode(genesisCodec, copy);
    };
    expect(at(0, 2)).toEqual({ ok: false, refusal: "unknown-tag" });
    expect(at(5, 0x20)).toEqual({ ok: false, refusal: "out-of-range" });
    // The name `ledger` and no parameters come after the rule for fees.
    expect(at(bytes.length - 15, 2)).toEqual({ ok: false, refusal: "unknown-tag" });
  });

  const [first, second] = genesis.validators as [
    Genesis["validators"][number],
    Genesis["validators"][number],
  ];
  const { consensus, ledger } = genesis;
  test.each<[string, Partial<Genesis>]>([
    ["name", { name: "testnet-2" }],
    ["time", { genesisTimeMs: genesis.genesisTimeMs + 1 }],
    ["order of validators", { validators: [second, first] }],
    ["validator's key", { validators: [{ ...first, publicKey: keyOf(7) }, second] }],
    ["validator's network key", { validators: [{ ...first, networkKey: keyOf(7) }, second] }],
    ["validator's power", { validators: [{ ...first, power: 2 }, second] }],
    ["account", { accounts: [{ address: addressAt(9), balance: 1_000n }] }],
    ["balance", { accounts: genesis.accounts.map((account) => ({ ...account, balance: 999n })) }],
    ["base timeout", { consensus: { ...consensus, baseTimeoutMs: 1_001 } }],
    ["block interval", { consensus: { ...consensus, blockIntervalMs: 1 } }],
    ["heartbeat", { consensus: { ...consensus, emptyBlockIntervalMs: 1_001 } }],
    ["number of transactions", { consensus: { ...consensus, maxBlockTransactions: 1 } }],
    ["size of a block", { consensus: { ...consensus, maxBlockBytes: 1_000_000 } }],
    ["clock drift", { consensus: { ...consensus, maxClockDriftMs: 1 } }],
    ["choice of leaders", { consensus: { ...consensus, leaders: "reputation" } }],
    ["least fee", { ledger: { ...ledger, minFee: 0n } }],
    ["rule for fees", { ledger: { ...ledger, fees: "proposer" } }],
    ["application", { application: { ...genesis.application, name: "another" } }],
    ["parameter", { application: { ...genesis.application, parameters: Uint8Array.of(1) } }],
  ])("has another chain id with another %s", (_, change) => {
    expect(chainIdOf({ ...genesis, ...change })).not.toEqual(chainIdOf(genesis));
  });
});
