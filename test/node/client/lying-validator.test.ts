import { describe, expect, test } from "vitest";
import { epoch, formatAddress, type Hash, height, toHex } from "../../../crypto/index.ts";
import type { LieCode } from "../../../node/client/index.ts";
import { accountKey } from "../../../node/ledger/index.ts";
import type { ReceiptProof, StateProof } from "../../../node/proof/index.ts";
import {
  alice,
  bob,
  carol,
  certify,
  createChain,
  genesisOf,
  receiptProofHex,
  stateProofHex,
  type TestChain,
} from "./chain-fixture.ts";
import { accountPage, clientOf, type Json, type LieAbout, serve } from "./validator-fixture.ts";

const OTHER_CHAIN = createChain(genesisOf("another")).root.validators.chainId;
/** More than a client takes for now: 15 s of one block a second. */
const BLOCKS = 20;

function chainOfBlocks(count = BLOCKS): TestChain {
  const chain = createChain();
  for (let at = 0; at < count; at++) chain.advance();
  return chain;
}

/** A lie in the JSON of an account's page. */
function saying(change: (body: Json, chain: TestChain) => Json) {
  return (chain: TestChain): LieAbout =>
    async ({ path, truth }) => {
      if (!path.startsWith("/v1/accounts/")) return undefined;
      const { status, body } = await truth();
      return { status, body: { ...body, ...change(body, chain) } };
    };
}

/** A lie in the proof of alice's account. */
function proving(change: (proof: StateProof, chain: TestChain) => StateProof) {
  return saying((_, chain) => ({
    proof: stateProofHex(change(chain.stateProof(accountKey(alice.address)), chain)),
  }));
}

const { chainId } = createChain().root.validators;

type Lie = readonly [
  what: string,
  lie: (chain: TestChain) => LieAbout,
  code: LieCode | "BAD_ANSWER",
  reason: string | undefined,
];

