// What a devnet is made of, derived from a seed: keys, accounts, names of files. The same seed gives the same keys.

import { join } from "node:path";
import type { LeaderChoiceName } from "../../consensus/index.ts";
import { type PublicKey, publicKey, type SecretKey } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { developmentKey } from "../../node/cli/index.ts";

/** What decides the keys, and the rest of genesis. */
export type Recipe = {
  readonly seed: string;
  readonly validators: number;
  readonly accounts: number;
  readonly leaders: LeaderChoiceName;
  /** As a scenario asks for it. */
  readonly baseTimeoutMs?: number;
  /** The module of an application of one's own: its path, absolute. */
  readonly application?: string;
};

export type KeyPair = { readonly publicKey: PublicKey; readonly secretKey: SecretKey };

export type Account = KeyPair & { readonly name: string };

export type ValidatorPlan = {
  readonly index: number;
  readonly dir: string;
  readonly rpcUrl: string;
  readonly key: KeyPair;
  readonly networkKey: KeyPair;
};

export type DevnetPlan = {
  readonly dir: string;
  readonly recipe: Recipe;
  readonly validators: readonly ValidatorPlan[];
  readonly accounts: readonly Account[];
};

/** Says what a directory was made from, and that it is a devnet. */
export const RECIPE_FILE = "devnet.json";
export const LOOPBACK = "127.0.0.1";
/** What each account has at the start. 10,000 accounts hold far less than the largest supply. */
export const DEVELOPMENT_BALANCE = 1_000_000_000n;

export function planDevnet(
  recipe: Recipe,
  { dir, rpcPort }: { readonly dir: string; readonly rpcPort: number },
): DevnetPlan {
  const { seed } = recipe;
  const validators = Array.from(
    { length: recipe.validators },
    (_, index): ValidatorPlan => ({
      index,
      dir: join(dir, `validator${index}`),
      rpcUrl: `http://${LOOPBACK}:${rpcPort + index}`,
      key: keyPair(developmentKey({ seed, name: `validator${index}` })),
      networkKey: keyPair(developmentKey({ seed, name: `network${index}` })),
    }),
  );
  const accounts = Array.from({ length: recipe.accounts }, (_, index): Account => {
    const name = `dev${index}`;
    return { name, ...keyPair(developmentKey({ seed, name })) };
  });
  return { dir, recipe, validators, accounts };
}

/** The native signer knows its public key sooner than portable code computes it. */
function keyPair(secretKey: SecretKey): KeyPair {
  const signer = createSigner(secretKey);
  return { publicKey: publicKey(signer.publicKey), secretKey };
}

/** How many must work for the chain to move: all weigh the same. */
export function quorumOf(validators: number): number {
  return validators - Math.floor((validators - 1) / 3);
}
