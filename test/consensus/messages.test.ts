import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Block, blockHash, type Message, messageCodec } from "../../consensus/index.ts";
import { decode, encode, epoch, hash, height, signature, toHex, view } from "../../crypto/index.ts";
import { hashOf, world } from "./fixtures.ts";

const made = world();
const { block, qc, tc, proposal, vote, commitVote, timeout, commitCert } = made;

const examples: readonly Message[] = [
  proposal(3),
  proposal(block(8, { on: 5 }), { tc: tc(7, { highQc: 5, highQcViews: [2, 5, 0] }) }),
  vote(3, { by: 2 }),
  commitVote(3, { by: 1 }),
  commitVote(3, { by: 1, qc: qc(3) }),
  timeout(4, { by: 0, highQc: 3 }),
  timeout(1, { by: 0, highQc: 0, vote: vote(1, { by: 0 }) }),
  timeout(8, { by: 3, highQc: 5, highTc: tc(7, { highQc: 5 }), vote: vote(8, { by: 3 }) }),
  { type: "decision", cert: commitCert(3) },
];

function signatureOf(byte: number) {
  return signature(new Uint8Array(64).fill(byte));
}

const anyExample = fc.constantFrom(...examples);

describe("messages on the wire", () => {
  test.each(examples.map((message, index) => [index, message.type, message] as const))(
    "survive the codec (%i, %s)",
    (_index, _type, message) => {
      expect(decode(messageCodec, encode(messageCodec, message))).toEqual({
        ok: true,
        value: message,
      });
    },
  );

  test("survive the codec with any numbers and signers", () => {
    const view = fc.integer({ min: 1, max: 2 ** 40 });
    const signers = fc.uniqueArray(fc.nat(255), { minLength: 1, maxLength: 12 });
    const many = world({ powers: Array.from({ length: 256 }, () => 1) });
    fc.assert(
      fc.property(view, signers, fc.nat(255), fc.boolean(), (highest, by, voter, hasTc) => {
        const justify = { ...many.qc(1, { by }), view: highest as Block["view"] };
        const given = { by: voter, highQc: justify };
        const highTc = many.tc(highest, { highQc: 1, by });
        const message = many.timeout(highest + 1, hasTc ? { ...given, highTc } : given);
        const decoded = decode(messageCodec, encode(messageCodec, message));
        expect(decoded).toEqual({ ok: true, value: message });
      }),
      { numRuns: 60 },
    );
  });

  test("are refused when cut short at any byte", () => {
    for (const message of examples) {
      const bytes = encode(messageCodec, message);
      for (let length = 0; length < bytes.length; length++) {
        expect(decode(messageCodec, bytes.subarray(0, length)).ok).toBe(false);
      }
    }
  });

  test("are refused with a byte too many", () => {
    fc.assert(
      fc.property(anyExample, fc.nat(255), (message, extra) => {
        const bytes = Uint8Array.from([...encode(messageCodec, message), extra]);
        expect(decode(messageCodec, bytes)).toEqual({ ok: false, refusal: "trailing-bytes" });
      }),
    );
  });

  test("have one spelling: whatever decodes encodes to the same bytes, however it was damaged", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyExample, damage, (message, changes) => {
        const bytes = encode(messageCodec, message);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const decoded = decode(messageCodec, bytes);
        if (decoded.ok) expect(toHex(encode(messageCodec, decoded.value))).toBe(toHex(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  test("never throw, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(6), (bytes, tag) => {
        expect(() => decode(messageCodec, Uint8Array.from([tag, ...bytes]))).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([0, 6, 255])("are refused with the unknown tag %i", (tag) => {
    const bytes = encode(messageCodec, vote(3, { by: 2 }));
    bytes[0] = tag;
    expect(decode(messageCodec, bytes)).toEqual({ ok: false, refusal: "unknown-tag" });
  });
});

describe("a block's hash", () => {
  const written: Block = {
    epoch: epoch(7),
    view: view(5),
    height: height(4),
    parent: hash(new Uint8Array(32).fill(0x11)),
    justify: {
      epoch: epoch(7),
      view: view(4),
      height: height(3),
      block: hash(new Uint8Array(32).fill(0x11)),
      signatures: { signers: [0, 2], signatures: [0x22, 0x33].map(signatureOf) },
    },
    payload: hash(new Uint8Array(32).fill(0x44)),
    timestampMs: 1_700_000_000_000,
    proposer: 1,
  };

  test("is the same in every version of this protocol: a known answer", () => {
    expect(toHex(blockHash(written))).toBe(
      "0x191edd0d75e47b2bb072ace2c386fc00b6a5092168b693185bbbfb4963c483f0",
    );
  });

  test("is computed once for each block", () => {
    expect(blockHash(written)).toBe(blockHash(written));
  });

  test("changes with every field", () => {
    const plain = block(3);
    const fields: readonly (keyof Block)[] = Object.keys(plain) as (keyof Block)[];
    const changed = fields.map((field) => {
      const value = plain[field];
      if (field === "justify") return { ...plain, justify: qc(2, { by: [1, 2, 3] }) };
      return { ...plain, [field]: typeof value === "number" ? value + 1 : hashOf("other") };
    });
    const hashes = new Set([plain, ...changed].map((each) => toHex(blockHash(each as Block))));
    expect(hashes.size).toBe(1 + fields.length);
  });

  test("does not change on the way over the wire", () => {
    const decoded = decode(messageCodec, encode(messageCodec, proposal(5)));
    if (!decoded.ok || decoded.value.type !== "proposal") throw new Error("not a proposal");
    expect(blockHash(decoded.value.block)).toEqual(blockHash(block(5)));
  });
});

test("the signature of a draft is that of its validator over its kind, deterministic", () => {
  const first = vote(3, { by: 2 });
  expect(vote(3, { by: 2 })).toEqual(first);
  expect(signature(first.signature)).not.toEqual(vote(3, { by: 1 }).signature);
  const verdict = made.verifier().verify(first, made.genesis);
  expect(verdict).toEqual({ ok: true, message: first });
});
