import { describe, expect, test } from "vitest";
import { toHex } from "../../../crypto/index.ts";
import { chainRootOf } from "../../../node/chain/index.ts";
import { createClient } from "../../../node/client/index.ts";
import { genesisJson, parseGenesis } from "../../../node/genesis/index.ts";

import { changed, genesis } from "../genesis/fixtures.ts";

const clientOf = (source: string | Record<string, unknown>) =>
  createClient({ urls: ["http://node"], genesis: source });

describe("a client's genesis", () => {
  test("has the chain id that the node's reader gives it", () => {
    const text = genesisJson(genesis);
    const { chainId } = chainRootOf(genesis).validators;
    expect(toHex(clientOf(text).chainId)).toBe(toHex(chainId));
    expect(toHex(clientOf(JSON.parse(text)).chainId)).toBe(toHex(chainId));
  });

  test.each([
    ["application.parameters", (json: Json) => (json.application.parameters = "0x0102")],
    ["consensus.leaders", (json: Json) => (json.consensus.leaders = "reputation")],
    ["ledger.fees", (json: Json) => (json.ledger.fees = "proposer")],
    ["ledger.minFee", (json: Json) => (json.ledger.minFee = "18446744073709551615")],
    ["accounts", (json: Json) => (json.accounts = [])],
  ])("follows %s as the node's reader does", (_field, change) => {
    const text = changed(change);
    const parsed = parseGenesis(text);
    if (!parsed.ok) throw new Error(parsed.refusal);
    expect(clientOf(text).genesis).toEqual(parsed.genesis);
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no application", changed((json) => delete json.application)],
    ["another version", changed((json) => (json.version = 2))],
    ["no validators", changed((json) => (json.validators = []))],
    ["a power below 1", changed((json) => (json.validators[0].power = 0))],
    ["a fraction for a power", changed((json) => (json.validators[0].power = 1.5))],
    ["a key that is too short", changed((json) => (json.validators[0].publicKey = "0x01"))],
    ["an address with a typing error", changed((json) => (json.accounts[0].address = "qr1x"))],
    ["a number for an amount", changed((json) => (json.accounts[0].balance = 7))],
    ["unknown leaders", changed((json) => (json.consensus.leaders = "me"))],
    ["parameters that are no hex", changed((json) => (json.application.parameters = "x"))],
  ])("with %s is refused with BAD_GENESIS", (_what, text) => {
    expect(() => clientOf(text)).toThrow(expect.objectContaining({ code: "BAD_GENESIS" }));
  });

  test("is nothing without a validator to ask", () => {
    expect(() => createClient({ urls: [], genesis: genesisJson(genesis) })).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", reason: "urls" }),
    );
  });
});

// biome-ignore lint/suspicious/noExplicitAny: tests reach into JSON to spoil it
type Json = any;
