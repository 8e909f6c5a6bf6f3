// What is wrong with one validator process: the devnet tells it the whole of it, at the start and at every change, so that
// declared faults survive its restart.

import type { Recipe } from "../directory/index.ts";
import type { SendingFaults, ValidatorFaults } from "../faults/index.ts";

/** What this validator sends to one other. */
export type LinkConditions = SendingFaults & { readonly isCut: boolean };

export type Ailments = {
  /** By validator index; that of the validator itself means nothing. */
  readonly links: readonly LinkConditions[];
  readonly clock: ValidatorFaults["clock"];
  readonly disk: ValidatorFaults["disk"];
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
