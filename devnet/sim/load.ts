// Clients of a simulation: transactions from random accounts, now and then sent twice, or spent twice at two validators.

import { type Call, encodeCall, type SignedTransaction } from "../../node/transaction/index.ts";
import { type Random, randomStream } from "../random/index.ts";
import { accountAddress } from "./chain.ts";
import type { Simulation } from "./simulation.ts";

export type Load = {
  readonly count: number;
  readonly everyMs: number;
  readonly repeated: number;
  readonly doubleSpent: number;
  readonly otherCalls: number;
};

/** Few, so that accounts meet at them. */
const KEYS = 3;
const MAX_HEIGHTS = 8;
const MAX_VALUE_BYTES = 40;

export function scheduleLoad(simulation: Simulation, { count, everyMs, ...chances }: Load): void {
  const random = randomStream(simulation.seed, "load");
  // Of its own: who pays whom is the same without other calls.
  const other = randomStream(simulation.seed, "calls");
  const { agenda, nodes } = simulation;
  const accounts = simulation.chain.accounts.length;
  const submit = (transaction: SignedTransaction) => {
    const running = nodes.filter(({ isRunning }) => isRunning);
    if (running.length > 0) random.pick(running).submit([transaction]);
  };
  const send = (at: number) => {
    const from = random.between(0, accounts - 1);
    const to = random.between(0, accounts - 1);
    const amount = BigInt(random.between(1, 50));
    const nonce = simulation.takeNonce(from);
    const transaction = other.chance(chances.otherCalls)
      ? simulation.signedCall({ from, nonce, call: encodeCall(drawCall(simulation, other)) })
      : simulation.signedTransfer({ from, to, amount, nonce });
    submit(transaction);
    if (random.chance(chances.repeated)) submit(transaction);
    if (random.chance(chances.doubleSpent)) {
      submit(simulation.signedTransfer({ from, to, amount: amount + 1n, nonce }));
    }
    if (at + 1 < count) agenda.after(everyMs, () => send(at + 1));
  };
  if (count > 0) agenda.after(everyMs, () => send(0));
}

/** One that has an effect, or fails, by what others did before. */
function drawCall({ chain }: Simulation, random: Random): Call {
  const someone = () => accountAddress(chain, random.between(0, chain.accounts.length - 1));
  const key = Uint8Array.of(random.between(0, KEYS - 1));
  const kind = random.pick([
    ...(["pay-many", "put-record", "put-record", "delete-record", "give-record"] as const),
    ...(["acquire-lease", "acquire-lease", "release-lease"] as const),
  ]);
  switch (kind) {
    case "pay-many": {
      const payments = Array.from({ length: random.between(1, 4) }, () => {
        return { to: someone(), amount: BigInt(random.pick([1, 20, 400_000])) };
      });
      return { type: kind, payments, memo: new Uint8Array() };
    }
    case "put-record": {
      const value = new Uint8Array(random.between(0, MAX_VALUE_BYTES)).fill(random.between(0, 255));
      const expectedVersion = random.pick([undefined, undefined, 0, 1, 2]);
      return { type: kind, key, value, ...(expectedVersion !== undefined && { expectedVersion }) };
    }
    case "give-record":
      return { type: kind, key, to: someone() };
    case "acquire-lease":
      return { type: kind, key, heights: random.between(1, MAX_HEIGHTS) };
    default:
      return { type: kind, key };
  }
}
