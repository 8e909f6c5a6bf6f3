// Every vector of wire.json against the code: what decodes gives the value and encodes to the same bytes, what verifies
// verifies, what is refused is refused for the reason given; and the file is what its maker makes.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  blockHash,
  genesisQc,
  type Message,
  type QuorumCert,
  Verifier,
  validatorSet,
} from "../../consensus/index.ts";
import {
  addressOf,
  createNobleSigner,
  decode,
  type Epoch,
  encode,
  formatAddress,
  fromHex,
  type Hash,
  hash,
  merkleProofCodec,
  merkleRoot,
  nobleScheme,
  parseAddress,
  publicKeyOf,
  type Signature,
  secretKey,
  signature,
  toHex,
  verifyMerkleProof,
} from "../../crypto/index.ts";
import {
  chainIdOf,
  encodeGenesis,
  type Genesis,
  genesisBlockHash,
} from "../../node/chain/index.ts";
import { parseGenesis } from "../../node/genesis/index.ts";
import { AuthenticatedMap } from "../../node/ledger/authenticated-map.ts";
import {
  lastBlockHash,
  mapProofCodec,
  receiptCodec,
  receiptHash,
  verifyMapProof,
} from "../../node/ledger/index.ts";
import { checkReceiptProof, checkStateProof, trustIn } from "../../node/proof/index.ts";
import {
  decodeSignedTransaction,
  signatureCheck,
  signTransaction,
} from "../../node/transaction/index.ts";
import { type LAYOUTS, layoutNamed } from "./layouts.ts";
import { type Plain, plain, vectorText } from "./vector.ts";
import { WIRE_FILE, type WireVectors, wireVectors } from "./wire-vectors.ts";

const text = readFileSync(WIRE_FILE, "utf8");
const wire: WireVectors = JSON.parse(text);
const genesis = genesisOf(wire.genesis.json);
const members = genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
const chainId = chainIdOf(genesis);
const validators = validatorSet({ chainId, epoch: 0 as Epoch, members });

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`${text} is no hex`);
  return bytes;
}

function genesisOf(json: Plain): Genesis {
  const parsed = parseGenesis(JSON.stringify(json));
  if (!parsed.ok) throw new Error("the vectors have a genesis");
  return parsed.genesis;
}

function decoded<T>(name: keyof typeof LAYOUTS, hex: string): T {
  const given = decode(layoutNamed(name), bytesOf(hex));
  if (!given.ok) throw new Error(`no ${name}: ${given.refusal}`);
  return given.value as T;
}

test("the file is what its maker makes: node dist/test/vectors/make-wire.js", () => {
  expect(vectorText(wireVectors() as unknown as Plain) === text).toBe(true);
});

describe.each(Object.entries(wire.encodings))("%s", (name, encodings) => {
  test.each(encodings)("$about", ({ value, bytes }) => {
    const given = decode(layoutNamed(name), bytesOf(bytes));
    if (!given.ok) throw new Error(given.refusal);
    expect(plain(given.value ?? "absent")).toEqual(value);
    expect(toHex(encode(layoutNamed(name), given.value))).toBe(bytes);
  });
});

describe.each(Object.entries(wire.refusals))("%s refuses", (name, refusals) => {
  test.each(refusals)("$about", ({ bytes, refusal }) => {
    expect(decode(layoutNamed(name), bytesOf(bytes))).toEqual({ ok: false, refusal });
  });
});

describe("keys and addresses", () => {
  test.each(wire.keys)("$name", (key) => {
    const publicKey = publicKeyOf(secretKey(bytesOf(key.secretKey)));
    expect(toHex(publicKey)).toBe(key.publicKey);
    expect(toHex(addressOf(publicKey))).toBe(key.addressBytes);
    expect(formatAddress(addressOf(publicKey))).toBe(key.address);
    expect(parseAddress(key.address)).toEqual({ ok: true, value: addressOf(publicKey) });
  });

  test.each(wire.addressRefusals)("refuse $about", ({ address, refusal }) => {
    expect(parseAddress(address)).toEqual({ ok: false, refusal });
  });
});

