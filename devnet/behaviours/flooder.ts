// Flooder (19): every few milliseconds a handful of votes, commit votes, timeouts and proposals of made-up content all over
// the window of views, of transactions that can never run, and of what it has just said: at most MAX_A_TIME messages in one
// go, in at most MAX_ACTS goes a life.
// What must hold: the honest ones lose no time, and hold no more than their bounds.

import type { Behaviour, Control } from "./behaviour.ts";
import { habit } from "./habit.ts";
import { Hearsay } from "./hearsay.ts";
import { KINDS } from "./noise.ts";
import type { Wording } from "./wording.ts";

const MAX_A_TIME = 6;
/** No nonce that the load will reach. */
const FAR_NONCE = 1_000;

export const flooder: Behaviour = {
  name: "flooder",
  word: "flood",
  catalogue: [19],
  summary: "floods with votes, timeouts, proposals and transactions, within bounds",
  adopt: (control) => {
    const { random } = control;
    const everyMs = random.pick([5, 10, 20]);
    const count = random.between(1, MAX_A_TIME);
    const kinds = KINDS.filter(() => random.chance(0.7));
    const floodsPools = random.chance(0.7);
    const hearsay = new Hearsay();
    let latest: Wording | undefined;
    const flood = () => {
      for (let at = 0; at < count; at++) {
        const kind = kinds.length === 0 ? undefined : random.pick(kinds);
        const message = kind?.(control, hearsay);
        if (message !== undefined) control.sendAll(message);
        else if (latest !== undefined) control.sendAll(latest.message, latest.ids);
      }
      if (floodsPools) floodPools(control, count);
    };
    return {
      outgoing: (deliveries) => {
        const content = deliveries[0]?.content;
        if (content?.type === "message") latest = content;
        return deliveries;
      },
      incoming: (_, message) => {
        hearsay.hear(message);
        return true;
      },
      started: habit(control, everyMs, flood),
    };
  },
};

function floodPools({ random, accounts, nonceOf, transfer, others, send }: Control, count: number) {
  const transactions = Array.from({ length: count }, () => {
    const from = random.between(0, accounts - 1);
    const nonce = nonceOf(from) + FAR_NONCE + random.between(0, 1 << 20);
    return transfer({ from, to: from, amount: BigInt(random.between(1, 1_000)), nonce });
  });
  for (const to of others) send({ to, content: { type: "transactions", transactions } });
}
