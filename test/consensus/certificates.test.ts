import { describe, expect, test } from "vitest";
import {
  commitCertCodec,
  commitVoteBytes,
  highQcViewOf,
  laterCert,
  proposalBytes,
  quorumCertCodec,
  sameVote,
  timeoutBytes,
  timeoutCertCodec,
  voteBytes,
} from "../../consensus/index.ts";
import {
  ascii,
  type Codec,
  concatBytes,
  decode,
  encode,
  epoch,
  height,
  toHex,
  view,
} from "../../crypto/index.ts";
import { hashOf, world } from "./fixtures.ts";

const { block, qc, tc, commitCert, contentOf, genesis, validators, rootAfter } = world();

describe("what a signature covers", () => {
  const { chainId } = validators;
  const content = contentOf(3);
  const commit = { ...content, stateRoot: rootAfter(3) };
  const timeout = { epoch: content.epoch, view: content.view, highQcView: view(2) };

  test.each([
    ["quorate/vote/1", voteBytes(chainId, content)],
    ["quorate/commit-vote/1", commitVoteBytes(chainId, commit)],
    ["quorate/timeout/1", timeoutBytes(chainId, timeout)],
    ["quorate/proposal/1", proposalBytes(chainId, block(3))],
  ])("starts with the kind of message, %s, and the chain", (kind, bytes) => {
    const start = concatBytes(new Uint8Array([kind.length]), ascii(kind), chainId);
    expect(toHex(bytes.subarray(0, start.length))).toBe(toHex(start));
  });

  test.each([
    ["the chain", voteBytes(hashOf("other"), content)],
    ["the epoch", voteBytes(chainId, { ...content, epoch: epoch(2) })],
    ["the view", voteBytes(chainId, { ...content, view: view(4) })],
    ["the height", voteBytes(chainId, { ...content, height: height(4) })],
    ["the block", voteBytes(chainId, { ...content, block: hashOf("other") })],
  ])("of a vote differs with %s", (_, other) => {
    expect(toHex(other)).not.toBe(toHex(voteBytes(chainId, content)));
  });

  test("of a commit vote differs with the state root", () => {
    const other = commitVoteBytes(chainId, { ...commit, stateRoot: hashOf("other") });
    expect(toHex(other)).not.toBe(toHex(commitVoteBytes(chainId, commit)));
  });

  test("of a timeout differs with the certificate that it names", () => {
    const other = timeoutBytes(chainId, { ...timeout, highQcView: view(1) });
    expect(toHex(other)).not.toBe(toHex(timeoutBytes(chainId, timeout)));
  });

  test("of a proposal differs with any field of the block", () => {
    const made = block(3);
    const others = [
      { ...made, payload: hashOf("other") },
      { ...made, timestampMs: made.timestampMs + 1 },
      { ...made, proposer: 2 },
      { ...made, justify: qc(2, { by: [1, 2, 3] }) },
    ];
    const bytes = new Set([made, ...others].map((each) => toHex(proposalBytes(chainId, each))));
    expect(bytes.size).toBe(5);
  });

  test("is the same for a vote and for the certificate made of it", () => {
    expect(voteBytes(chainId, qc(3))).toEqual(voteBytes(chainId, content));
    expect(commitVoteBytes(chainId, commitCert(3))).toEqual(commitVoteBytes(chainId, commit));
  });
});

describe("certificates", () => {
  test("survive their codecs", () => {
    expectSurvives(quorumCertCodec, qc(3));
    expectSurvives(quorumCertCodec, genesis);
    expectSurvives(commitCertCodec, commitCert(3));
    expectSurvives(timeoutCertCodec, tc(7, { highQc: 5, highQcViews: [3, 5, 0] }));
  });

  test("remember the highest view that any signer claims", () => {
    expect(highQcViewOf(tc(7, { highQc: 5, highQcViews: [3, 5, 0] }))).toBe(5);
  });

  test("of the later view win, the first of two equals", () => {
    const again = qc(3, { by: [1, 2, 3] });
    expect(laterCert(qc(2), again)).toBe(again);
    expect(laterCert(again, qc(2))).toBe(again);
    expect(laterCert(again, qc(3))).toBe(again);
  });

  test("speak of the same vote whoever signed them, and of another with any other content", () => {
    expect(sameVote(qc(3), qc(3, { by: [1, 2, 3] }))).toBe(true);
    expect(sameVote(qc(3), qc(2))).toBe(false);
    expect(sameVote(qc(3), { ...qc(3), view: view(9) })).toBe(false);
    expect(sameVote(qc(3), { ...qc(3), height: height(9) })).toBe(false);
    expect(sameVote(qc(3), { ...qc(3), epoch: epoch(9) })).toBe(false);
    expect(sameVote(qc(3), qc(block(3, { payload: "other" })))).toBe(false);
  });

  test("of genesis are signed by nobody", () => {
    expect([genesis.view, genesis.height, genesis.signatures.signers.length]).toEqual([0, 0, 0]);
  });
});

function expectSurvives<T>(codec: Codec<T>, value: T): void {
  expect(decode(codec, encode(codec, value))).toEqual({ ok: true, value });
}
