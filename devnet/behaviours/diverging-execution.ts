// Diverging execution (11): an honest engine with a broken application. From some height on, its state machine leaves a
// balance off by one: of the first sender of a block, or of nobody's account in every block.
// What must hold: with commit votes it halts with `state-diverged` by the certificate of the block where it diverges, or by
// one above that comes first, and the others go on; rules without commit votes cannot tell.

import { ADDRESS_BYTES, address, decode, encode } from "../../crypto/index.ts";
import {
  accountCodec,
  accountKey,
  EMPTY_ACCOUNT,
  type StateWriter,
} from "../../node/ledger/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import type { Random } from "../random/index.ts";
import type { Behaviour } from "./behaviour.ts";

const NOBODY = address(new Uint8Array(ADDRESS_BYTES));

type Defect = { readonly fromHeight: number; readonly strikes: "senders" | "every-block" };

/** A node has the same broken application in all its lives; its stream of randomness stands for the node. */
const defects = new WeakMap<Random, Defect>();

export const divergingExecution: Behaviour = {
  name: "diverging-execution",
  word: "diverge",
  catalogue: [11],
  summary: "an honest engine whose application computes another state from some height on",
  adopt: () => ({}),
  application: (honest, random) => {
    const { fromHeight, strikes } = defectOf(random);
    return {
      ...honest,
      execute: (block, transactions, state) => {
        const receipts = honest.execute(block, transactions, state);
        if (block.height >= fromHeight) miscount(state, strikes, transactions);
        return receipts;
      },
    };
  },
};

function defectOf(random: Random): Defect {
  const known = defects.get(random);
  if (known !== undefined) return known;
  const fromHeight = random.between(1, 12);
  const defect: Defect = { fromHeight, strikes: random.pick(["senders", "every-block"]) };
  defects.set(random, defect);
  return defect;
}

function miscount(
  state: StateWriter,
  strikes: Defect["strikes"],
  [first]: readonly SignedTransaction[],
): void {
  if (strikes === "senders" && first === undefined) return;
  const key = accountKey(strikes === "senders" && first ? first.transaction.sender : NOBODY);
  const found = state.get(key);
  const account = found === undefined ? undefined : decode(accountCodec, found);
  const held = account?.ok ? account.value : EMPTY_ACCOUNT;
  state.set(key, encode(accountCodec, { ...held, balance: held.balance + 1n }));
}
