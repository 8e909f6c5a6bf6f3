// What the oracles are told of a run before it begins.

import { formatAddress } from "../../crypto/index.ts";
import { accountAddress, genesisLedger, INITIAL_BALANCE, MIN_FEE } from "./chain.ts";
import { EPOCH_MS } from "./clock.ts";
import type { Premises } from "./oracles/oracle.ts";
import { dishonest, type Plan, unreliable } from "./plan.ts";
import type { Simulation } from "./simulation.ts";

export function premisesOf(
  simulation: Simulation,
  plan: Pick<Plan, "liars" | "timeline" | "validators" | "rules" | "leaders">,
): Premises {
  const { chain } = simulation;
  const lying = dishonest(plan);
  const f = Math.floor((plan.validators - 1) / 3);
  const balances = new Map<string, bigint>();
  for (const account of chain.accounts.keys()) {
    balances.set(formatAddress(accountAddress(chain, account)), INITIAL_BALANCE);
  }
  return {
    validators: chain.validators,
    rules: plan.rules,
    leaders: plan.leaders,
    scheme: chain.scheme,
    genesisBlock: chain.genesisBlock,
    genesisStateRoot: genesisLedger(chain).committed.stateRoot,
    genesisTimeMs: EPOCH_MS,
    validatorOf: (node) => simulation.validatorOf(node),
    isHonest: (node) => !lying.has(simulation.validatorOf(node)),
    isWithinBounds: unreliable(plan).size <= f,
    supply: INITIAL_BALANCE * BigInt(chain.accounts.length),
    balances,
    minFee: MIN_FEE,
  };
}
