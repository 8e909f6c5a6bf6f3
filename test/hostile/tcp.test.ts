// The validators' port of a real node, before any key is proven.

import { afterAll, beforeAll } from "vitest";
import { judge } from "./case.ts";
import { type HostileChain, hostileChain } from "./chain.ts";
import { crowds, garbage } from "./tcp.cases.ts";

let chain: HostileChain;

beforeAll(async () => {
  chain = await hostileChain("tcp");
});

afterAll(() => chain?.stop());

for (const table of [garbage, crowds]) judge(table, () => chain);
