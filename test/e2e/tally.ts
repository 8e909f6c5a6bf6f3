// A small application for drills: a call is a word, and the state counts how often each was called.

import type { StateMachine } from "../../node/ledger/index.ts";

const MAX_WORD_BYTES = 32;

export const tally: StateMachine<Uint8Array> = {
  name: "tally",
  decode: (bytes) => {
    const isWord = bytes.length > 0 && bytes.length <= MAX_WORD_BYTES;
    return isWord ? { ok: true, call: bytes } : { ok: false, code: "no-word" };
  },
  execute: (word, _context, state) => {
    const count = (state.get(word)?.[0] ?? 0) + 1;
    const counted = Uint8Array.of(count);
    state.set(word, counted);
    return { ok: true, output: counted };
  },
};
