import { describe, expect, test } from "vitest";
import { roundRobin, validatorSet } from "../../consensus/index.ts";
import { powerOf } from "../../consensus/validators.ts";
import { epoch, view } from "../../crypto/index.ts";
import { hashOf, standInSigner, world } from "./fixtures.ts";

function setOf(powers: readonly number[]) {
  const members = powers.map((power, index) => ({
    publicKey: standInSigner(`${index}`).publicKey,
    power,
  }));
  return validatorSet({ chainId: hashOf("chain"), epoch: epoch(1), members });
}

describe("a validator set", () => {
  test.each([
    [1, 1, 1],
    [2, 2, 1],
    [3, 3, 1],
    [4, 3, 2],
    [5, 4, 2],
    [6, 5, 2],
    [7, 5, 3],
    [10, 7, 4],
    [100, 67, 34],
  ])("of %i equals has a quorum of %i, and %i include an honest one", (count, quorum, honest) => {
    const { quorumPower, honestPower } = setOf(Array.from({ length: count }, () => 1));
    expect([quorumPower, honestPower]).toEqual([quorum, honest]);
  });

  test("counts power, not heads", () => {
    const { quorumPower, honestPower } = setOf([10, 1, 1, 1]);
    expect([quorumPower, honestPower]).toEqual([9, 5]);
  });

  test("lets two quorums share more than the faulty may have, for every total", () => {
    for (let total = 1; total <= 300; total++) {
      const { quorumPower, honestPower } = setOf([total]);
      expect(2 * quorumPower - total).toBeGreaterThanOrEqual(honestPower);
      expect(total - (honestPower - 1)).toBeGreaterThanOrEqual(quorumPower);
    }
  });

  test("is led in turn", () => {
    const { validators } = world();
    expect([0, 1, 2, 3, 4, 9].map((each) => roundRobin(validators, view(each)))).toEqual([
      0, 1, 2, 3, 0, 1,
    ]);
  });

  test("gives a stranger no power", () => {
    const { validators } = world({ powers: [3, 5] });
    expect([0, 1, 2, -1].map((each) => powerOf(validators, each))).toEqual([3, 5, 0, 0]);
  });

  test.each([
    ["nobody", []],
    ["more than 256", Array.from({ length: 257 }, () => 1)],
    ["a member without power", [1, 0]],
    ["a fraction", [1, 1.5]],
    ["more power than 2^53", [2 ** 52, 2 ** 52]],
  ])("is not made of %s", (_, powers) => {
    expect(() => setOf(powers)).toThrow("invariant broken");
  });
});
