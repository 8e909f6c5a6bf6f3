// The native half of the crypto floor, for Node: fast back ends for what `../index.ts` does portably, and key files.

export { createSigner, nativeScheme } from "./back-end.ts";
export { hashIn } from "./hash.ts";
export {
  type KeyPair,
  readKeyFile,
  readPublicKey,
  writeKeyFile,
} from "./key-file.ts";
export { type KeyFileCode, KeyFileError } from "./key-file-error.ts";
export { hashLayer } from "./layer-hash.ts";
export { opensslScheme } from "./openssl.ts";
export { sodiumScheme } from "./sodium.ts";
