// The direct stream of votes, with a validator's network key in an attacker's hands.

import { afterAll, beforeAll } from "vitest";
import { judge } from "./case.ts";
import { type HostileChain, hostileChain } from "./chain.ts";
import { frameFloods, frameStalls, malformedFrames } from "./frames.cases.ts";

const TABLES = [malformedFrames, frameFloods, frameStalls];

let chain: HostileChain;

beforeAll(async () => {
  const seats = TABLES.reduce((sum, { cases }) => sum + cases.length, 0);
  chain = await hostileChain("frames", { seats });
});

afterAll(() => chain?.stop());

for (const table of TABLES) judge(table, () => chain);
