// Clients of a real node that stand still, on an HTTP interface set to be impatient.

import { afterAll, beforeAll } from "vitest";
import { judge } from "./case.ts";
import { type HostileChain, hostileChain } from "./chain.ts";
import { IMPATIENT, stalling } from "./http-pressure.cases.ts";

let chain: HostileChain;

beforeAll(async () => {
  chain = await hostileChain("stalling", { rpc: IMPATIENT });
});

afterAll(() => chain?.stop());

judge(stalling, () => chain);
