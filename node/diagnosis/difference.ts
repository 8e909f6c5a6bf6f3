// What a diagnosis says.

import type { Hash, Height } from "../../crypto/index.ts";
import type { Receipt } from "../ledger/index.ts";

/** What A has and what B has; undefined: nothing, or it cannot be told. */
export type Pair<T> = { readonly a: T | undefined; readonly b: T | undefined };

export type Difference = {
  /** The first block that differs, or whose outcome does. */
  readonly height: Height;
  /** The last height below at which both are known to agree: one less, unless the data does not say it so exactly. */
  readonly after: Height;
  readonly kind: "block" | "outcome";
  readonly blocks: Pair<Hash>;
  /** After that block. */
  readonly stateRoots: Pair<Hash> & {
    /** What a quorum signed. */
    readonly certified: Hash | undefined;
    /** What executing the block again gives. */
    readonly again: Hash | undefined;
  };
  readonly transaction?: DifferentTransaction;
  readonly key?: DifferentKey;
};

/** The first one with another receipt, or else the one that wrote the key. */
export type DifferentTransaction = {
  readonly id: Hash;
  /** Its place in the block. */
  readonly index: number | undefined;
  readonly receipts: Pair<Receipt> & { readonly again: Receipt | undefined };
};

/** The first one in byte order; values as they are stored, slot and all. */
export type DifferentKey = {
  readonly key: Uint8Array;
  readonly values: Pair<Uint8Array> & { readonly again: Uint8Array | undefined };
  /** How many keys differ. */
  readonly count: number;
};

export type Diagnosis =
  | { readonly type: "equal"; readonly height: Height }
  | { readonly type: "different"; readonly difference: Difference };
