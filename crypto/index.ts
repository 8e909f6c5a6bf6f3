// The crypto floor: bytes, the canonical codec, hashing, keys, signatures, Merkle trees. Portable: runs in a browser.
// Native back ends and key files stand in `./native/index.ts`.

export {
  type AddressRefusal,
  addressOf,
  formatAddress,
  type ParsedAddress,
  parseAddress,
} from "./address.ts";
export { assert } from "./assert.ts";
export * from "./brands.ts";
export { ByteMap } from "./byte-map.ts";
export * from "./bytes.ts";
export * from "./codec.ts";
export { type Domain, domain, hashIn } from "./hash.ts";
export {
  createNobleSigner,
  publicKeyOf,
  SECRET_KEY_BYTES,
  type SecretKey,
  secretKey,
} from "./keys.ts";
export { type LayerHasher, portableHashLayer } from "./layer-hash.ts";
export {
  MAX_MERKLE_LEAVES,
  type MerkleProof,
  type MerkleRefusal,
  type MerkleVerdict,
  merkleProof,
  merkleProofCodec,
  merkleRoot,
  verifyMerkleProof,
} from "./merkle.ts";
export { nobleScheme } from "./portable-scheme.ts";
export type { SignatureCheck, SignatureScheme, Signer } from "./signature.ts";
export {
  MAX_VALIDATORS,
  type SignatureEntry,
  type SignatureList,
  signatureList,
  signatureListCodec,
} from "./signature-list.ts";
