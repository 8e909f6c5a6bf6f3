// Objects that are no messages at all, and certificates that have no bytes: refused with a literal, never with a throw.

import { describe, expect, test } from "vitest";
import type { Certificates } from "../../consensus/certificates.ts";
import type { CommitCert, Message, QuorumCert } from "../../consensus/index.ts";
import { world } from "./fixtures.ts";

const here = world();
const { block, qc, tc, commitCert, proposal, vote, commitVote, timeout, genesis } = here;

function verdictOn(message: Message) {
  const verdict = here.verifier().verify(message, genesis);
  return verdict.ok ? "ok" : verdict.refusal;
}

function withoutLast(signatures: QuorumCert["signatures"]): QuorumCert["signatures"] {
  return { signers: signatures.signers, signatures: signatures.signatures.slice(0, -1) };
}

describe("the verifier refuses, as malformed,", () => {
  // biome-ignore lint/suspicious/noExplicitAny: what arrives within a process may be anything
  type Anything = any;
  const spoilt = (of: Message, change: (copy: Anything) => void) => {
    const copy: Anything = structuredClone(of);
    change(copy);
    return copy as Message;
  };
  const gaveUp = timeout(8, { by: 1, highQc: 5, highTc: tc(7, { highQc: 5 }) });

  test.each<readonly [string, Anything]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "proposal"],
    ["a message of no kind", { ...vote(3, { by: 1 }), type: "opinion" }],
    ["a message of an inherited kind", { ...vote(3, { by: 1 }), type: "constructor" }],
    ["a proposal without a block", spoilt(proposal(3), (copy) => delete copy.block)],
    ["a view that is no number", spoilt(proposal(3), (copy) => (copy.block.view = "3"))],
    ["a view of 2^53", spoilt(vote(3, { by: 1 }), (copy) => (copy.content.view = 2 ** 53))],
    ["a negative height", spoilt(proposal(3), (copy) => (copy.block.height = -1))],
    ["half a millisecond", spoilt(proposal(3), (copy) => (copy.block.timestampMs = 0.5))],
    [
      "a proposer that no bytes can name",
      spoilt(proposal(3), (copy) => (copy.block.proposer = 65_536)),
    ],
    ["a short hash", spoilt(proposal(3), (copy) => (copy.block.payload = new Uint8Array(31)))],
    ["a hash that is no bytes", spoilt(proposal(3), (copy) => (copy.block.payload = "payload"))],
    [
      "a long signature",
      spoilt(vote(3, { by: 1 }), (copy) => (copy.signature = new Uint8Array(65))),
    ],
    [
      "a certificate with a short signature",
      spoilt(
        proposal(3),
        (copy) => (copy.block.justify.signatures.signatures[1] = new Uint8Array(1)),
      ),
    ],
    [
      "a certificate with a gap",
      spoilt(proposal(3), (copy) => delete copy.block.justify.signatures.signatures[1]),
    ],
    [
      "a signer that is no integer",
      spoilt(proposal(3), (copy) => (copy.block.justify.signatures.signers[1] = 1.5)),
    ],
    ["a null certificate", { ...commitVote(3, { by: 1 }), qc: null }],
    [
      "a timeout certificate without views",
      spoilt(gaveUp, (copy) => delete copy.highTc.highQcViews),
    ],
    ["a decision without a certificate", { type: "decision" }],
    [
      "a timeout with what is no vote in the place of its vote",
      { ...gaveUp, vote: { ...vote(8, { by: 1 }), type: "opinion" } },
    ],
  ])("%s", (_, message) => {
    expect(verdictOn(message)).toBe("malformed");
  });

  test("a commit certificate without a state root", () => {
    const { stateRoot: _, ...rest } = commitCert(3);
    const verdict = here.verifier().verifyCommitCert(rest as CommitCert);
    expect(verdict).toEqual({ ok: false, refusal: "malformed" });
  });
});

