// The keys of a devnet: public knowledge, the same everywhere for the same seed. Anyone who reads this can spend what
// they guard, so they guard nothing but play money.

import { domain, hashIn, type SecretKey, secretKey } from "../../crypto/index.ts";

export const DEFAULT_DEVELOPMENT_SEED = "quorate";

const DEVELOPMENT_KEY_DOMAIN = domain("quorate/development-key/1");

export type DevelopmentKey = {
  /** Any text. Another seed gives another set of keys and so another chain. */
  readonly seed: string;
  /** Such as `dev0` or `validator3`. */
  readonly name: string;
};

export function developmentKey({ seed, name }: DevelopmentKey): SecretKey {
  const text = new TextEncoder();
  // The zero byte keeps (ab, c) apart from (a, bc).
  const parts = [text.encode(seed), new Uint8Array(1), text.encode(name)];
  return secretKey(hashIn(DEVELOPMENT_KEY_DOMAIN, ...parts));
}

/** The accounts of a devnet are called dev0, dev1 and so on. */
export function isDevelopmentAccount(name: string): boolean {
  return /^dev(?:0|[1-9][0-9]{0,5})$/.test(name);
}