const LIES_ABOUT_STATE: readonly Lie[] = [
  ["a balance", saying(() => ({ balance: "7" })), "CONTRADICTS_PROOF", "balance"],
  ["a nonce", saying(() => ({ nonce: 7 })), "CONTRADICTS_PROOF", "nonce"],
  ["an answer without a proof", saying(() => ({ proof: undefined })), "MISSING_PROOF", "no-proof"],
  ["a proof that is no text", saying(() => ({ proof: 7 })), "BAD_ANSWER", undefined],
  ["a proof that is no hex", saying(() => ({ proof: "0xyz" })), "BAD_ANSWER", undefined],
  [
    "another balance in the leaf",
    proving(({ proof, ...rest }) => {
      const value = Uint8Array.from(proof.leaf.value).fill(255, 0, 8);
      return { ...rest, proof: { ...proof, leaf: { ...proof.leaf, value } } };
    }),
    "BAD_PROOF",
    "wrong-root",
  ],
  [
    "an absence, by the proof of another gap",
    proving((proof, chain) => ({
      ...proof,
      proof: chain.stateProof(accountKey(carol.address)).proof,
    })),
    "BAD_PROOF",
    "wrong-leaf",
  ],
  [
    "an absence, by a leaf that names a later next key",
    proving(({ proof, ...rest }, chain) => {
      const { proof: gap } = chain.stateProof(Uint8Array.of(1));
      const leaf = { ...gap.leaf, nextKey: Uint8Array.of(255) };
      return { ...rest, proof: { ...gap, leaf } };
    }),
    "BAD_PROOF",
    "wrong-root",
  ],
  [
    "the proof of another key",
    proving((_, chain) => chain.stateProof(accountKey(bob.address))),
    "WRONG_SUBJECT",
    "wrong-key",
  ],
  [
    "the proof of another key under this key's name",
    proving((proof, chain) => ({
      ...proof,
      proof: chain.stateProof(accountKey(bob.address)).proof,
    })),
    "BAD_PROOF",
    "wrong-leaf",
  ],
  [
    "a stale height for now",
    saying((_, chain) => accountPage(chain, formatAddress(alice.address), 1).body),
    "STALE",
    `height 1 is ${(BLOCKS - 1) * 1_000} ms old`,
  ],
  [
    "a forged signature",
    proving(({ cert, ...rest }) => {
      const [first, ...others] = cert.signatures.signatures;
      const forged = Uint8Array.from(first ?? []).fill(1, 0, 8) as typeof first & {};
      const signatures = { ...cert.signatures, signatures: [forged, ...others] };
      return { ...rest, cert: { ...cert, signatures } };
    }),
    "BAD_CERTIFICATE",
    "bad-signature",
  ],
  [
    "a state root that nobody signed",
    proving(({ cert, ...rest }) => {
      const stateRoot = new Uint8Array(32).fill(3) as Hash;
      return { ...rest, cert: { ...cert, stateRoot } };
    }),
    "BAD_CERTIFICATE",
    "bad-signature",
  ],
  [
    "a certificate of too few signers",
    proving(({ cert, ...rest }) => ({ ...rest, cert: certify(cert, chainId, [0, 1]) })),
    "BAD_CERTIFICATE",
    "below-quorum",
  ],
  [
    "a certificate of nobody",
    proving(({ cert, ...rest }) => ({ ...rest, cert: certify(cert, chainId, []) })),
    "BAD_CERTIFICATE",
    "below-quorum",
  ],
  [
    "a certificate with a signer that genesis does not know",
    proving(({ cert, ...rest }) => {
      const { signatures } = cert.signatures;
      return { ...rest, cert: { ...cert, signatures: { signers: [0, 1, 9], signatures } } };
    }),
    "BAD_CERTIFICATE",
    "unknown-signer",
  ],
  [
    "a certificate of another chain",
    proving(({ cert, ...rest }) => ({ ...rest, cert: certify(cert, OTHER_CHAIN) })),
    "BAD_CERTIFICATE",
    "bad-signature",
  ],
  [
    "a certificate of another epoch",
    proving(({ cert, ...rest }) => ({
      ...rest,
      cert: certify({ ...cert, epoch: epoch(1) }, chainId),
    })),
    "BAD_CERTIFICATE",
    "wrong-epoch",
  ],
  [
    "the certificate of another height, replayed",
    proving((proof, chain) => ({ ...proof, cert: chain.step(BLOCKS - 1).cert })),
    "BAD_PROOF",
    "last-block-not-proven",
  ],
  [
    "a certificate for another height than its state's",
    proving(({ cert, ...rest }) => {
      const moved = { ...cert, height: height(cert.height + 5) };
      return { ...rest, cert: certify(moved, chainId) };
    }),
    "BAD_PROOF",
    "wrong-height",
  ],
  [
    "a proof of the height before under this height's certificate",
    proving(({ cert }, chain) => ({
      ...chain.stateProof(accountKey(alice.address), BLOCKS - 1),
      cert,
    })),
    "BAD_PROOF",
    "last-block-not-proven",
  ],
  [
    "a cut path",
    proving(({ proof, ...rest }) => ({
      ...rest,
      proof: { ...proof, siblings: proof.siblings.slice(1) },
    })),
    "BAD_PROOF",
    "wrong-shape",
  ],
  [
    "an extended path",
    proving(({ proof, ...rest }) => ({
      ...rest,
      proof: { ...proof, siblings: [...proof.siblings, new Uint8Array(32) as Hash] },
    })),
    "BAD_PROOF",
    "wrong-shape",
  ],
  [
    "a reordered path",
    proving(({ proof, ...rest }) => ({
      ...rest,
      proof: { ...proof, siblings: proof.siblings.toReversed() },
    })),
    "BAD_PROOF",
    "wrong-root",
  ],
  [
    "a proof cut by one byte",
    saying(({ proof }) => ({ proof: proof.slice(0, -2) })),
    "BAD_PROOF",
    "malformed",
  ],
  [
    "a proof extended by one byte",
    saying(({ proof }) => ({ proof: `${proof}00` })),
    "BAD_PROOF",
    "malformed",
  ],
];

