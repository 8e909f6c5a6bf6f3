import { describe, expect, test } from "vitest";
import type { Call } from "../../../../node/transaction/index.ts";
import { keyOf } from "../fixtures.ts";
import { pay, Scene } from "./fixtures.ts";

function rotateTo(name: string): Call {
  return { type: "rotate-key", publicKey: keyOf(name) };
}

describe("an account whose key was rotated", () => {
  test("obeys the new key from the next transaction on, in the same block already", () => {
    const scene = new Scene();
    const receipts = scene.block(
      ["alice", rotateTo("safe")],
      ["alice", pay("bob", 1n), { by: "safe" }],
    );
    expect(receipts.map(({ result }) => result)).toEqual(["ok", "ok"]);
    expect(scene.account("alice")).toEqual({ balance: 997n, nonce: 2, key: keyOf("safe") });
  });

  test("does not obey the old one any more", () => {
    const scene = new Scene();
    scene.does("alice", rotateTo("safe"));
    expect(scene.tries("alice", pay("bob", 1n))).toBe("skipped key-not-authorised");
    const verdict = scene.admitted("alice", pay("bob", 1n));
    expect(verdict).toEqual({ ok: false, code: "key-not-authorised" });
  });

  test("may be rotated again, by the new key only", () => {
    const scene = new Scene();
    scene.does("alice", rotateTo("safe"));
    expect(scene.tries("alice", rotateTo("alice"))).toBe("skipped key-not-authorised");
    expect(scene.tries("alice", rotateTo("safer"), { by: "safe" })).toBe("ok");
    expect(scene.account("alice")?.key).toEqual(keyOf("safer"));
  });

  test("is as it began after rotating back to the key of its address", () => {
    const scene = new Scene();
    scene.does("alice", rotateTo("safe"));
    scene.does("alice", rotateTo("alice"), { by: "safe" });
    expect(scene.account("alice")).toEqual({ balance: 998n, nonce: 2, key: undefined });
    expect(scene.tries("alice", pay("bob", 1n))).toBe("ok");
  });

  test("leaves another account of the new key alone", () => {
    const scene = new Scene();
    scene.does("alice", rotateTo("bob"));
    expect(scene.tries("bob", pay("carol", 1n))).toBe("ok");
    expect(scene.tries("alice", pay("carol", 2n), { by: "bob" })).toBe("ok");
    expect([scene.balance("alice"), scene.balance("bob")]).toEqual([996n, 998n]);
  });
});

test("an account that nobody has paid to may rotate its key where there is no fee", () => {
  const scene = new Scene({ params: { minFee: 0n } });
  expect(scene.tries("stranger", rotateTo("safe"), { fee: 0n })).toBe("ok");
  expect(scene.account("stranger")).toEqual({ balance: 0n, nonce: 1, key: keyOf("safe") });
});
