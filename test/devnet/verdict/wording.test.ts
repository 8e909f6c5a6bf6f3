// The verdict as people read it, line by line.

import { describe, expect, test } from "vitest";
import { type Sight, type Verdict, verdictText } from "../../../devnet/verdict/index.ts";

function sight(validator: number, changes: Partial<Sight> = {}): Sight {
  return {
    validator,
    isHonest: true,
    state: "running",
    height: 41,
    view: 43,
    block: `0x7f3a${"0".repeat(60)}`,
    stateRoot: `0x91bc${"0".repeat(60)}`,
    ...changes,
  };
}

const held: Verdict = {
  type: "verdict",
  ok: true,
  scenario: "equivocating-leader",
  backend: "live",
  seed: 7,
  validators: 4,
  liars: [{ validator: 3, ways: ["equivocate", "double-vote"] }],
  safety: [
    { name: "agreement", ok: true, what: "one block at each of 41 heights" },
    { name: "no-double-sign", ok: true, what: "no honest validator contradicted itself" },
  ],
  liveness: [{ name: "progress", ok: true, what: "no view longer than 1.2 s without a block" }],
  expectations: [{ name: "culprits", ok: true, what: "v3 is proven guilty, and nobody else" }],
  culprits: [
    {
      validator: 3,
      why: "signed two proposals in view 12",
      messages: ["0x01", "0x02"],
      statements: ["proposal view 12 block 7f3a…", "proposal view 12 block 91bc…"],
      heldBy: [0, 1, 2],
    },
  ],
  sights: [
    sight(0),
    sight(1),
    sight(2, { state: "down", height: 9, view: 10, block: undefined, stateRoot: undefined }),
    sight(3, { isHonest: false }),
  ],
  reached: { height: 41, transactions: 812, ms: 20_049 },
  replay: "quorate sim devnet/scenarios/equivocating-leader.yaml --seed 7",
};

const failed: Verdict = {
  ...held,
  ok: false,
  backend: "simulated",
  validators: 1,
  liars: [],
  safety: [
    {
      name: "agreement",
      ok: false,
      what: `v0 and v1 made different blocks final at height 12: ${"seen by everybody ".repeat(6)}`,
    },
  ],
  liveness: [],
  expectations: [],
  culprits: [],
  sights: [sight(0)],
  recording: "equivocating-leader-7.yaml",
};

const tags = {
  bold: (text: string) => `<b>${text}</b>`,
  dim: (text: string) => `<d>${text}</d>`,
  red: (text: string) => `<r>${text}</r>`,
  green: (text: string) => `<g>${text}</g>`,
  yellow: (text: string) => `<y>${text}</y>`,
};

describe("a verdict in words", () => {
  test("says what held, who lied, what proves it, and what each one saw", () => {
    expect(verdictText(held)).toBe(
      `
equivocating-leader  live, 4 validators, seed 7

SAFETY     ok      agreement       one block at each of 41 heights
           ok      no-double-sign  no honest validator contradicted itself
LIVENESS   ok      progress        no view longer than 1.2 s without a block
EXPECTED   ok      culprits        v3 is proven guilty, and nobody else

liars      v3 equivocate, double-vote
guilty     v3 signed two proposals in view 12; proof held by v0, v1, v2
             proposal view 12 block 7f3a…
             proposal view 12 block 91bc…

                     height  view  block        state root
v0  honest  running  41      43    0x7f3a0000…  0x91bc0000…
v1  honest  running  41      43    0x7f3a0000…  0x91bc0000…
v2  honest  down     9       10    -            -
v3  liar    running  41      43    0x7f3a0000…  0x91bc0000…

reached    height 41, 812 transactions final in 20 s
verdict    all held
replay     quorate sim devnet/scenarios/equivocating-leader.yaml --seed 7
`.trim(),
    );
  });

  test("says what failed, in lines of a hundred columns, and where the recording is", () => {
    expect(verdictText(failed)).toBe(
      `
equivocating-leader  simulated, 1 validator, seed 7

SAFETY     FAILED  agreement  v0 and v1 made different blocks final at height 12: seen by everybody
                              seen by everybody seen by everybody seen by everybody seen by
                              everybody seen by everybody
LIVENESS   nothing was promised
EXPECTED   nothing was promised

liars      none
guilty     nobody is proven guilty

                     height  view  block        state root
v0  honest  running  41      43    0x7f3a0000…  0x91bc0000…

reached    height 41, 812 transactions final in 20 s
verdict    FAILED
recording  equivocating-leader-7.yaml
replay     quorate sim devnet/scenarios/equivocating-leader.yaml --seed 7
`.trim(),
    );
  });

  test("tells in full what failed, and of many checks that held the names", () => {
    const names = ["agreement", "contiguity", "validity", "conservation", "memory", "halts"];
    const safety = names.map((name, index) => ({ name, ok: index !== 3, what: `about ${name}` }));
    expect(verdictText({ ...held, ok: false, safety })).toContain(
      `
SAFETY     FAILED  conservation  about conservation
           ok      agreement     about agreement
           ok      and 4 more    contiguity, validity, memory, halts
LIVENESS `,
    );
  });

  test("paints success, failure and whoever is not well, and changes nothing else", () => {
    const painted = verdictText(held, tags);
    expect(painted).toContain("<g>ok      </g>agreement");
    expect(painted).toContain("<y>v2  honest  down");
    expect(verdictText(failed, tags)).toContain("<r>FAILED</r>");
    expect(painted.replaceAll(/<\/?[bdrgy]>/g, "")).toBe(verdictText(held));
  });

  test("fits a screen with 64 validators, all of them culprits", () => {
    const many = Array.from({ length: 64 }, (_, index) => index);
    const [culprit] = held.culprits;
    if (culprit === undefined) throw new Error("no culprit");
    const text = verdictText({
      ...held,
      liars: many.map((validator) => ({ validator, ways: ["equivocate"] })),
      culprits: many.map((validator) => ({ ...culprit, validator, heldBy: many })),
      sights: many.map((validator) => sight(validator)),
    });
    expect(text).toContain("and 56 more: --json tells all");
    expect(text).toContain("and 48 more: --json tells all");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});