describe("a validator that lies about the state", () => {
  test.each(LIES_ABOUT_STATE)("is caught at %s", async (_what, lie, code, reason) => {
    const chain = chainOfBlocks();
    const { client } = clientOf(chain, [await serve(chain, { lie: lie(chain) })]);
    const failure = await client.account(alice.address).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "ClientError", code });
    if (reason !== undefined) expect(failure).toMatchObject({ reason });
  });

  test.each(LIES_ABOUT_STATE)("does not keep the truth away by %s", async (_what, lie, code) => {
    const chain = chainOfBlocks();
    const liar = await serve(chain, { lie: lie(chain) });
    const { client, suspicions } = clientOf(chain, [liar, await serve(chain)]);
    const account = await client.account(alice.address);
    expect(account).toMatchObject({ balance: 1_000_000n, nonce: 0, height: BLOCKS });
    const told = suspicions.map(({ url, code }) => ({ url, code }));
    expect(told).toEqual(code === "BAD_ANSWER" ? [] : [{ url: liar.url, code }]);
  });

  test("is caught when it hides what an account holds behind an absence", async () => {
    const chain = chainOfBlocks(2);
    const lie: LieAbout = ({ path }) =>
      path.startsWith("/v1/accounts/")
        ? accountPage(chain, formatAddress(carol.address))
        : undefined;
    const { client } = clientOf(chain, [await serve(chain, { lie })]);
    const absent = client.account(alice.address);
    await expect(absent).rejects.toMatchObject({ code: "WRONG_SUBJECT", reason: "wrong-key" });
  });

  test("is caught when it goes back behind what was proven before", async () => {
    const chain = chainOfBlocks(3);
    let lag = 0;
    const lie: LieAbout = ({ path }) =>
      path.startsWith("/v1/accounts/")
        ? accountPage(chain, formatAddress(alice.address), chain.tip() - lag)
        : undefined;
    const laggard = await serve(chain, { lie });
    const { client } = clientOf(chain, [laggard]);
    expect(await client.account(alice.address)).toMatchObject({ height: 3 });
    lag = 1;
    const back = client.account(alice.address);
    await expect(back).rejects.toMatchObject({
      code: "BEHIND",
      retryable: true,
      suspicions: [{ url: laggard.url, code: "BEHIND" }],
    });
  });

  test("is caught when it goes back behind what another validator proved", async () => {
    const chain = chainOfBlocks(3);
    let isDown = false;
    const lie: LieAbout = () => (isDown ? { status: 500, body: {} } : undefined);
    const behind: LieAbout = ({ path }) =>
      path.startsWith("/v1/accounts/")
        ? accountPage(chain, formatAddress(alice.address), 2)
        : undefined;
    const validators = [await serve(chain, { lie }), await serve(chain, { lie: behind })];
    const { client } = clientOf(chain, validators);
    expect(await client.account(alice.address)).toMatchObject({ height: 3 });
    isDown = true;
    await expect(client.account(alice.address)).rejects.toMatchObject({ code: "BEHIND" });
  });

  test.each([
    ["another value", { value: "0x07" }],
    ["no value", { value: null }],
  ])("is caught at %s beside the proof of a key", async (_what, change) => {
    const chain = chainOfBlocks(2);
    const lie: LieAbout = async ({ path, truth }) => {
      if (!path.startsWith("/v1/state/")) return undefined;
      const { status, body } = await truth();
      return { status, body: { ...body, ...change } };
    };
    const liar = await serve(chain, { lie });
    const key = accountKey(alice.address);
    const { client } = clientOf(chain, [liar]);
    await expect(client.state(key)).rejects.toMatchObject({
      code: "CONTRADICTS_PROOF",
      reason: "value",
    });
    const { client: cautious } = clientOf(chain, [liar, await serve(chain)]);
    expect((await cautious.state(key)).value).toEqual(chain.ledger.reader().get(key));
  });

  test("is not asked the same question again", async () => {
    const chain = chainOfBlocks(2);
    const liar = await serve(chain, { lie: saying(() => ({ balance: "7" }))(chain) });
    const { client } = clientOf(chain, [liar], { rounds: 3 });
    await expect(client.account(alice.address)).rejects.toMatchObject({ retryable: false });
    expect(liar.requests).toHaveLength(1);
  });

  test("tells of every validator in the final error", async () => {
    const chain = chainOfBlocks(2);
    const [first, second] = [
      await serve(chain, { lie: saying(() => ({ balance: "7" }))(chain) }),
      await serve(chain, { lie: saying(() => ({ proof: undefined }))(chain) }),
    ];
    const { client } = clientOf(chain, [first, second]);
    await expect(client.account(alice.address)).rejects.toMatchObject({
      suspicions: [
        { url: first.url, code: "CONTRADICTS_PROOF" },
        { url: second.url, code: "MISSING_PROOF" },
      ],
    });
  });
});