describe("a transaction", () => {
  test.each(wire.transactions)("$about is signed, named and read", (vector) => {
    const read = decodeSignedTransaction(bytesOf(vector.bytes));
    if (!read.ok) throw new Error(read.refusal);
    const { signature: signed, ...unsigned } = read.value.transaction;
    expect(plain({ version: 1, ...unsigned })).toEqual(vector.value);
    expect(toHex(read.value.id)).toBe(vector.id);
    expect(toHex(signed)).toBe(vector.signature);
    expect(toHex(signatureCheck(read.value).message)).toBe(vector.signedBytes);
    expect(nobleScheme.verify(signatureCheck(read.value))).toBe(true);
    const again = signTransaction(unsigned, signerNamed(vector.signer));
    expect(toHex(again.bytes)).toBe(vector.bytes);
  });

  test.each(wire.transactionRefusals)("is refused: $about", ({ bytes, refusal }) => {
    const read = decodeSignedTransaction(bytesOf(bytes));
    if (!read.ok) return expect(read.refusal).toBe(refusal);
    expect(nobleScheme.verify(signatureCheck(read.value))).toBe(false);
    expect(refusal).toBe("bad-signature");
  });
});

describe("genesis and blocks", () => {
  test("a genesis has its bytes, its chain id, its block and its quorum", () => {
    expect(toHex(encodeGenesis(genesis))).toBe(wire.genesis.bytes);
    expect(toHex(chainId)).toBe(wire.genesis.chainId);
    expect(toHex(genesisBlockHash(chainId))).toBe(wire.genesis.block);
    expect(validators.quorumPower).toBe(wire.genesis.quorumPower);
  });

  test("the order of accounts in genesis.json changes neither bytes nor chain id", () => {
    const shuffled = { ...genesis, accounts: genesis.accounts.toReversed() };
    expect(toHex(encodeGenesis(shuffled))).toBe(wire.genesis.bytes);
  });

  test.each(wire.blockHashes.map((named, at) => ({ named, height: at + 1 })))(
    "the block of height $height has its hash",
    ({ named, height }) => {
      const bytes = wire.encodings.block?.[height - 1]?.bytes ?? "";
      expect(toHex(blockHash(decoded("block", bytes)))).toBe(named);
    },
  );
});

describe("what validators sign", () => {
  test.each(wire.signatures)("a $kind", (vector) => {
    const signer = signerNamed(vector.signer);
    const message = bytesOf(vector.signedBytes);
    expect(toHex(signer.sign(message))).toBe(vector.signature);
    const check = {
      publicKey: signer.publicKey,
      message,
      signature: signatureOf(vector.signature),
    };
    expect(nobleScheme.verify(check)).toBe(true);
  });

  test.each(wire.encodings.message ?? [])("$about is accepted", ({ bytes }) => {
    const message = decoded<Message>("message", bytes);
    expect(verifier().verify(message, genesisCert()).ok).toBe(true);
  });

  test.each(wire.certificates)("$layout $about: $refusal", ({ layout, bytes, refusal }) => {
    expect(certificateRefusal(layout, bytes)).toBe(refusal);
  });
});

describe("receipts and their trees", () => {
  test.each(wire.receipts)("a receipt, $about", ({ bytes, value, hash: named }) => {
    const read = decode(receiptCodec, bytesOf(bytes));
    if (!read.ok) throw new Error(read.refusal);
    expect(plain(read.value)).toEqual(value);
    expect(toHex(receiptHash(read.value))).toBe(named);
  });

  test.each(wire.trees)("a list with the root $root", ({ leaves, root, proofs }) => {
    const list = leaves.map(bytesOf);
    expect(toHex(merkleRoot(list))).toBe(root);
    for (const [index, bytes] of proofs.entries()) {
      const proof = decode(merkleProofCodec, bytesOf(bytes));
      if (!proof.ok) throw new Error(proof.refusal);
      const claim = { root: hashOf(root), leaf: list[index] as Uint8Array, proof: proof.value };
      expect(proof.value.index).toBe(index);
      expect(verifyMerkleProof(claim)).toEqual({ ok: true });
    }
  });

  test.each(wire.treeRefusals)("a path is refused: $about", (vector) => {
    const { index, count, refusal } = vector;
    const proof = { index, count, siblings: vector.siblings.map(hashOf) };
    const claim = { root: hashOf(vector.root), leaf: bytesOf(vector.leaf), proof };
    expect(verifyMerkleProof(claim)).toEqual({ ok: false, refusal });
  });
});

