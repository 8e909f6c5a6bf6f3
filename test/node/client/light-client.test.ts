import { describe, expect, test } from "vitest";
import { alice, bob, carol, createChain } from "./chain-fixture.ts";
import { clientOf, serve } from "./validator-fixture.ts";

describe("a client that believes nobody", () => {
  test("hands out a balance that is proven", async () => {
    const chain = createChain();
    chain.advance();
    const { client, suspicions } = clientOf(chain, [await serve(chain)]);
    expect(await client.account(alice.address)).toMatchObject({
      balance: 1_000_000n,
      nonce: 0,
      height: 1,
    });
    expect(suspicions).toEqual([]);
  });

  test("hands out that there is no such account", async () => {
    const chain = createChain();
    chain.advance();
    const { client } = clientOf(chain, [await serve(chain)]);
    expect(await client.account(carol.address)).toMatchObject({ balance: 0n, nonce: 0 });
  });

  test("pays, and resolves with the proven receipt", async () => {
    const chain = createChain();
    chain.advance();
    const { client, suspicions } = clientOf(chain, [await serve(chain)]);
    const paid = await client.transfer({ from: alice, to: bob.address, amount: 25n });
    expect(paid).toMatchObject({ height: 2, receipt: { result: "ok", index: 0, feePaid: 1n } });
    expect(await client.account(bob.address)).toMatchObject({ balance: 525n, height: 2 });
    expect(suspicions).toEqual([]);
  });
});
