import { describe, expect, test } from "vitest";
import type { CommitCert, Message, QuorumCert, TimeoutCert } from "../../consensus/index.ts";
import { createNobleSigner, epoch, nobleScheme, secretKey } from "../../crypto/index.ts";
import { hashOf, viewOf, world } from "./fixtures.ts";

const here = world();
const { block, chain, qc, tc, commitCert, proposal, vote, commitVote, timeout, genesis } = here;
const otherChain = world({ chain: "other" });
const otherEpoch = world({ epoch: 2 });

function verdictOn(message: Message, known: QuorumCert = genesis) {
  const verdict = here.verifier().verify(message, known);
  return verdict.ok ? "ok" : verdict.refusal;
}

function onQc(justify: QuorumCert, view: number = justify.view + 1): string {
  return verdictOn(proposal(block(view, { justify })));
}

/** As `onQc`, for lists that have no bytes at all. */
function onNamedQc(highQc: QuorumCert): string {
  return verdictOn(timeout(highQc.view + 1, { by: 3, highQc }));
}

function onTc(highTc: TimeoutCert): string {
  return verdictOn(timeout(highTc.view + 1, { by: 3, highQc: 0, highTc }));
}

function onCommitCert(cert: CommitCert): string {
  return verdictOn({ type: "decision", cert });
}

function withoutLast(signatures: QuorumCert["signatures"]): QuorumCert["signatures"] {
  return { signers: signatures.signers, signatures: signatures.signatures.slice(0, -1) };
}

describe("the verifier lets through", () => {
  const gaveUp = tc(7, { highQc: 5, highQcViews: [5, 3, 0] });

  test.each<readonly [string, Message]>([
    ["a proposal on the view before", proposal(3)],
    ["a proposal on genesis", proposal(1)],
    ["a proposal after views that were given up", proposal(block(8, { on: 5 }), { tc: gaveUp })],
    ["a vote", vote(3, { by: 3 })],
    ["a commit vote", commitVote(3, { by: 3 })],
    ["a commit vote with its certificate", commitVote(3, { by: 3, qc: qc(3) })],
    ["a timeout", timeout(4, { by: 1, highQc: 3 })],
    ["a timeout that names genesis", timeout(1, { by: 1, highQc: 0 })],
    ["a timeout with proof and vote", timeout(8, { by: 1, highQc: 5, highTc: gaveUp })],
    [
      "a timeout with the vote of its view",
      timeout(4, { by: 1, highQc: 3, vote: vote(4, { by: 1 }) }),
    ],
    ["a decision", { type: "decision", cert: commitCert(3) }],
  ])("%s", (_, message) => {
    expect(verdictOn(message)).toBe("ok");
  });

  test("a certificate of any quorum", () => {
    for (const by of [
      [0, 1, 2],
      [0, 1, 3],
      [1, 2, 3],
      [0, 1, 2, 3],
    ])
      expect(onQc(qc(3, { by }))).toBe("ok");
  });
});

describe("the verifier refuses, as wrong-epoch,", () => {
  test.each<readonly [string, Message]>([
    ["a proposal", otherEpoch.proposal(3)],
    [
      "a block on a certificate of ours",
      here.signed({ type: "proposal", block: { ...block(3), epoch: epoch(2) } }),
    ],
    ["a vote", otherEpoch.vote(3, { by: 1 })],
    ["a commit vote", otherEpoch.commitVote(3, { by: 1 })],
    ["a timeout", otherEpoch.timeout(4, { by: 1, highQc: 3 })],
    [
      "a timeout around a certificate of ours",
      here.signed({
        type: "timeout",
        content: { epoch: epoch(2), view: viewOf(4), highQcView: viewOf(3) },
        voter: 1,
        highQc: qc(3),
      }),
    ],
    ["a decision", { type: "decision", cert: otherEpoch.commitCert(3) }],
    ["a certificate in a block", proposal(block(4, { justify: otherEpoch.qc(3) }))],
    [
      "a timeout certificate",
      timeout(8, { by: 1, highQc: 5, highTc: otherEpoch.tc(7, { highQc: 5 }) }),
    ],
  ])("%s", (_, message) => {
    expect(verdictOn(message)).toBe("wrong-epoch");
  });
});

test("the verifier refuses, as wrong-epoch, a timeout certificate around a certificate of ours", () => {
  expect(onTc({ ...tc(7, { highQc: 5 }), epoch: epoch(2) })).toBe("wrong-epoch");
});

