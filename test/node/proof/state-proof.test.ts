import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createNobleSigner,
  encode,
  epoch,
  height,
  nobleScheme,
  type SignatureScheme,
  secretKey,
  type View,
} from "../../../crypto/index.ts";
import { nativeScheme } from "../../../crypto/native/index.ts";
import { LAST_BLOCK_KEY } from "../../../node/ledger/index.ts";
import { checkStateProof, type StateProof, stateProofCodec } from "../../../node/proof/index.ts";
import { standInSigner, type World, world } from "../../consensus/fixtures.ts";
import {
  ABSENT,
  anyHash,
  chainOf,
  found,
  NEIGHBOUR,
  PRESENT,
  trustOf,
  writes,
} from "./fixtures.ts";

const { w, at } = chainOf([[writes(0, 20, 7)], [writes(1, 20, 8)], [writes(2, 30, 9)]]);
const trust = trustOf(w);

function proofAt(ofHeight: number, key: Uint8Array = PRESENT): StateProof {
  const { prove, cert } = at(ofHeight);
  return { key, proof: prove(key), lastBlock: prove(LAST_BLOCK_KEY), cert };
}

function bytesOf(proof: StateProof): Uint8Array {
  return encode(stateProofCodec, proof);
}

function check(proof: StateProof, key: Uint8Array = PRESENT) {
  return checkStateProof(bytesOf(proof), trust, key);
}

function refused(refusal: string) {
  return { ok: false, refusal };
}

describe("a state proof", () => {
  test("tells what a key held after a certified block, and which block, view and time that was", () => {
    const { block: blockHash, stateRoot, timestampMs } = at(2);
    const about = { height: 2, blockHash, stateRoot, view: 2, timestampMs };
    expect(check(proofAt(2))).toEqual({
      ok: true,
      ...about,
      key: PRESENT,
      value: Uint8Array.of(8),
    });
  });

  test("tells that a key held nothing", () => {
    expect(check(proofAt(2, ABSENT), ABSENT)).toMatchObject({ ok: true, value: undefined });
  });

  test("proves the record of the last block itself", () => {
    const { ok } = check(proofAt(3, LAST_BLOCK_KEY), LAST_BLOCK_KEY);
    expect(ok).toBe(true);
  });

  test.each([nobleScheme, nativeScheme()])("is checked alike by the $name scheme", (scheme) => {
    const real = chainOf([[writes(0, 20, 7)]], realWorld(scheme));
    const { prove, cert } = real.at(1);
    const proof = { key: PRESENT, proof: prove(PRESENT), lastBlock: prove(LAST_BLOCK_KEY), cert };
    const verdict = checkStateProof(bytesOf(proof), trustOf(real.w), PRESENT);
    expect(verdict).toMatchObject({ ok: true, height: 1, value: Uint8Array.of(7) });
  });
});

