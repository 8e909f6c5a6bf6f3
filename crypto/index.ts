// The crypto floor: bytes, the canonical codec, hashing, keys, signatures, Merkle trees. Portable: runs in a browser.
// Native back ends and key files stand in `./native/index.ts`.

export { assert } from "./assert.ts";
export * from "./brands.ts";
export { ByteMap } from "./byte-map.ts";
export * from "./bytes.ts";
export * from "./codec.ts";
export { type Domain, domain, hashIn } from "./hash.ts";
export type { SignatureCheck, SignatureScheme, Signer } from "./signature.ts";
