import { describe, expect, test } from "vitest";
import { payMany, Scene } from "./fixtures.ts";

const MOST = (1n << 64n) - 1n;

describe("many payments", () => {
  test("reach everyone for one fee and one nonce", () => {
    const scene = new Scene();
    expect(scene.tries("alice", payMany(["bob", 10n], ["carol", 20n], ["newcomer", 30n]))).toBe(
      "ok",
    );
    const names = ["alice", "bob", "carol", "newcomer"];
    expect(names.map((name) => scene.balance(name))).toEqual([939n, 1_010n, 1_020n, 30n]);
    expect(scene.account("alice")?.nonce).toBe(1);
  });

  test("may name one recipient twice", () => {
    const scene = new Scene();
    scene.does("alice", payMany(["bob", 10n], ["bob", 5n]));
    expect(scene.balance("bob")).toBe(1_015n);
  });

  test("to oneself come back", () => {
    const scene = new Scene();
    expect(scene.tries("alice", payMany(["alice", 500n], ["bob", 1n], ["alice", 400n]))).toBe("ok");
    expect(scene.balance("alice")).toBe(998n);
  });

  test("may spend everything", () => {
    const scene = new Scene();
    expect(scene.tries("alice", payMany(["bob", 998n], ["carol", 1n]))).toBe("ok");
    expect(scene.balance("alice")).toBe(0n);
  });

  test("are not made at all when the sender cannot afford all of them", () => {
    const scene = new Scene();
    const outcome = scene.tries("alice", payMany(["newcomer", 10n], ["bob", 990n]));
    expect(outcome).toBe("failed insufficient-balance");
    expect([scene.balance("alice"), scene.account("newcomer")]).toEqual([999n, undefined]);
  });

  test("cannot be afforded by what they themselves pay the sender", () => {
    const scene = new Scene();
    const outcome = scene.tries("alice", payMany(["alice", 900n], ["bob", 900n]));
    expect(outcome).toBe("failed insufficient-balance");
  });

  test("of nothing are refused, if it is only one of them", () => {
    const scene = new Scene();
    const outcome = scene.tries("alice", payMany(["bob", 10n], ["carol", 0n]));
    expect(outcome).toBe("skipped zero-amount");
  });

  test("that together exceed every balance there can be are refused", () => {
    const scene = new Scene();
    const outcome = scene.tries("alice", payMany(["bob", MOST], ["carol", 1n]));
    expect(outcome).toBe("skipped amount-too-large");
    const most = scene.tries("alice", payMany(["bob", MOST - 1n], ["carol", 1n]));
    expect(most).toBe("failed insufficient-balance");
  });

  test("cost the pool what they cost the sender", () => {
    const verdict = new Scene().admitted("alice", payMany(["bob", 10n], ["carol", 20n]));
    expect(verdict).toMatchObject({ ok: true, cost: 31n, balance: 1_000n });
  });
});
