// The identity of a chain.

import { describe, expect, test } from "vitest";
import { decode, hash, toHex } from "../../../crypto/index.ts";
import { genesisCodec } from "../../../node/genesis/genesis.ts";
import {
  chainIdOf,
  encodeGenesis,
  type Genesis,
  genesisBlockHash,
} from "../../../node/genesis/index.ts";
import { addressAt, genesis, keyOf } from "./fixtures.ts";

describe("a genesis", () => {
  test("has the chain id that it has always had", () => {
    expect(toHex(chainIdOf(genesis))).toBe(
      "0xf8397e7c3cb291798c8d6a5612871af73b49aaa8ae31879f65108ccf354f939b",
    );
  });

  test("has the block hash that it has always had", () => {
    expect(toHex(genesisBlockHash(chainIdOf(genesis)))).toBe(
      "0xb298229639be1193fdcf9591d0b3876c1b94051b7cce28188b73d52a038cc963",
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
    expect(at(bytes.length - 1, 2)).toEqual({ ok: false, refusal: "unknown-tag" });
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
    ["least fee", { ledger: { ...ledger, minFee: 0n } }],
    ["rule for fees", { ledger: { ...ledger, fees: "proposer" } }],
  ])("has another chain id with another %s", (_, change) => {
    expect(chainIdOf({ ...genesis, ...change })).not.toEqual(chainIdOf(genesis));
  });
});
