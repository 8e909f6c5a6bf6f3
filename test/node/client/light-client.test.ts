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

  test("hands out a record with its version, and that there is none", async () => {
    const chain = createChain();
    chain.advance();
    const { client } = clientOf(chain, [await serve(chain)]);
    const key = Uint8Array.of(1, 2);
    const put = { type: "put-record", key, value: Uint8Array.of(9) } as const;
    await client.submitAndWait({ from: alice, call: put });
    const record = await client.record(key);
    expect(record).toMatchObject({ version: 1, owner: alice.address, value: put.value, height: 2 });
    const none = { version: 0, owner: undefined, value: undefined };
    expect(await client.record(Uint8Array.of(7))).toMatchObject(none);
  });

  test("hands out who holds a lease, with the token, as long as it is held", async () => {
    const chain = createChain();
    chain.advance();
    const { client } = clientOf(chain, [await serve(chain)]);
    const key = Uint8Array.of(1, 2);
    const nobody = { holder: undefined, token: undefined, expiresAt: undefined };
    expect(await client.lease(key)).toMatchObject(nobody);
    const call = { type: "acquire-lease", key, heights: 1 } as const;
    await client.submitAndWait({ from: alice, call });
    const held = { holder: alice.address, token: 2, expiresAt: 3 };
    expect(await client.lease(key)).toMatchObject({ ...held, height: 2 });
    chain.advance();
    expect(await client.lease(key)).toMatchObject({ ...held, height: 3 });
    chain.advance();
    expect(await client.lease(key)).toMatchObject({ ...nobody, height: 4 });
  });
});
