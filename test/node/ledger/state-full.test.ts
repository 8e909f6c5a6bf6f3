import { describe, expect, test } from "vitest";
import type { Height } from "../../../crypto/index.ts";
import {
  accountKey,
  contained,
  createAccountLedger,
  type StateMachine,
} from "../../../node/ledger/index.ts";
import { encodeCall } from "../../../node/transaction/index.ts";
import { acquire, pay, payMany, put, Scene } from "./built-in/fixtures.ts";
import { addressNamed, chainId, transfer } from "./fixtures.ts";

/** Room for the three accounts of genesis and nothing else. */
function full(options: { readonly room?: number; readonly minFee?: bigint } = {}): Scene {
  const { room = 0, minFee = 1n } = options;
  return new Scene({ maxKeys: 3 + room, params: { minFee, feesTo: "proposer" } });
}

describe("in a full state", () => {
  test("money still moves between those who have accounts", () => {
    const scene = full();
    expect(scene.tries("alice", pay("bob", 10n))).toBe("ok");
    expect(scene.balance("bob")).toBe(1_010n);
  });

  test.each([
    ["a transfer to nobody yet", pay("newcomer", 10n)],
    ["many payments of which one goes to nobody yet", payMany(["bob", 10n], ["newcomer", 10n])],
    ["a record", put("plan", "a")],
    ["a lease", acquire("task")],
  ])("%s fails, and nothing of it stays", (_, call) => {
    const scene = full();
    expect(scene.tries("alice", call)).toBe("failed state-full");
    expect(scene.account("alice")).toMatchObject({ balance: 999n, nonce: 1 });
    expect([scene.balance("bob"), scene.map.size]).toEqual([1_000n, 3]);
  });

  test("who has no account gets none for a first transaction without fee", () => {
    const scene = full({ minFee: 0n });
    expect(scene.tries("stranger", put("plan", "a"), { fee: 0n })).toBe("skipped state-full");
    expect(scene.map.size).toBe(3);
  });

  test("the fees of a proposer without an account are burnt", () => {
    const scene = full();
    expect(scene.tries("alice", pay("bob", 10n), { fee: 5n })).toBe("ok");
    expect(scene.account("proposer")).toBeUndefined();
    const roomy = full({ room: 1 });
    roomy.does("alice", pay("bob", 10n), { fee: 5n });
    expect(roomy.balance("proposer")).toBe(5n);
  });

  test("the last room goes to the first of a block who asks", () => {
    const scene = full({ room: 1 });
    const receipts = scene.block(["alice", put("plan", "a")], ["bob", acquire("task")]);
    expect(receipts.map(({ code }) => code)).toEqual(["", "state-full"]);
  });
});

test("an application's call that finds the state full fails as one of the built-in ledger does", () => {
  const machine: StateMachine<Uint8Array> = {
    name: "writing",
    decode: (bytes) => ({ ok: true, call: bytes }),
    execute: (call, _, state) => {
      state.set(Uint8Array.of(1), call);
      return { ok: true };
    },
  };
  const faults: unknown[] = [];
  const params = { minFee: 1n, feesTo: "nobody" } as const;
  const ledger = createAccountLedger(
    params,
    contained(machine, (error) => faults.push(error)),
  );
  const scene = full();
  const call = encodeCall(pay("bob", 1n));
  const height = 1 as Height;
  const context = { chainId, height, timestampMs: 1, proposer: addressNamed("proposer") };
  const receipts = ledger.execute(
    context,
    [transfer({ from: "alice", to: "bob", call })],
    scene.state,
  );
  expect(receipts).toMatchObject([{ result: "failed", code: "state-full", feePaid: 1n }]);
  expect(faults).toEqual([]);
  expect(scene.state.get(accountKey(addressNamed("alice")))).toBeDefined();
});

test("an error that is not about room is nobody's failure to report: it stops the validator", () => {
  const machine: StateMachine<Uint8Array> = {
    name: "broken",
    decode: (bytes) => ({ ok: true, call: bytes }),
    execute: () => {
      throw new Error("a bug of ours");
    },
  };
  const ledger = createAccountLedger({ minFee: 1n, feesTo: "nobody" }, machine);
  const height = 1 as Height;
  const context = { chainId, height, timestampMs: 1, proposer: addressNamed("proposer") };
  const transactions = [transfer({ from: "alice", to: "bob" })];
  expect(() => ledger.execute(context, transactions, full().state)).toThrow("a bug of ours");
});
