// Strangers, impostors and many names at a validator's door, and what one with a key can do to the connection itself.

import { afterAll, beforeAll } from "vitest";
import { judge } from "./case.ts";
import { type HostileChain, hostileChain } from "./chain.ts";
import { muxing } from "./muxer.cases.ts";
import { strangers } from "./strangers.cases.ts";

const TABLES = [muxing, strangers];

let chain: HostileChain;

beforeAll(async () => {
  const seats = TABLES.reduce((sum, { cases }) => sum + cases.length, 0);
  chain = await hostileChain("strangers", { seats });
});

afterAll(() => chain?.stop());

for (const table of TABLES) judge(table, () => chain);
