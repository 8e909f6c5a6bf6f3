// The replica hands rule set and leader choice on, to its engine and to the gate before it.

import { describe, expect, test } from "vitest";
import { RULE_SETS } from "../../../consensus/index.ts";
import { block, only, Subject, signedKinds } from "./fixtures.ts";

describe("a replica", () => {
  const leaders = () => 2;

  test("takes proposals from whom the given choice names, and votes for them", () => {
    const subject = Subject.started({ protocol: { leaders } });
    const effects = subject.proposed({ ...block(1), proposer: 2 });
    expect(signedKinds(effects)).toEqual(["vote"]);
    expect(only(effects, "penalise")).toEqual([]);
  });

  test("refuses the proposal of anybody else", () => {
    const subject = Subject.started({ protocol: { leaders } });
    const effects = subject.proposed(block(1));
    expect(only(effects, "penalise")).toMatchObject([{ peer: 1, reason: "not-the-leader" }]);
  });

  test("casts commit votes only where the rule set has them", () => {
    const kindsUnder = (name: "commit-votes" | "two-chain") => {
      const subject = Subject.started({ protocol: { rules: RULE_SETS[name] } });
      const made = block(1);
      return signedKinds([...subject.proposed(made), ...subject.certified(made)]);
    };
    expect(kindsUnder("commit-votes")).toContain("commit-vote");
    expect(kindsUnder("two-chain")).not.toContain("commit-vote");
  });
});