describe("the verifier refuses a certificate that has no bytes, without a throw,", () => {
  const unsound: readonly [string, string, QuorumCert["signatures"]][] = [
    ["signatures-without-signers", "fewer signatures than signers", withoutLast(qc(3).signatures)],
    [
      "repeated-signer",
      "a signer twice",
      { signers: [0, 1, 1], signatures: qc(3).signatures.signatures },
    ],
    [
      "repeated-signer",
      "signers that descend",
      { signers: [2, 1, 0], signatures: qc(3).signatures.signatures },
    ],
    [
      "unknown-signer",
      "a signer beyond all bitmaps",
      { signers: [0, 1, 999], signatures: qc(3).signatures.signatures },
    ],
  ];

  test.each(unsound)("as %s, in a proposal: %s", (refusal, _, signatures) => {
    // Such a block cannot even be hashed, so nobody can have signed it.
    const sound = proposal(4);
    const justify = { ...sound.block.justify, signatures };
    expect(verdictOn({ ...sound, block: { ...sound.block, justify } })).toBe(refusal);
  });

  test("in the timeout certificate of a proposal", () => {
    const sound = tc(7, { highQc: 5 });
    const highQc = { ...sound.highQc, signatures: withoutLast(sound.highQc.signatures) };
    const made = proposal(block(8, { on: 5 }), { tc: { ...sound, highQc } });
    expect(verdictOn(made)).toBe("signatures-without-signers");
  });

  test.each<readonly [string, QuorumCert["signatures"]]>([
    ["signatures of nobody", { signers: [], signatures: qc(3).signatures.signatures }],
    ["signers who signed nothing", { signers: [0, 1, 2], signatures: [] }],
  ])("as not-the-genesis-certificate, one of genesis with %s", (_, signatures) => {
    const sound = proposal(1);
    const justify = { ...sound.block.justify, signatures };
    expect(verdictOn({ ...sound, block: { ...sound.block, justify } })).toBe(
      "not-the-genesis-certificate",
    );
  });
});

describe("the verifier refuses, as malformed, nonsense in place of", () => {
  const proof = tc(7, { highQc: 5 });
  const whole: readonly Message[] = [
    proposal(block(8, { on: 5 }), { tc: proof }),
    vote(3, { by: 1 }),
    commitVote(3, { by: 1, qc: qc(3) }),
    timeout(8, { by: 1, highQc: 5, highTc: proof, vote: vote(8, { by: 1 }) }),
    { type: "decision", cert: commitCert(3) },
  ];
  const parts = whole.flatMap((message) =>
    pathsIn(message).map((path) => [`${message.type}: ${path.join(".")}`, message, path] as const),
  );

  test.each(parts)("%s", (_, message, path) => {
    expect(verdictOn(message)).toBe("ok");
    expect(verdictOn(replaced(message, path, "nonsense") as Message)).toBe("malformed");
  });

  test.each(
    pathsIn({ highQc: qc(5), highTc: proof }).map((path) => [path.join("."), path] as const),
  )("the highest certificates: %s", (_, path) => {
    const given = replaced({ highQc: qc(5), highTc: proof }, path, "nonsense") as Certificates;
    const verdict = here.verifier().verifyCertificates(given);
    expect(verdict).toEqual({ ok: false, refusal: "malformed" });
  });
});

/** Where there is something in `value`, but for its kind, and in what is there; hashes and signatures are one thing each. */
function pathsIn(value: object): readonly (readonly string[])[] {
  const { type: _, ...parts } = value as { readonly type?: unknown };
  return Object.entries(parts).flatMap(([name, part]) => {
    const isWhole = typeof part !== "object" || part === null || part instanceof Uint8Array;
    const below = isWhole ? [] : pathsIn(part).map((path) => [name, ...path]);
    return [[name], ...below];
  });
}

/** A copy with something else in one place. */
function replaced(value: object, [name = "", ...rest]: readonly string[], by: unknown): object {
  const part = (value as Record<string, object>)[name];
  const next = part === undefined || rest.length === 0 ? by : replaced(part, rest, by);
  return Array.isArray(value)
    ? value.map((each, at) => (`${at}` === name ? next : each))
    : { ...value, [name]: next };
}
