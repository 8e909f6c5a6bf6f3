import { describe, expect, test } from "vitest";
import type { CommitCert } from "../../../consensus/index.ts";
import { toHex } from "../../../crypto/index.ts";
import type { FinalBlock, LieCode, LightClient } from "../../../node/client/index.ts";
import { alice, bob, certify, createChain, genesisOf, type TestChain } from "./chain-fixture.ts";
import { clientOf, type Json, type StreamLie, serve } from "./validator-fixture.ts";

const BLOCKS = 6;
const OTHER_CHAIN = createChain(genesisOf("another")).root.validators.chainId;
const { chainId } = createChain().root.validators;

/** Blocks 1..6; 2 and 3 have no certificate of their own. */
function chainOfBlocks(uncertified: readonly number[] = [2, 3]): TestChain {
  const chain = createChain();
  for (let at = 1; at <= BLOCKS; at++) {
    chain.advance([], { isCertified: !uncertified.includes(at) });
  }
  return chain;
}

async function take(
  client: LightClient,
  count: number,
  watch: { readonly from?: number; readonly signal?: AbortSignal } = { from: 1 },
): Promise<readonly FinalBlock[]> {
  const blocks: FinalBlock[] = [];
  for await (const block of client.watchBlocks(watch)) {
    blocks.push(block);
    if (blocks.length === count) break;
  }
  return blocks;
}

const heightsOf = (blocks: readonly FinalBlock[]) => blocks.map(({ height }) => height);
const ALL = [1, 2, 3, 4, 5, 6];

describe("watching blocks", () => {
  test("hands out every block once, those without a certificate too", async () => {
    const chain = chainOfBlocks();
    const { client, suspicions } = clientOf(chain, [await serve(chain)]);
    const blocks = await take(client, BLOCKS);
    expect(heightsOf(blocks)).toEqual(ALL);
    expect(blocks.map(({ hash }) => toHex(hash))).toEqual(
      ALL.map((at) => toHex(chain.step(at).hash)),
    );
    expect(blocks.map(({ stateRoot }) => stateRoot === undefined)).toEqual(
      ALL.map((at) => at === 2 || at === 3),
    );
    expect(suspicions).toEqual([]);
  });

  test("begins where it is told to, and names the transactions", async () => {
    const chain = chainOfBlocks();
    const validator = await serve(chain);
    const { client } = clientOf(chain, [validator]);
    const paid = await client.transfer({ from: alice, to: bob.address, amount: 1n });
    const blocks = await take(client, 3, { from: 5 });
    expect(heightsOf(blocks)).toEqual([5, 6, 7]);
    expect(blocks[2]?.transactions).toEqual([paid.receipt.transaction]);
  });

  test("begins with the next final block unless told otherwise", async () => {
    const chain = chainOfBlocks();
    const validator = await serve(chain);
    const { client } = clientOf(chain, [validator]);
    const aborted = new AbortController();
    const watching = take(client, 1, { signal: aborted.signal });
    await expect
      .poll(() => validator.requests.filter((request) => request.includes("/v1/events")))
      .toEqual([`GET /v1/events?from=${BLOCKS + 1}&topics=block`]);
    aborted.abort();
    await expect(watching).rejects.toMatchObject({ name: "AbortError" });
  });

  test.each([1, 2, 3, 4, 5])(
    "goes on without gap or repeat when streams break after %i blocks",
    async (breakAfter) => {
      // However short the streams, each brings a certified block.
      const chain = chainOfBlocks(breakAfter < 3 ? [] : [2, 3]);
      const validators = [await serve(chain, { breakAfter }), await serve(chain, { breakAfter })];
      const { client, suspicions } = clientOf(chain, validators);
      expect(heightsOf(await take(client, BLOCKS))).toEqual(ALL);
      expect(suspicions).toEqual([]);
    },
  );

  test("goes on with another validator when one is gone", async () => {
    const chain = chainOfBlocks();
    const gone = { url: "http://127.0.0.1:1", requests: [] };
    const { client } = clientOf(chain, [gone, await serve(chain)]);
    expect(heightsOf(await take(client, BLOCKS))).toEqual(ALL);
  });

  test.each([
    ["from the start", 1],
    ["after some blocks", 4],
  ])("goes on with another validator when one stands still %s", async (_when, from) => {
    const chain = chainOfBlocks([]);
    const still = await serve(chain, {
      streamLie: (page, height) => (height < from ? [page] : []),
    });
    const options = { maxStalenessMs: 50 };
    const { client, suspicions } = clientOf(chain, [still, await serve(chain)], options);
    expect(heightsOf(await take(client, BLOCKS))).toEqual(ALL);
    expect(suspicions[0]).toMatchObject({ url: still.url, code: "STALE" });
  });
});