describe("the verifier refuses, as bad-signature,", () => {
  test.each<readonly [string, Message]>([
    ["a proposal of another chain", otherChain.proposal(3)],
    ["a vote of another chain", otherChain.vote(3, { by: 1 })],
    ["a commit vote of another chain", otherChain.commitVote(3, { by: 1 })],
    ["a timeout of another chain", otherChain.timeout(4, { by: 1, highQc: 3 })],
    ["a decision of another chain", { type: "decision", cert: otherChain.commitCert(3) }],
    ["a vote in another's name", { ...vote(3, { by: 1 }), voter: 2 }],
    ["a vote whose block was changed", { ...vote(3, { by: 1 }), content: here.contentOf(4) }],
    [
      "a commit vote signed as a vote",
      { ...commitVote(3, { by: 1 }), signature: vote(3, { by: 1 }).signature },
    ],
    [
      "a commit vote for another root",
      {
        ...commitVote(3, { by: 1 }),
        content: { ...here.contentOf(3), stateRoot: hashOf("other") },
      },
    ],
    [
      "a timeout whose claim was changed",
      {
        ...timeout(4, { by: 1, highQc: 3 }),
        content: { epoch: epoch(1), view: viewOf(4), highQcView: viewOf(2) },
        highQc: qc(2),
        highTc: tc(3, { highQc: 2 }),
      },
    ],
    ["a proposal signed by another", { ...proposal(3), signature: proposal(4).signature }],
    [
      "a timeout with a vote that was not signed",
      timeout(4, {
        by: 1,
        highQc: 3,
        vote: { ...vote(4, { by: 1 }), signature: vote(3, { by: 1 }).signature },
      }),
    ],
    [
      "a decision made of votes",
      { type: "decision", cert: { ...commitCert(3), signatures: qc(3).signatures } },
    ],
  ])("%s", (_, message) => {
    expect(verdictOn(message)).toBe("bad-signature");
  });

  test("a certificate for another height, another view or another block", () => {
    expect(onQc({ ...qc(3), height: 2 as typeof genesis.height })).toBe("bad-signature");
    expect(onQc({ ...qc(3), view: viewOf(4) })).toBe("bad-signature");
    expect(onQc({ ...qc(3), block: hashOf("other") })).toBe("bad-signature");
  });

  test("a timeout certificate in which one claims another view than it signed", () => {
    const honest = tc(7, { highQc: 5, highQcViews: [5, 5, 3] });
    expect(onTc({ ...honest, highQcViews: [5, 5, 4].map(viewOf) })).toBe("bad-signature");
  });

  test("a certificate even if a valid one with other signatures was seen before", () => {
    const verifier = here.verifier();
    expect(verifier.verify(proposal(block(4)), genesis).ok).toBe(true);
    const forged = {
      ...qc(3),
      signatures: { ...qc(3).signatures, signatures: qc(2).signatures.signatures },
    };
    expect(verifier.verify(proposal(block(4, { justify: forged })), genesis)).toEqual({
      ok: false,
      refusal: "bad-signature",
    });
  });
});

