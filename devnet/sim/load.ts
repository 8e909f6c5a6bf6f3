// Clients of a simulation: transfers from random accounts, now and then sent twice, or spent twice at two validators.

import { randomStream } from "../random/index.ts";
import type { Simulation } from "./simulation.ts";

export type Load = {
  readonly count: number;
  readonly everyMs: number;
  readonly repeated: number;
  readonly doubleSpent: number;
};

export function scheduleLoad(simulation: Simulation, { count, everyMs, ...chances }: Load): void {
  const random = randomStream(simulation.seed, "load");
  const { agenda, nodes } = simulation;
  const accounts = simulation.chain.accounts.length;
  const submit = (transaction: ReturnType<Simulation["transfer"]>) => {
    const running = nodes.filter(({ isRunning }) => isRunning);
    if (running.length > 0) random.pick(running).submit([transaction]);
  };
  const send = (at: number) => {
    const from = random.between(0, accounts - 1);
    const to = random.between(0, accounts - 1);
    const amount = BigInt(random.between(1, 50));
    const nonce = simulation.nonceOf(from);
    const transaction = simulation.transfer(from, to, amount);
    submit(transaction);
    if (random.chance(chances.repeated)) submit(transaction);
    if (random.chance(chances.doubleSpent)) {
      submit(simulation.signedTransfer({ from, to, amount: amount + 1n, nonce }));
    }
    if (at + 1 < count) agenda.after(everyMs, () => send(at + 1));
  };
  if (count > 0) agenda.after(everyMs, () => send(0));
}
