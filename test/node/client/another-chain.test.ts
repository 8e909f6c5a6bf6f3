// A genesis that is not the one of the nodes' chain: it is said so, and honest nodes are not called liars.

import { describe, expect, test } from "vitest";
import { toHex } from "../../../crypto/index.ts";
import { alice, bob, createChain, genesisOf, type TestChain } from "./chain-fixture.ts";
import { clientOf, type LieAbout, problem, serve } from "./validator-fixture.ts";

const ours = createChain();
const theirs = createChain(genesisOf("another"));
for (const chain of [ours, theirs]) for (let at = 0; at < 2; at++) chain.advance();

/** As a node answers, whose chain's id a client may ask. */
const naming =
  (chain: TestChain): LieAbout =>
  ({ path }) =>
    path === "/v1/status"
      ? { status: 200, body: { chainId: toHex(chain.root.validators.chainId) } }
      : undefined;

const WRONG_CHAIN = {
  name: "ClientError",
  code: "WRONG_CHAIN",
  reason: "of-another-chain",
  retryable: false,
  remedy: "is the genesis the one of this very chain?",
};

describe("a node of another chain", () => {
  test("is told from a liar, and the genesis is asked after", async () => {
    const node = await serve(theirs, { lie: naming(theirs) });
    const { client, suspicions } = clientOf(ours, [node], { rounds: 3 });
    const failure = client.account(alice.address);
    await expect(failure).rejects.toMatchObject({
      ...WRONG_CHAIN,
      url: node.url,
      message: `${node.url} is a node of another chain; ${WRONG_CHAIN.remedy}`,
    });
    expect(suspicions).toEqual([
      { url: node.url, code: "WRONG_CHAIN", reason: WRONG_CHAIN.reason },
    ]);
    expect(node.requests).toHaveLength(2);
  });

  test("is given no transaction", async () => {
    const node = await serve(theirs, { lie: naming(theirs) });
    const { client } = clientOf(ours, [node]);
    const payment = client.transfer({ from: alice, to: bob.address, amount: 1n });
    await expect(payment).rejects.toMatchObject(WRONG_CHAIN);
    expect(node.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
  });

  test.each([1, 2])("is told from a liar when its blocks are watched from %i on", async (from) => {
    const node = await serve(theirs, { lie: naming(theirs) });
    const seen = new AbortController();
    const heard: unknown[] = [];
    const { client } = clientOf(ours, [node], {
      onSuspicion: (suspicion) => {
        heard.push(suspicion);
        seen.abort();
      },
    });
    const watching = client.watchBlocks({ from, signal: seen.signal }).next();
    await expect(watching).rejects.toMatchObject({ name: "AbortError" });
    expect(heard).toMatchObject([{ url: node.url, code: "WRONG_CHAIN" }]);
  });

  test("does not keep the truth of a node of this chain away", async () => {
    const node = await serve(theirs, { lie: naming(theirs) });
    const { client } = clientOf(ours, [node, await serve(ours, { lie: naming(ours) })]);
    expect(await client.account(alice.address)).toMatchObject({ height: 2 });
  });
});

describe("a node that proves another chain's state", () => {
  test.each([
    ["says that its chain is this one", naming(ours)],
    [
      "does not say which chain it is of",
      ({ path }) => path === "/v1/status" && problem(503, "NOT_SYNCED"),
    ],
    [
      "says something that is no chain",
      ({ path }) => path === "/v1/status" && { status: 200, body: { chainId: 7 } },
    ],
  ] as [string, LieAbout][])("and %s is a liar", async (_what, lie) => {
    const liar = await serve(theirs, { lie: (request) => lie(request) || undefined });
    const { client, suspicions } = clientOf(ours, [liar]);
    const code = "BAD_CERTIFICATE";
    await expect(client.account(alice.address)).rejects.toMatchObject({ code, remedy: undefined });
    expect(suspicions).toMatchObject([{ url: liar.url, code }]);
  });
});
