// Clients of a virtual devnet: transfers among its accounts at a steady rate, each handed to one validator, and to another
// one when it does not become final.

import { ByteMap } from "../../crypto/index.ts";
import type { SignedTransaction } from "../../node/transaction/index.ts";
import { randomStream } from "../random/index.ts";
import type { Simulation } from "../sim/index.ts";

/** For each account; it sends no more while so many are on their way. */
const MAX_IN_FLIGHT = 64;
const IMPATIENT_AFTER_MS = 2_000;
/** Its nonce went to a transaction that a liar made up. */
const GIVEN_UP_AFTER_MS = 20_000;
const LOOK_EVERY_MS = 500;

type Waiting = {
  readonly account: number;
  readonly signed: SignedTransaction;
  readonly sinceMs: number;
  sentMs: number;
};

export function startLoad(simulation: Simulation, perSecond: number): void {
  if (perSecond <= 0) return;
  const random = randomStream(simulation.seed, "load");
  const { agenda } = simulation;
  const accounts = simulation.chain.accounts.length;
  const waiting = new ByteMap<Waiting>();
  const inFlight = Array.from({ length: accounts }, () => 0);
  const settle = (each: Waiting) => {
    if (waiting.delete(each.signed.id)) inFlight[each.account] = (inFlight[each.account] ?? 0) - 1;
  };
  const hand = (each: Waiting) => {
    each.sentMs = agenda.now;
    const running = simulation.validators.filter(({ isRunning, isHeld }) => isRunning && !isHeld);
    if (running.length > 0) random.pick(running).submit([each.signed]);
  };
  const send = () => {
    agenda.after(1_000 / perSecond, send);
    const account = random.between(0, accounts - 1);
    const to = random.between(0, accounts - 1);
    const amount = BigInt(random.between(1, 50));
    if ((inFlight[account] ?? 0) >= MAX_IN_FLIGHT) return;
    const signed = simulation.transfer(account, to, amount);
    const each = { account, signed, sinceMs: agenda.now, sentMs: agenda.now };
    waiting.set(signed.id, each);
    inFlight[account] = (inFlight[account] ?? 0) + 1;
    hand(each);
  };
  const look = () => {
    agenda.after(LOOK_EVERY_MS, look);
    for (const each of [...waiting.values()]) {
      if (agenda.now - each.sinceMs > GIVEN_UP_AFTER_MS) settle(each);
      else if (agenda.now - each.sentMs > IMPATIENT_AFTER_MS) hand(each);
    }
  };
  simulation.watch((seen) => {
    if (seen.type !== "final") return;
    for (const { id } of seen.final.transactions) {
      const each = waiting.get(id);
      if (each !== undefined) settle(each);
    }
  });
  agenda.after(1_000 / perSecond, send);
  agenda.after(LOOK_EVERY_MS, look);
}
