// The document of limits says what the code does, and the suite is as large as it claims to be.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../node/network/limits.ts";
import { DEFAULT_RPC_LIMITS } from "../../node/rpc/limits.ts";
import type { CaseTable } from "./case.ts";
import { frameFloods, frameStalls, malformedFrames } from "./frames.cases.ts";
import { gossipFloods, malformedGossip } from "./gossip.cases.ts";
import { headers, requestLines } from "./http-bytes.cases.ts";
import { bodies, parameters } from "./http-meaning.cases.ts";
import { pressure, stalling } from "./http-pressure.cases.ts";
import { muxing } from "./muxer.cases.ts";
import { questionFloods, questionStalls, questions } from "./requests.cases.ts";
import { strangers } from "./strangers.cases.ts";
import { crowds, garbage } from "./tcp.cases.ts";

const DOCUMENT = readFileSync(join(import.meta.dirname, "../../node/LIMITS.md"), "utf8");
const [NETWORK = "", RPC = ""] = DOCUMENT.split("## The HTTP port");

const TABLES: readonly CaseTable[] = [
  ...[requestLines, headers, bodies, parameters, pressure, stalling],
  ...[garbage, crowds, strangers, muxing, malformedFrames, frameFloods, frameStalls],
  ...[questions, questionFloods, questionStalls, malformedGossip, gossipFloods],
];

/** Name -> default, of the rows that begin with a name in code. */
function limitsIn(text: string): Record<string, number> {
  const rows = text.matchAll(/^\| `([A-Za-z]+)` *\| *([0-9]+) *\|/gm);
  return Object.fromEntries([...rows].map(([, name = "", value]) => [name, Number(value)]));
}

describe("node/LIMITS.md", () => {
  test("lists every limit of the validators' port with its default", () => {
    expect(limitsIn(NETWORK)).toEqual(DEFAULT_LIMITS);
  });

  test("lists every limit of the HTTP port with its default", () => {
    expect(limitsIn(RPC)).toEqual(DEFAULT_RPC_LIMITS);
  });
});

describe("the hostile suite", () => {
  const cases = TABLES.flatMap((table) => table.cases);

  test("has 120 cases or more, no two of one name on one surface", () => {
    expect(cases.length).toBeGreaterThanOrEqual(120);
    for (const table of TABLES) {
      const names = table.cases.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test.each([17, 18, 19, 20])("has cases of behaviour %i", (behaviour) => {
    expect(cases.filter((one) => one.behaviour === behaviour).length).toBeGreaterThanOrEqual(9);
  });
});