describe("the verifier refuses, as", () => {
  test("unknown-validator, a voter that is not in the set", () => {
    expect(verdictOn({ ...vote(3, { by: 1 }), voter: 4 })).toBe("unknown-validator");
    expect(verdictOn({ ...commitVote(3, { by: 1 }), voter: 65_535 })).toBe("unknown-validator");
    expect(verdictOn({ ...timeout(4, { by: 1, highQc: 3 }), voter: 4 })).toBe("unknown-validator");
  });

  test("below-quorum, a certificate with f+1 signatures, or with none", () => {
    expect(onQc(qc(3, { by: [0, 1] }))).toBe("below-quorum");
    expect(onQc(qc(3, { by: [] }))).toBe("below-quorum");
    expect(onTc(tc(7, { highQc: 0, by: [1, 2] }))).toBe("below-quorum");
    expect(onCommitCert(commitCert(3, { by: [0, 3] }))).toBe("below-quorum");
  });

  test("below-quorum, a certificate with many heads and little power", () => {
    const heavy = world({ powers: [10, 1, 1, 1] });
    const verify = (by: number[]) =>
      heavy
        .verifier()
        .verify({ type: "decision", cert: heavy.commitCert(3, { by }) }, heavy.genesis);
    expect(verify([1, 2, 3])).toEqual({ ok: false, refusal: "below-quorum" });
    expect(verify([0]).ok).toBe(true);
  });

  test("below-quorum, a certificate inside a timeout certificate", () => {
    const weak = { ...tc(7, { highQc: 5 }), highQc: qc(5, { by: [0, 1] }) };
    expect(onTc(weak)).toBe("below-quorum");
  });

  test("repeated-signer, a certificate that counts one validator twice", () => {
    const once = qc(3);
    const signers = [0, 1, 1];
    expect(onNamedQc({ ...once, signatures: { ...once.signatures, signers } })).toBe(
      "repeated-signer",
    );
    const gaveUp = tc(7, { highQc: 0 });
    expect(onTc({ ...gaveUp, signatures: { ...gaveUp.signatures, signers } })).toBe(
      "repeated-signer",
    );
  });

  test("unknown-signer, a certificate with a signer beyond the set", () => {
    const cert = commitCert(3);
    const signatures = { ...cert.signatures, signers: [0, 1, 4] };
    expect(onCommitCert({ ...cert, signatures })).toBe("unknown-signer");
  });

  test("signatures-without-signers, a certificate whose lists do not match", () => {
    expect(onNamedQc({ ...qc(3), signatures: withoutLast(qc(3).signatures) })).toBe(
      "signatures-without-signers",
    );
    const gaveUp = tc(7, { highQc: 0 });
    expect(onTc({ ...gaveUp, highQcViews: [viewOf(0)] })).toBe("signatures-without-signers");
  });

  test("not-the-genesis-certificate, another block at view 0 or height 0", () => {
    expect(onQc({ ...genesis, block: hashOf("other") })).toBe("not-the-genesis-certificate");
    expect(onQc({ ...qc(3), height: genesis.height })).toBe("not-the-genesis-certificate");
    expect(onQc({ ...genesis, signatures: qc(3).signatures })).toBe("not-the-genesis-certificate");
    expect(onQc({ ...qc(3), view: genesis.view })).toBe("not-the-genesis-certificate");
  });

  test("not-the-leader, a proposal out of turn", () => {
    expect(verdictOn(proposal(block(3, { proposer: 2 })))).toBe("not-the-leader");
  });

  test("parent-is-not-certified, a block whose certificate is for another", () => {
    const made = { ...block(4), parent: hashOf("other") };
    expect(verdictOn({ ...proposal(4), block: made })).toBe("parent-is-not-certified");
  });

  test("height-does-not-follow, a block that skips or repeats a height", () => {
    for (const wrong of [3, 5]) {
      const made = { ...block(4), height: wrong as typeof genesis.height };
      expect(verdictOn({ ...proposal(4), block: made })).toBe("height-does-not-follow");
    }
  });

  test("view-does-not-follow, a block not later than its parent", () => {
    expect(verdictOn(proposal(block(4, { justify: qc(4) })))).toBe("view-does-not-follow");
    expect(verdictOn(proposal(block(4, { justify: qc(9) })))).toBe("view-does-not-follow");
  });

  test("skips-a-view-without-proof, a proposal or timeout that does not say how its view began", () => {
    const skipping = block(8, { on: 5 });
    expect(verdictOn(proposal(skipping))).toBe("skips-a-view-without-proof");
    const older = tc(6, { highQc: 5 });
    expect(verdictOn(proposal(skipping, { tc: older }))).toBe("skips-a-view-without-proof");
    expect(verdictOn(timeout(8, { by: 1, highQc: 5 }))).toBe("skips-a-view-without-proof");
  });

  test("needless-timeout-certificate, one beside a certificate of the view before", () => {
    const needless = tc(3, { highQc: 2 });
    expect(verdictOn(proposal(4, { tc: needless }))).toBe("needless-timeout-certificate");
  });

  test("forgets-a-certified-block, a proposal below what the timeouts remember", () => {
    const remembering = tc(7, { highQc: 6, highQcViews: [5, 6, 5] });
    expect(verdictOn(proposal(block(8, { on: 5 }), { tc: remembering }))).toBe(
      "forgets-a-certified-block",
    );
  });

  test("certificate-of-another-view, a timeout whose attachments are not those it speaks of", () => {
    expect(verdictOn({ ...timeout(4, { by: 1, highQc: 3 }), highQc: qc(2) })).toBe(
      "certificate-of-another-view",
    );
    const early = tc(6, { highQc: 5 });
    expect(verdictOn(timeout(8, { by: 1, highQc: 5, highTc: early }))).toBe(
      "certificate-of-another-view",
    );
  });

  test("certificate-of-another-block, a commit vote with a certificate for something else", () => {
    expect(verdictOn(commitVote(3, { by: 1, qc: qc(2) }))).toBe("certificate-of-another-block");
  });

  test("highest-certificate-missing, a timeout certificate that hides the highest certificate", () => {
    const hiding = { ...tc(7, { highQc: 6, highQcViews: [5, 6, 5] }), highQc: qc(5) };
    expect(onTc(hiding)).toBe("highest-certificate-missing");
    const boasting = { ...tc(7, { highQc: 5 }), highQc: qc(6) };
    expect(onTc(boasting)).toBe("highest-certificate-missing");
  });

  test("certificate-from-the-future, a timeout of a view that is certified", () => {
    expect(verdictOn(timeout(4, { by: 1, highQc: 4 }))).toBe("certificate-from-the-future");
    expect(onTc(tc(7, { highQc: 7 }))).toBe("certificate-from-the-future");
  });

  test("vote-of-another, a timeout with a vote of another validator or view", () => {
    expect(verdictOn(timeout(4, { by: 1, highQc: 3, vote: vote(4, { by: 2 }) }))).toBe(
      "vote-of-another",
    );
    expect(verdictOn(timeout(4, { by: 1, highQc: 3, vote: vote(3, { by: 1 }) }))).toBe(
      "vote-of-another",
    );
  });
});

