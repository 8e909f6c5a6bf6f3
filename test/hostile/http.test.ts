// The HTTP side of a real node under attack: malformed bytes, sound requests without sense, floods and hoarders.

import { afterAll, beforeAll } from "vitest";
import { judge } from "./case.ts";
import { type HostileChain, hostileChain } from "./chain.ts";
import { headers, requestLines } from "./http-bytes.cases.ts";
import { bodies, parameters } from "./http-meaning.cases.ts";
import { pressure } from "./http-pressure.cases.ts";

let chain: HostileChain;

beforeAll(async () => {
  chain = await hostileChain("http");
});

afterAll(() => chain?.stop());

for (const table of [requestLines, headers, bodies, parameters, pressure])
  judge(table, () => chain);
