// Calls on their way into the log: which nonce they get, when they are signed again, and what they answer when they fail.

import { describe, expect, test } from "vitest";
import type { Hash, Height, Nonce } from "../../../crypto/index.ts";
import { Appender } from "../../../node/replicated-log/append.ts";
import type { NodeApi, Submission, TransactionStatus } from "../../../node/rpc/index.ts";
import {
  decodeSignedTransaction,
  type SignedTransaction,
} from "../../../node/transaction/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { four } from "../../consensus/scenes.ts";

const CALL = Uint8Array.of(1, 2, 3);
const chainId = hashOf("chain");

function finalAt(height: number, more: { readonly code?: string } = {}): TransactionStatus {
  const { code = "" } = more;
  const receipt = {
    transaction: hashOf("t"),
    index: 4,
    result: code === "" ? "ok" : "failed",
    code,
    feePaid: 0n,
    output: Uint8Array.of(9),
  } as const;
  return { state: "final", height: height as Height, block: hashOf("b"), receipt };
}

type Script = {
  /** What the pool says to each transaction, in turn; it takes what nothing is said about. */
  readonly submissions?: readonly Submission[];
  /** What becomes of each transaction that is waited for, by its nonce and how often it was asked. */
  readonly fate: (nonce: number, asked: number) => TransactionStatus;
};

/** A validator whose account's committed nonce a test sets. */
function validator({ submissions = [], fate }: Script) {
  const offered: SignedTransaction[] = [];
  const asked = new Map<string, number>();
  const state = { nonce: 0 };
  const statusOf = (hash: Hash) => {
    const of = offered.find(({ id }) => id.join() === hash.join());
    const times = (asked.get(hash.join()) ?? 0) + 1;
    asked.set(hash.join(), times);
    return fate(of?.transaction.nonce ?? 0, times);
  };
  const api = {
    account: () => ({ balance: 0n, nonce: state.nonce as Nonce, height: 1 as Height }),
    status: () => ({ height: 1 as Height }) as ReturnType<NodeApi["status"]>,
    submit: async (bytes: Uint8Array): Promise<Submission> => {
      const decoded = decodeSignedTransaction(bytes);
      if (!decoded.ok) throw new Error(decoded.refusal);
      const scripted = submissions[offered.length];
      offered.push(decoded.value);
      return scripted ?? { ok: true, hash: decoded.value.id, status: { state: "pending" } };
    },
    waitFor: async ({ hash }: { readonly hash: Hash }) => statusOf(hash),
    transaction: (hash: Hash) => statusOf(hash),
  } as unknown as NodeApi;
  const appender = new Appender({ api, signer: four.signerOf(0), chainId, fee: 3n });
  return { appender, offered, state, nonces: () => offered.map((each) => each.transaction.nonce) };
}

const failureOf = (appending: Promise<unknown>) => appending.catch((error: unknown) => error);

describe("a call", () => {
  test("is answered with its place once it is final", async () => {
    const { appender, offered } = validator({ fate: () => finalAt(7) });
    const appended = await appender.append(CALL);
    expect(appended).toMatchObject({ height: 7, index: 4, output: Uint8Array.of(9) });
    const { transaction } = offered[0] as SignedTransaction;
    expect(transaction).toMatchObject({ chainId, fee: 3n, validUntilHeight: 1_001, call: CALL });
  });

  test("gets the next nonce, however many are under way", async () => {
    const { appender, nonces } = validator({ fate: () => finalAt(7) });
    await Promise.all([appender.append(CALL), appender.append(CALL), appender.append(CALL)]);
    expect(nonces()).toEqual([0, 1, 2]);
  });

  test.each(["NONCE_TOO_LOW", "NONCE_GAP"] as const)(
    "is signed again with the nonce that the validator expects (%s)",
    async (code) => {
      const refusal = { ok: false, problem: { code, details: { expected: 5 } } } as const;
      const { appender, nonces } = validator({ submissions: [refusal], fate: () => finalAt(7) });
      await appender.append(CALL);
      await appender.append(CALL);
      expect(nonces()).toEqual([0, 5, 6]);
    },
  );

  test("is given up when others take every nonce", async () => {
    const refusal = {
      ok: false,
      problem: { code: "NONCE_TOO_LOW", details: { expected: 5 } },
    } as const;
    const submissions = Array.from({ length: 64 }, () => refusal);
    const { appender } = validator({ submissions, fate: () => finalAt(7) });
    expect(await failureOf(appender.append(CALL))).toMatchObject({ code: "NONCE_TAKEN" });
  });

  test("is offered again, the same to the byte, while nobody knows what became of it", async () => {
    const fate = (_: number, asked: number): TransactionStatus =>
      asked < 3 ? { state: "unknown" } : finalAt(7);
    const { appender, offered } = validator({ fate });
    await appender.append(CALL);
    expect(new Set(offered.map(({ bytes }) => bytes.join())).size).toBe(1);
    expect(offered).toHaveLength(3);
  });

  test("is signed anew once its nonce is used and it is in no block", async () => {
    const { appender, nonces, state } = validator({
      fate: (nonce) => {
        state.nonce = 4;
        return nonce === 0 ? { state: "unknown" } : finalAt(7);
      },
    });
    await appender.append(CALL);
    expect(nonces()).toEqual([0, 4]);
  });

  test("is not signed anew when its nonce was used by itself", async () => {
    const { appender, nonces, state } = validator({
      fate: (_, asked) => {
        state.nonce = 1;
        return asked === 1 ? { state: "pending" } : finalAt(7);
      },
    });
    await appender.append(CALL);
    expect(new Set(nonces())).toEqual(new Set([0]));
  });
});

describe("a call fails", () => {
  test("with the state machine's word when it stands in the log", async () => {
    const { appender } = validator({ fate: () => finalAt(7, { code: "not-today" }) });
    const failure = await failureOf(appender.append(CALL));
    expect(failure).toMatchObject({ code: "FAILED", reason: "not-today" });
  });

  test("with the validator's code when it is not taken", async () => {
    const problem = { code: "APP_REJECTED", details: { reason: "not-json" } } as const;
    const { appender } = validator({
      submissions: [{ ok: false, problem }],
      fate: () => finalAt(7),
    });
    const failure = await failureOf(appender.append(CALL));
    expect(failure).toMatchObject({ code: "APP_REJECTED", reason: "not-json" });
  });

  test("once it has expired", async () => {
    const { appender } = validator({ fate: () => ({ state: "expired" }) });
    expect(await failureOf(appender.append(CALL))).toMatchObject({ code: "EXPIRED" });
  });

  test("for its caller who gives up, with the caller's reason", async () => {
    const reason = new Error("enough");
    const { appender } = validator({ fate: () => ({ state: "pending" }) });
    expect(await failureOf(appender.append(CALL, { signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
  });

  test("when the log is stopped, and so does every later one", async () => {
    const { appender } = validator({
      fate: () => {
        appender.stop();
        return { state: "pending" };
      },
    });
    expect(await failureOf(appender.append(CALL))).toMatchObject({ code: "STOPPED" });
    expect(await failureOf(appender.append(CALL))).toMatchObject({ code: "STOPPED" });
  });

  test("without an effect on the next one", async () => {
    const problem = { code: "APP_REJECTED", details: { reason: "not-json" } } as const;
    const { appender, nonces } = validator({
      submissions: [{ ok: false, problem }],
      fate: () => finalAt(7),
    });
    await failureOf(appender.append(CALL));
    await appender.append(CALL);
    expect(nonces()).toEqual([0, 0]);
  });
});