describe("a certificate on a commit vote", () => {
  const forged = { ...qc(3), signatures: qc(2).signatures };

  test("is dropped unread when the receiver has as good a one", () => {
    for (const attached of [qc(3), forged]) {
      const verdict = here.verifier().verify(commitVote(3, { by: 1, qc: attached }), qc(3));
      expect(verdict).toEqual({ ok: true, message: commitVote(3, { by: 1 }) });
    }
  });

  test("is checked and kept when it is news", () => {
    const message = commitVote(3, { by: 1, qc: qc(3) });
    expect(here.verifier().verify(message, qc(2))).toEqual({ ok: true, message });
    expect(verdictOn(commitVote(3, { by: 1, qc: forged }), qc(2))).toBe("bad-signature");
  });
});

test("a certificate is checked once, then remembered, and in the end forgotten", () => {
  let checks = 0;
  const counting = world({
    scheme: {
      ...here.scheme,
      verify: (check) => {
        checks += 1;
        return here.scheme.verify(check);
      },
    },
  });
  const verifier = counting.verifier();
  const decide = (view: number) =>
    verifier.verify({ type: "decision", cert: counting.commitCert(view) }, counting.genesis);
  decide(1);
  expect(checks).toBe(3);
  decide(1);
  expect(checks).toBe(3);
  const remembered = 256;
  counting.chain(2, remembered + 1);
  for (let view = 2; view <= remembered; view++) decide(view);
  checks = 0;
  decide(1);
  decide(remembered);
  expect(checks).toBe(0);
  decide(remembered + 1);
  decide(1);
  expect(checks).toBe(6);
});

test("real Ed25519 signatures pass, and one flipped bit does not", () => {
  const signers = [0, 1, 2, 3].map((index) =>
    createNobleSigner(secretKey(new Uint8Array(32).fill(index + 1))),
  );
  const real = world({ scheme: nobleScheme, signers });
  const verifier = real.verifier();
  const gaveUp = real.tc(2, { highQc: 1 });
  const messages = [
    real.proposal(real.block(3, { on: 1 }), { tc: gaveUp }),
    real.vote(1, { by: 0 }),
    real.commitVote(1, { by: 1, qc: real.qc(1) }),
    real.timeout(3, { by: 2, highQc: 1, highTc: gaveUp }),
  ];
  for (const message of messages) expect(verifier.verify(message, real.genesis).ok).toBe(true);
  for (const message of messages) {
    const signature = message.signature.slice() as typeof message.signature;
    signature[40] = (signature[40] ?? 0) ^ 1;
    expect(verifier.verify({ ...message, signature }, real.genesis)).toEqual({
      ok: false,
      refusal: "bad-signature",
    });
  }
});

test("plain chains are certified block by block", () => {
  expect(chain(1, 5).map(({ view, height }) => [view, height])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
  ]);
});
