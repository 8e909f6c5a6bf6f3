// Payloads that no honest leader selects, by what is wrong with them.

import { addressOf, type Hash, type Height, type Nonce, type Signer } from "../../crypto/index.ts";
import {
  decodeSignedTransaction,
  encodeCall,
  type SignedTransaction,
  signTransaction,
  type UnsignedTransaction,
} from "../../node/transaction/index.ts";
import type { Control } from "./behaviour.ts";

/** What a payload is made of: the honest selection, transactions of earlier blocks, and what the liar can make. */
export type Ingredients = {
  readonly control: Control;
  readonly honest: readonly SignedTransaction[];
  readonly earlier: readonly SignedTransaction[];
};

type Recipe = (from: Ingredients) => readonly SignedTransaction[];

const FAR_NONCES = 5;

export const RECIPES: Readonly<Record<string, Recipe>> = {
  repeated: ({ control, honest }) => {
    const repeated = honest[0] ?? spend(control, { skip: 0, amount: 1n });
    return [...honest, repeated, repeated];
  },
  "double-spend": ({ control, honest }) => {
    const [first, second] = [3n, 4n].map((amount) => spend(control, { skip: 0, amount, from: 0 }));
    return first === undefined || second === undefined ? honest : [...honest, first, second, first];
  },
  "two-of-one-nonce": ({ control, honest }) => {
    const amounts = [5n, 6n, 7n];
    return [...amounts.map((amount) => spend(control, { skip: 0, amount, from: 0 })), ...honest];
  },
  "nonce-gap": ({ control, honest }) => [
    ...honest,
    spend(control, { skip: FAR_NONCES, amount: 1n }),
  ],
  "old-nonce": ({ control, honest }) => [spend(control, { skip: -1, amount: 8n }), ...honest],
  "final-already": ({ earlier, honest }) => [...earlier.slice(0, 8), ...honest],
  "in-an-ancestor": ({ earlier, honest }) => [...honest, ...earlier.slice(-8)],
  expired: ({ control, honest }) => [
    ...honest,
    ownTransfer(control, { validUntilHeight: 0 as Height }),
  ],
  "wrong-chain": ({ control, honest }) => [
    ...honest,
    ownTransfer(control, { chainId: otherChain(control) }),
  ],
  "free-of-charge": ({ control, honest }) => [...honest, ownTransfer(control, { fee: 0n })],
  unsigned: ({ control, honest }) => [...honest, ...unsigned(ownTransfer(control, {}))],
  penniless: ({ control, honest }) => [...honest, ownTransfer(control, {})],
};

/** A transfer of one of the load's accounts, as many nonces away from its next one. */
function spend(
  { random, accounts, nonceOf, transfer }: Control,
  how: { readonly skip: number; readonly amount: bigint; readonly from?: number },
): SignedTransaction {
  const from = how.from ?? random.between(0, accounts - 1);
  const nonce = Math.max(0, nonceOf(from) + how.skip);
  return transfer({ from, to: random.between(0, accounts - 1), amount: how.amount, nonce });
}

/** A transfer by the liar's own key, which has no money: unsound where it is changed, otherwise only unable to pay. */
function ownTransfer(control: Control, changes: Partial<UnsignedTransaction>): SignedTransaction {
  const signer = control.keys.get(control.self) as Signer;
  const { publicKey } = signer;
  const sender = addressOf(publicKey);
  const call = { type: "transfer", to: sender, amount: 1n, memo: new Uint8Array() } as const;
  const unsignedTransfer: UnsignedTransaction = {
    chainId: control.validators.chainId,
    sender,
    publicKey,
    nonce: control.random.between(0, 1 << 20) as Nonce,
    fee: 1n,
    validUntilHeight: 50_000 as Height,
    call: encodeCall(call),
    ...changes,
  };
  return signTransaction(unsignedTransfer, signer);
}

/** A chain id that is not ours. */
function otherChain({ validators }: Control): Hash {
  return validators.chainId.map((byte) => byte ^ 1) as Uint8Array as Hash;
}

function unsigned({ bytes }: SignedTransaction): readonly SignedTransaction[] {
  const blank = bytes.slice().fill(0, -64);
  const decoded = decodeSignedTransaction(blank);
  return decoded.ok ? [decoded.value] : [];
}
