// Gossip between validators, with a validator's network key in an attacker's hands.

import { afterAll, beforeAll } from "vitest";
import { judge } from "./case.ts";
import { type HostileChain, hostileChain } from "./chain.ts";
import { gossipFloods, malformedGossip } from "./gossip.cases.ts";

const TABLES = [malformedGossip, gossipFloods];

let chain: HostileChain;

beforeAll(async () => {
  const seats = TABLES.reduce((sum, { cases }) => sum + cases.length, 0);
  chain = await hostileChain("gossip", { seats });
});

afterAll(() => chain?.stop());

for (const table of TABLES) judge(table, () => chain);
