// The tally gone wrong on purpose: for one word it draws lots, as no other validator does.

import type { StateMachine } from "../../node/ledger/index.ts";
import { tally } from "./tally.ts";

const LOTTERY = "lottery";
/** Out of reach of an honest count in a drill. */
const LEAST_LOT = 100;
const LOTS = 100;

export const waywardTally: StateMachine<Uint8Array> = {
  ...tally,
  execute: (word, context, state) => {
    const result = tally.execute(word, context, state);
    if (String.fromCharCode(...word) === LOTTERY) {
      state.set(word, Uint8Array.of(LEAST_LOT + Math.floor(Math.random() * LOTS)));
    }
    return result;
  },
};
