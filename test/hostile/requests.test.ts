// Questions and answers between validators, with a validator's network key in an attacker's hands.

import { afterAll, beforeAll } from "vitest";
import { judge } from "./case.ts";
import { type HostileChain, hostileChain } from "./chain.ts";
import { questionFloods, questionStalls, questions } from "./requests.cases.ts";

const TABLES = [questions, questionFloods, questionStalls];

let chain: HostileChain;

beforeAll(async () => {
  const seats = TABLES.reduce((sum, { cases }) => sum + cases.length, 0);
  chain = await hostileChain("requests", { seats });
});

afterAll(() => chain?.stop());

for (const table of TABLES) judge(table, () => chain);