describe("the state", () => {
  test("has the roots of its writes, one after the other", () => {
    const map = new AuthenticatedMap();
    expect(toHex(map.root())).toBe(wire.map.emptyRoot);
    for (const { key, value, leafCount, root } of wire.map.steps) {
      if (value === undefined) map.delete(bytesOf(key));
      else map.set(bytesOf(key), bytesOf(value));
      expect([map.size + 1, toHex(map.root())]).toEqual([leafCount, root]);
    }
  });

  test.each(wire.map.proofs)("proves what $key holds, or that it holds nothing", (vector) => {
    const proof = decoded<Parameters<typeof verifyMapProof>[2]>("mapProof", vector.bytes);
    const verdict = verifyMapProof(lastRoot(), bytesOf(vector.key), proof);
    expect(verdict).toEqual({ ok: true, value: vector.value && bytesOf(vector.value) });
    expect(toHex(encode(mapProofCodec, proof))).toBe(vector.bytes);
  });

  test.each(wire.map.refusals)("a proof is refused: $about", ({ key, bytes, refusal }) => {
    const proof = decoded<Parameters<typeof verifyMapProof>[2]>("mapProof", bytes);
    expect(verifyMapProof(lastRoot(), bytesOf(key), proof)).toEqual({ ok: false, refusal });
  });

  test.each(wire.entries)("has $layout: $about", ({ layout, bytes }) => {
    expect(toHex(encode(layoutNamed(layout), decoded(layout, bytes)))).toBe(bytes);
  });

  test.each(wire.previous)("names what the one before says of its block", (vector) => {
    expect(toHex(lastBlockHash(bytesOf(vector.bytes)))).toBe(vector.hash);
  });
});

describe("a state proof", () => {
  test.each(wire.stateProofs)("$about", ({ asked, bytes, verdict }) => {
    const trust = trustIn({ validators, scheme: nobleScheme });
    const given = checkStateProof(bytesOf(bytes), trust, bytesOf(asked));
    expect(written(given)).toEqual(verdict);
  });
});

describe("a receipt proof", () => {
  test.each(wire.receiptProofs)("$about", ({ asked, bytes, verdict }) => {
    const trust = trustIn({ validators, scheme: nobleScheme });
    const given = checkReceiptProof(bytesOf(bytes), trust, hashOf(asked));
    expect(written(given)).toEqual(verdict);
  });
});

function written({ ok, ...verdict }: { readonly ok: boolean }): Plain {
  return plain({ ok: ok ? "yes" : "no", ...verdict });
}

function signerNamed(name: string) {
  const key = wire.keys.find((each) => each.name === name);
  if (key === undefined) throw new Error(`nobody is called ${name}`);
  return createNobleSigner(secretKey(bytesOf(key.secretKey)));
}

function signatureOf(text: string): Signature {
  return signature(bytesOf(text));
}

function hashOf(text: string): Hash {
  return hash(bytesOf(text));
}

function lastRoot(): Hash {
  return hashOf(wire.map.steps.at(-1)?.root ?? "0x");
}

function genesisCert(): QuorumCert {
  return genesisQc({ epoch: 0 as Epoch, block: genesisBlockHash(chainId) });
}

function verifier(): Verifier {
  return new Verifier(validators, nobleScheme, genesisCert());
}

/** Quorum and timeout certificates are checked where they travel alone: among those that somebody says are the highest. */
function certificateRefusal(layout: string, bytes: string): string {
  const given =
    layout === "commitCert"
      ? verifier().verifyCommitCert(decoded("commitCert", bytes))
      : verifier().verifyCertificates(
          layout === "quorumCert"
            ? { highQc: decoded("quorumCert", bytes) }
            : { highQc: genesisCert(), highTc: decoded("timeoutCert", bytes) },
        );
  return given.ok ? "none" : given.refusal;
}
