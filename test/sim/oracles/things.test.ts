// The model of records and leases: a real ledger that runs any mix of calls never contradicts it, and each lie about them
// is reported.

import { describe, expect, test } from "vitest";
import type { Nonce } from "../../../crypto/index.ts";
import { randomStream } from "../../../devnet/random/index.ts";
import { accountAddress } from "../../../devnet/sim/chain.ts";
import { readCall } from "../../../devnet/sim/oracles/calls.ts";
import { conservation } from "../../../devnet/sim/oracles/conservation.ts";
import { validity } from "../../../devnet/sim/oracles/validity.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";
import { type Call, encodeCall, type SignedTransaction } from "../../../node/transaction/index.ts";
import { seedsOfTheDay } from "../seeds.ts";
import { chain, final, History, otherHash, transfer, verdict } from "./fixtures.ts";

const KEYS = ["a", "b", "lock"].map((name) => new TextEncoder().encode(name));
const [KEY] = KEYS as [Uint8Array];
const BLOCKS = 40;

function drawCall(random: ReturnType<typeof randomStream>): Call {
  const key = random.pick(KEYS);
  const to = accountAddress(chain, random.between(0, 1));
  const value = new Uint8Array(random.between(0, 4)).fill(random.between(0, 255));
  const amount = BigInt(random.pick([1, 5, 600_000]));
  const expectedVersion = random.between(0, 4);
  return random.pick<Call>([
    { type: "transfer", to, amount, memo: value },
    { type: "pay-many", payments: [1n, amount].map((each) => ({ to, amount: each })), memo: value },
    { type: "put-record", key, value },
    { type: "put-record", key, value, expectedVersion },
    { type: "delete-record", key },
    { type: "give-record", key, to },
    { type: "acquire-lease", key, heights: random.between(1, 4) },
    { type: "release-lease", key },
  ]);
}

/** Calls of both accounts, each with its next nonce, and what became of them: "put-record ok". */
function randomHistory(seed: number): {
  readonly blocks: FinalBlock[];
  readonly seen: Set<string>;
} {
  const random = randomStream(seed, "calls");
  const history = new History();
  const nonces = [0, 0];
  const seen = new Set<string>();
  for (let at = 0; at < BLOCKS; at++) {
    const calls = Array.from({ length: random.between(0, 5) }, () => drawCall(random));
    const block = history.add(
      calls.map((call): SignedTransaction => {
        const from = random.between(0, 1);
        const nonce = nonces[from] as Nonce;
        nonces[from] = nonce + 1;
        return transfer({ from, nonce, call: encodeCall(call) });
      }),
    );
    for (const [index, { type }] of calls.entries()) {
      seen.add(`${type} ${block.receipts[index]?.result}`);
    }
  }
  return { blocks: history.blocks, seen };
}

describe("a ledger that runs any mix of calls", () => {
  test.each(seedsOfTheDay(12))("does what the model says (seed %i)", (seed) => {
    const { blocks } = randomHistory(seed);
    const told = blocks.map((block) => final(0, block));
    expect(verdict(conservation, told)).toEqual([]);
    expect(verdict(validity, told)).toEqual([]);
  });

  test("lets every call succeed and fail", () => {
    const all = new Set([1, 2, 3, 4, 5, 6].flatMap((seed) => [...randomHistory(seed).seen]));
    const calls = ["transfer", "pay-many", "put-record", "delete-record", "give-record"];
    const expected = [...calls, "acquire-lease", "release-lease"].flatMap((call) => {
      return [`${call} failed`, `${call} ok`];
    });
    expect([...all].sort()).toEqual(expected.sort());
  });
});

describe("reports", () => {
  const history = new History();
  const block = history.add([
    transfer({ call: encodeCall({ type: "put-record", key: KEY, value: Uint8Array.of(7) }) }),
    transfer({
      nonce: 1 as Nonce,
      call: encodeCall({ type: "acquire-lease", key: KEY, heights: 4 }),
    }),
  ]);
  const judged = (changes: Partial<FinalBlock>) =>
    verdict(conservation, [final(0, { ...block, ...changes })]);
  /** The stored change of this kind, made another one. */
  const spoilt = (kind: string, spoil: (value: Uint8Array) => Uint8Array | undefined) => {
    return block.changes.map(({ key, value }) => {
      const isIt = key[0] === kind.charCodeAt(0) && value !== undefined;
      return { key, value: isIt ? spoil(value.slice()) : value };
    });
  };
  const withLast = (value: Uint8Array) => value.fill(9, -1);

  test("nothing while all is as it should be", () => {
    expect(judged({})).toEqual([]);
  });

  test("a record that holds something else", () => {
    const [told] = judged({ changes: spoilt("r", withLast) });
    expect(told).toMatch(/^height 1: under 0x7261 stands 0x\w*09, expected 0x\w*07$/);
  });

  test("a record that was lost", () => {
    expect(judged({ changes: spoilt("r", () => undefined) })[0]).toContain("stands nothing");
  });

  test("a lease that ends at another height", () => {
    const [told] = judged({ changes: spoilt("l", withLast) });
    expect(told).toMatch(/^height 1: under 0x6c61 stands 0x\w*09, expected 0x\w*05$/);
  });

  test("a record that nobody wrote", () => {
    const key = Uint8Array.of(0x72, 1);
    const changes = [...block.changes, { key, value: new Uint8Array(30) }];
    expect(judged({ changes })[0]).toContain("under 0x7201");
  });

  test("a receipt that answers otherwise", () => {
    const [first, second] = block.receipts;
    const receipts = [first, { ...second, output: otherHash(1) }] as typeof block.receipts;
    expect(judged({ receipts })[0]).toMatch(/receipt 1 answers 0x0101\w*, expected 0x/);
  });

  test("a block with a call that is none", () => {
    const odd = new History().add([transfer({ call: Uint8Array.of(200) })]);
    expect(verdict(validity, [final(0, odd)])[0]).toContain("calls what the ledger does not know");
  });
});

describe("a call read a second time", () => {
  const sound = encodeCall({ type: "put-record", key: KEY, value: Uint8Array.of(1, 2) });

  test("is refused when it is cut or goes on", () => {
    expect(readCall(sound)).toEqual({
      ...{ type: "put-record", key: "0x61" },
      ...{ value: Uint8Array.of(1, 2), expected: undefined },
    });
    for (let length = 0; length < sound.length; length++) {
      expect(readCall(sound.subarray(0, length))).toBeUndefined();
    }
    expect(readCall(Uint8Array.of(...sound, 0))).toBeUndefined();
  });

  test.each([
    ["an empty key", [5, 0, 0, 0, 0]],
    ["a key of 129 bytes", [5, 0, 0, 0, 129, ...new Array<number>(129).fill(1)]],
    ["a lease of no heights", [7, 0, 0, 0, 1, 1, 0, 0, 0, 0]],
    ["a lease of 1,000,001 heights", [7, 0, 0, 0, 1, 1, 0, 15, 66, 65]],
    ["no payment", [2, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["a version above 2^53", [4, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 32, 0, 0, 0, 0, 0, 0]],
    ["an option that is neither there nor not", [4, 0, 0, 0, 1, 1, 0, 0, 0, 0, 2]],
    ["a key of another account", [3, ...new Array<number>(32).fill(1)]],
  ])("is refused for %s", (_, bytes) => {
    expect(readCall(Uint8Array.from(bytes))).toBeUndefined();
  });
});