/** Lies about one block of the chain. */
function at(height: number, change: (page: Json, chain: TestChain) => Json) {
  return (chain: TestChain): StreamLie =>
    (page, seen) =>
      seen === height ? [change(page, chain)] : [page];
}

function certJson(cert: CommitCert): Json {
  const { signers, signatures } = cert.signatures;
  return {
    ...cert,
    block: toHex(cert.block),
    stateRoot: toHex(cert.stateRoot),
    signers,
    signatures: signatures.map(toHex),
  };
}

/** Another certificate for block 4. */
function certified(change: (cert: CommitCert, chain: TestChain) => CommitCert) {
  return at(4, (page, chain) => {
    const commit = certJson(change(chain.step(4).cert, chain));
    return { ...page, certificates: { ...page.certificates, commit } };
  });
}

const HASH = `0x${"ab".repeat(32)}`;

const LIES: readonly (readonly [
  what: string,
  lie: (chain: TestChain) => StreamLie,
  code: LieCode,
  reason: string,
])[] = [
  [
    "a gap",
    () => (page, height) => (height === 4 ? [] : [page]),
    "BLOCK_GAP",
    "height 5, where 4 is next",
  ],
  [
    "a repeat",
    () => (page, height) => (height === 4 ? [page, page] : [page]),
    "BLOCK_REPEATED",
    "height 4 again",
  ],
  ["another payload", at(4, (page) => ({ ...page, payload: HASH })), "FORGED_BLOCK", "wrong-hash"],
  ["another time", at(4, (page) => ({ ...page, timestampMs: 7 })), "FORGED_BLOCK", "wrong-hash"],
  [
    "a transaction too many",
    at(4, (page) => ({ ...page, transactions: [HASH] })),
    "FORGED_BLOCK",
    "wrong-payload",
  ],
  [
    "a block of another chain",
    at(4, () => {
      const other = createChain(genesisOf("another"));
      for (let at = 1; at <= 4; at++) other.advance();
      return other.blockPage(4);
    }),
    "FORGED_BLOCK",
    "wrong-parent",
  ],
  [
    "a certificate of too few signers",
    certified((cert) => certify(cert, chainId, [0, 3])),
    "BAD_CERTIFICATE",
    "below-quorum",
  ],
  [
    "a certificate of another chain",
    certified((cert) => certify(cert, OTHER_CHAIN)),
    "BAD_CERTIFICATE",
    "bad-signature",
  ],
  [
    "the certificate of another block, replayed",
    certified((_, chain) => chain.step(1).cert),
    "BAD_CERTIFICATE",
    "of-another-block",
  ],
];

describe("a validator that lies in its stream", () => {
  test.each(LIES)(
    "is caught at %s, and nothing of it is handed out",
    async (_what, lie, code, reason) => {
      const chain = chainOfBlocks();
      const liar = await serve(chain, { streamLie: lie(chain) });
      const caught = new AbortController();
      const heard: unknown[] = [];
      const { client } = clientOf(chain, [liar], {
        onSuspicion: (suspicion) => {
          heard.push(suspicion);
          caught.abort();
        },
      });
      const { signal } = caught;
      const handedOut: FinalBlock[] = [];
      const watching = (async () => {
        for await (const block of client.watchBlocks({ from: 1, signal })) handedOut.push(block);
      })();
      await expect(watching).rejects.toMatchObject({ name: "AbortError" });
      expect(heard).toMatchObject([{ url: liar.url, code, reason }]);
      expect(
        handedOut.every((block) => toHex(block.hash) === toHex(chain.step(block.height).hash)),
      ).toBe(true);
    },
  );

  test.each(LIES)("does not keep the blocks away by %s", async (_what, lie, code) => {
    const chain = chainOfBlocks();
    const liar = await serve(chain, { streamLie: lie(chain) });
    const { client, suspicions } = clientOf(chain, [liar, await serve(chain)]);
    const blocks = await take(client, BLOCKS);
    expect(blocks.map(({ hash }) => toHex(hash))).toEqual(
      ALL.map((at) => toHex(chain.step(at).hash)),
    );
    expect(suspicions).toMatchObject([{ url: liar.url, code }]);
  });

  test("gets nothing believed without a certificate", async () => {
    const chain = chainOfBlocks(ALL);
    const bare = await serve(chain, { breakAfter: BLOCKS });
    const { client } = clientOf(chain, [bare]);
    const aborted = new AbortController();
    const watching = take(client, 1, { from: 1, signal: aborted.signal });
    await expect.poll(() => bare.requests.length).toBeGreaterThan(2);
    aborted.abort();
    await expect(watching).rejects.toMatchObject({ name: "AbortError" });
  });
});