describe("a state proof is refused", () => {
  test("when it was cut, wherever that is", () => {
    const bytes = bytesOf(proofAt(2));
    for (let length = 0; length < bytes.length; length++) {
      const verdict = checkStateProof(bytes.subarray(0, length), trust, PRESENT);
      expect(verdict).toEqual(refused("malformed"));
    }
  });

  test("when it was extended", () => {
    const bytes = Uint8Array.of(...bytesOf(proofAt(2)), 0);
    expect(checkStateProof(bytes, trust, PRESENT)).toEqual(refused("malformed"));
  });

  test("when it is about another key", () => {
    expect(check(proofAt(2, ABSENT), NEIGHBOUR)).toEqual(refused("wrong-key"));
  });

  test("when the path is that of another key", () => {
    const proof = { ...proofAt(2), proof: at(2).prove(LAST_BLOCK_KEY) };
    expect(check(proof)).toEqual(refused("wrong-leaf"));
  });

  test("when the siblings are reordered", () => {
    const proof = proofAt(2);
    const siblings = proof.proof.siblings.toReversed();
    const mixed = { ...proof, proof: { ...proof.proof, siblings } };
    expect(check(mixed)).toEqual(refused("wrong-root"));
  });

  test("when a sibling is added", () => {
    const proof = proofAt(2);
    const siblings = [...proof.proof.siblings, anyHash];
    const longer = { ...proof, proof: { ...proof.proof, siblings } };
    expect(check(longer)).toEqual(refused("wrong-shape"));
  });

  test("when the path is from another height", () => {
    expect(check({ ...proofAt(2), proof: at(1).prove(PRESENT) })).toEqual(refused("wrong-root"));
  });

  test("when the record of the block is from another height", () => {
    const lastBlock = at(1).prove(LAST_BLOCK_KEY);
    expect(check({ ...proofAt(2), lastBlock })).toEqual(refused("last-block-not-proven"));
  });

  test("when the record of the block is another key's", () => {
    const lastBlock = at(2).prove(PRESENT);
    expect(check({ ...proofAt(2), lastBlock })).toEqual(refused("last-block-not-proven"));
  });

  test("when a quorum certified the state of another height", () => {
    const cert = w.commitCert(3, { stateRoot: at(2).stateRoot });
    expect(check({ ...proofAt(2), cert })).toEqual(refused("wrong-height"));
  });

  test("when the certificate is that of another height", () => {
    const { cert } = at(3);
    expect(check({ ...proofAt(2), cert })).toEqual(refused("last-block-not-proven"));
  });

  test("when the certificate says another height than was signed", () => {
    const cert = { ...at(2).cert, height: height(3) };
    expect(check({ ...proofAt(2), cert })).toEqual(refused("bad-signature"));
  });

  test("when it is from another chain", () => {
    const other = chainOf([[writes(0, 20, 7)]], world({ chain: "another" })).at(1);
    const { prove, cert } = other;
    const proof = { key: PRESENT, proof: prove(PRESENT), lastBlock: prove(LAST_BLOCK_KEY), cert };
    expect(check(proof)).toEqual(refused("bad-signature"));
  });

  test("when it is from another epoch", () => {
    const cert = { ...at(2).cert, epoch: epoch(2) };
    expect(check({ ...proofAt(2), cert })).toEqual(refused("wrong-epoch"));
  });

  test("when less than a quorum signed", () => {
    const cert = w.commitCert(2, { stateRoot: at(2).stateRoot, by: [0, 1] });
    expect(check({ ...proofAt(2), cert })).toEqual(refused("below-quorum"));
  });

  test("when somebody signed whom genesis does not name", () => {
    const larger = world({ powers: [1, 1, 1, 1, 1] });
    const cert = larger.commitCert(2, { stateRoot: at(2).stateRoot, by: [0, 1, 2, 4] });
    expect(check({ ...proofAt(2), cert })).toEqual(refused("unknown-signer"));
  });

  test("when the signers are others of the same number", () => {
    const signers = [0, 1, 2, 3].map((index) => standInSigner(`impostor ${index}`));
    const impostors = world({ signers });
    const cert = impostors.commitCert(2, { stateRoot: at(2).stateRoot });
    expect(check({ ...proofAt(2), cert })).toEqual(refused("bad-signature"));
  });

  test("when its certificate has view 0, whoever signed it", () => {
    const cert = { ...at(2).cert, view: 0 as View };
    expect(check({ ...proofAt(2), cert })).toEqual(refused("genesis-certificate"));
  });

  test("when its certificate has height 0, whoever signed it", () => {
    const cert = { ...at(2).cert, height: height(0) };
    expect(check({ ...proofAt(2), cert })).toEqual(refused("genesis-certificate"));
  });
});

test("no byte of a state proof can be another without it being refused (seed 4041)", () => {
  const sound = [
    { key: PRESENT, bytes: bytesOf(proofAt(2)) },
    { key: ABSENT, bytes: bytesOf(proofAt(2, ABSENT)) },
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...sound),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (of, n, x) => {
        const bytes = Uint8Array.from(of.bytes);
        const place = n % bytes.length;
        bytes[place] = found(bytes[place]) ^ x;
        expect(checkStateProof(bytes, trust, of.key).ok).toBe(false);
      },
    ),
    { seed: 4041, numRuns: 3_000 },
  );
});

function realWorld(scheme: SignatureScheme): World {
  const signers = [1, 2, 3, 4].map((seed) =>
    createNobleSigner(secretKey(Uint8Array.from({ length: 32 }, () => seed))),
  );
  return world({ scheme, signers });
}
