// What is wrong with one validator process: the devnet tells it the whole of it, at the start and at every change, so that
// declared faults survive its restart.

import type { Recipe } from "../directory/index.ts";

/** What this validator sends to one other. */
export type LinkConditions = {
  readonly isCut: boolean;
  readonly delayMs: number;
  /** On top of `delayMs`, drawn anew each time. */
  readonly jitterMs: number;
  /** 0..100. */
  readonly losePercent: number;
  readonly duplicatePercent: number;
  /** 1,000 bytes; undefined: as much as there is. */
  readonly kilobytesPerSecond: number | undefined;
};

export type Ailments = {
  /** By validator index; that of the validator itself means nothing. */
  readonly links: readonly LinkConditions[];
  readonly clock: { readonly offsetMs: number; readonly isFrozen: boolean };
  readonly disk: "sound" | "full" | "next-sync-fails";
  /** Names of behaviours; none: it is honest. */
  readonly ways: readonly string[];
  /** All declared liars, itself among them: they collude. */
  readonly liars: readonly number[];
  /** For whatever is left to chance. */
  readonly seed: number;
};

export const SOUND_LINK: LinkConditions = {
  isCut: false,
  delayMs: 0,
  jitterMs: 0,
  losePercent: 0,
  duplicatePercent: 0,
  kilobytesPerSecond: undefined,
};

/** From the devnet to a validator process, over its IPC channel. The first one comes before anything else. */
export type Instruction = {
  readonly type: "ailments";
  readonly ailments: Ailments;
  /** Grows by one; the process answers with it once all is in force. */
  readonly revision: number;
  /** Which validator of which devnet it is: the recipe gives the keys of liars and accounts. */
  readonly self: number;
  readonly recipe: Pick<Recipe, "seed" | "accounts">;
};

/** From a validator process to the devnet. */
export type Report =
  | { readonly type: "in-force"; readonly revision: number }
  /** Found by this validator: two contradicting messages, canonical bytes as 0x-hex. */
  | {
      readonly type: "evidence";
      readonly offender: number;
      readonly view: number;
      readonly messages: readonly [string, string];
    }
  /** A liar asks to be killed and started again after so long. */
  | { readonly type: "restart-me"; readonly downMs: number }
  /** A way to lie has a bug, and is off until the next start. */
  | { readonly type: "broke"; readonly way: string; readonly reason: string };
