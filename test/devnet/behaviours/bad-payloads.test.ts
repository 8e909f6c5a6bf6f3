import { describe, expect, test } from "vitest";
import { blockHash } from "../../../consensus/index.ts";
import { decode, toHex } from "../../../crypto/index.ts";
import { badPayloads } from "../../../devnet/behaviours/bad-payloads.ts";
import { RECIPES } from "../../../devnet/behaviours/payload-recipes.ts";
import { INITIAL_BALANCE } from "../../../devnet/sim/chain.ts";
import { accountCodec } from "../../../node/ledger/index.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { messagesOf, perform, variant } from "./performance.ts";

const names = Object.keys(RECIPES);
/** Always, and only by one recipe. */
const cookOf = (name: string) => variant(badPayloads, [1, ...names.map((other) => other === name)]);

describe("a leader of bad payloads", () => {
  test("has honest validators certify what execution must skip", () => {
    const { finals, violations } = perform({ seed: 1, behaviours: [cookOf("two-of-one-nonce")] });
    expect(violations).toEqual([]);
    const codes = finals.flatMap(({ receipts }) => receipts.map(({ code }) => code));
    expect(codes.filter((code) => code === "bad-nonce").length).toBeGreaterThan(5);
    expect(codes.filter((code) => code === "").length).toBeGreaterThan(5);
  });

  test("proposes again what is final already", () => {
    const { finals } = perform({ seed: 1, behaviours: [cookOf("final-already")] });
    const ids = finals.flatMap(({ transactions }) => transactions.map(({ id }) => toHex(id)));
    expect(new Set(ids).size).toBeLessThan(ids.length);
  });

  test.each(["repeated", "double-spend"])(
    "sends lists in which an id repeats, and is blamed: %s",
    (name) => {
      const { sent, penalties } = perform({ seed: 1, behaviours: [cookOf(name)] });
      const lists = sent.flatMap(({ content }) => {
        return content.type === "message" ? [content.ids.map(toHex)] : [];
      });
      expect(lists.some((ids) => new Set(ids).size < ids.length)).toBe(true);
      expect(penalties).toContain("a payload that is not the proposal's");
    },
  );

  test.each(["expired", "wrong-chain", "free-of-charge", "unsigned"])(
    "gets no vote for it: %s",
    (name) => {
      const { finals, signed, sent } = perform({ seed: 1, behaviours: [cookOf(name)], forMs: 500 });
      const proposed = messagesOf({ sent }, "proposal").map(({ block }) => toHex(blockHash(block)));
      const voted = new Set(
        signed.flatMap(({ message }) =>
          message.type === "vote" ? [toHex(message.content.block)] : [],
        ),
      );
      expect(proposed.length).toBeGreaterThan(0);
      expect(proposed.filter((block) => voted.has(block))).toEqual([]);
      expect(finals.filter(({ block }) => block.proposer === 3)).toEqual([]);
    },
  );

  test.each(seedsOfTheDay(2))("spends nothing twice and makes no money (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [badPayloads], forMs: 1_200 });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
    const fees = performance.finals.flatMap(({ receipts }) =>
      receipts.map(({ feePaid }) => feePaid),
    );
    const burnt = fees.reduce((sum, fee) => sum + fee, 0n);
    const { simulation, finals } = performance;
    const balances = new Map<string, bigint>();
    for (const { changes } of [...finals].sort((a, b) => a.block.height - b.block.height)) {
      for (const { key, value } of changes) {
        if (value !== undefined && key[0] === 0x61) balances.set(toHex(key), balanceIn(value));
      }
    }
    const touched = [...balances.values()].reduce((sum, balance) => sum + balance, 0n);
    expect(balances.size).toBeLessThanOrEqual(simulation.chain.accounts.length);
    expect(touched + burnt).toBe(INITIAL_BALANCE * BigInt(balances.size));
  });
});

/** Storage puts the slot of the entry before its value. */
function balanceIn(value: Uint8Array): bigint {
  const decoded = decode(accountCodec, value.subarray(value.length - 17));
  return decoded.ok ? decoded.value.balance : 0n;
}