/** A lie in the proof of alice's first payment; the chain has a second one. */
function receiptSaying(change: (proof: ReceiptProof, chain: TestChain) => ReceiptProof) {
  return (chain: TestChain): LieAbout =>
    ({ path }) => {
      if (!path.endsWith("/proof")) return undefined;
      const proof = chain.receiptProof(payments(chain)[0]) as ReceiptProof;
      return { status: 200, body: { proof: receiptProofHex(change(proof, chain)) } };
    };
}

function payments(chain: TestChain): readonly [Hash, Hash] {
  const [first, second] = [1, 2, 3, 4].flatMap((at) => chain.step(at).transactions);
  return [first?.id as Hash, second?.id as Hash];
}

const LIES_ABOUT_RECEIPTS: readonly Lie[] = [
  [
    "a failure made a success",
    receiptSaying(({ receipt, ...rest }) => ({
      ...rest,
      receipt: { ...receipt, result: "failed", code: "for-fun" },
    })),
    "BAD_PROOF",
    "receipt-not-in-block",
  ],
  [
    "the receipt of another transaction",
    receiptSaying((_, chain) => chain.receiptProof(payments(chain)[1]) as ReceiptProof),
    "WRONG_SUBJECT",
    "wrong-transaction",
  ],
  [
    "the receipt of another transaction under this one's name",
    receiptSaying(({ receipt }, chain) => {
      const other = chain.receiptProof(payments(chain)[1]) as ReceiptProof;
      return { ...other, receipt: { ...other.receipt, transaction: receipt.transaction } };
    }),
    "BAD_PROOF",
    "receipt-not-in-block",
  ],
  [
    "another place in the block",
    receiptSaying(({ receipt, ...rest }) => ({ ...rest, receipt: { ...receipt, index: 1 } })),
    "BAD_PROOF",
    "wrong-index",
  ],
  [
    "the certificate of another height, replayed",
    receiptSaying((proof, chain) => ({ ...proof, cert: chain.step(4).cert })),
    "BAD_PROOF",
    "last-block-not-proven",
  ],
  [
    "a certificate of too few signers",
    receiptSaying(({ cert, ...rest }) => ({ ...rest, cert: certify(cert, chainId, [2, 3]) })),
    "BAD_CERTIFICATE",
    "below-quorum",
  ],
  [
    "no proof at all",
    () =>
      ({ path }) =>
        path.endsWith("/proof") ? { status: 200, body: { result: "ok" } } : undefined,
    "MISSING_PROOF",
    "no-proof",
  ],
];

describe("a validator that lies about a receipt", () => {
  async function chainOfTwoPayments(): Promise<TestChain> {
    const chain = createChain();
    chain.advance();
    const { client } = clientOf(chain, [await serve(chain)]);
    await client.transfer({ from: alice, to: bob.address, amount: 1n });
    await client.transfer({ from: alice, to: bob.address, amount: 2n });
    chain.advance();
    return chain;
  }

  test.each(LIES_ABOUT_RECEIPTS)("is caught at %s", async (_what, lie, code, reason) => {
    const chain = await chainOfTwoPayments();
    const { client } = clientOf(chain, [await serve(chain, { lie: lie(chain) })]);
    const receipt = client.receipt(payments(chain)[0]);
    await expect(receipt).rejects.toMatchObject({ code, reason });
  });

  test.each(LIES_ABOUT_RECEIPTS)("does not keep the truth away by %s", async (_what, lie, code) => {
    const chain = await chainOfTwoPayments();
    const liar = await serve(chain, { lie: lie(chain) });
    const { client, suspicions } = clientOf(chain, [liar, await serve(chain)]);
    const [first] = payments(chain);
    const proven = await client.receipt(first);
    expect(toHex(proven.receipt.transaction)).toBe(toHex(first));
    expect(proven).toMatchObject({ height: 2, receipt: { result: "ok" } });
    expect(suspicions).toMatchObject([{ url: liar.url, code }]);
  });
});
