// A case of hostility: what is done, to which behaviour of the catalogue of faults it belongs, and what the node must
// still do afterwards. Tables of cases are data; `judge` runs one and asks whether the node came through it.

import { describe, test } from "vitest";
import type { HostileChain } from "./chain.ts";

/** 17: frames that are too large, cut off, malformed, bombs. 18: strangers. 19: floods. 20: half open, stalled, partial. */
export type Behaviour = 17 | 18 | 19 | 20;

export type HostileCase = {
  /** Reads after "survives ". */
  readonly name: string;
  readonly behaviour: Behaviour;
  /** Attacks, and checks what the attacker itself gets to see. */
  readonly run: (chain: HostileChain) => Promise<void>;
};

export type CaseTable = {
  /** What is attacked, for people. */
  readonly surface: string;
  readonly cases: readonly HostileCase[];
  /** Cases that spend their time waiting for deadlines of the node. */
  readonly together?: boolean;
};

/** One test for each case, all on the chain that `chain` gives. */
export function judge({ surface, cases, together }: CaseTable, chain: () => HostileChain): void {
  describe(surface, () => {
    const define = together === true ? test.concurrent : test;
    for (const { name, behaviour, run } of cases) {
      define(`survives ${name} (behaviour ${behaviour})`, async () => {
        await run(chain());
        await chain().isWell();
      });
    }
  });
}
