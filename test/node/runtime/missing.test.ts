import { describe, expect, test } from "vitest";
import { type EngineStatus, UNKNOWN_PAST } from "../../../consensus/index.ts";
import type { View } from "../../../crypto/index.ts";
import { missingSentence, uncertifiedSentence } from "../../../node/runtime/missing.ts";
import { world } from "../../consensus/fixtures.ts";

function sentence(options: {
  readonly powers?: readonly number[];
  readonly voters?: readonly number[];
  readonly timeouts?: readonly number[];
  readonly connected?: readonly number[];
  readonly silentThrough?: number;
}): string {
  const { powers = [1, 1, 1, 1], voters = [], timeouts = [], connected = [1, 2, 3] } = options;
  const { validators, genesis, genesisTip } = world({ powers });
  const status: EngineStatus = {
    view: 41 as View,
    leader: 1,
    tip: genesisTip,
    highQc: genesis,
    voters,
    timeouts,
    halted: false,
    silentThrough: (options.silentThrough ?? 0) as View,
  };
  return missingSentence({ validators, self: 0, connected, status });
}

describe("blocks whose state no quorum has signed", () => {
  test("are nothing to speak of while they are few", () => {
    expect(uncertifiedSentence(15)).toBeUndefined();
  });

  test("are told when they are many, with the likely causes and what to do", () => {
    expect(uncertifiedSentence(16)).toBe(
      "no quorum has signed the state after any of the last 16 blocks, so nothing can be proven: the validators' states differ, or commit votes get lost; stop two of them and run quorate diagnose",
    );
  });
});

describe("what is missing, in one sentence", () => {
  test("counts votes, and names who has not voted", () => {
    expect(sentence({ voters: [0, 1] })).toBe("votes 2 of 3 in view 41; silent: v2, v3");
  });

  test("counts timeouts once there are any", () => {
    const said = sentence({ voters: [0, 1], timeouts: [0] });
    expect(said).toBe("timeouts 1 of 3 in view 41; silent: v1, v2, v3");
  });

  test("says who is not even connected", () => {
    const said = sentence({ timeouts: [0, 1], connected: [1, 3] });
    expect(said).toBe("timeouts 2 of 3 in view 41; silent: v2 (not connected), v3");
  });

  test("names nobody when everybody was heard", () => {
    expect(sentence({ voters: [0, 1, 2, 3] })).toBe("votes 4 of 3 in view 41");
  });

  test("never calls ourselves silent", () => {
    expect(sentence({ voters: [1, 2, 3] })).not.toContain("v0");
  });

  test("says how long we sign nothing ourselves, and why", () => {
    expect(sentence({ voters: [0, 1, 2, 3], silentThrough: 43 })).toBe(
      "votes 4 of 3 in view 41; we sign nothing through view 43: without a safety record, this key may have signed before",
    );
  });

  test("says that we have not heard yet how long we sign nothing", () => {
    const said = sentence({ voters: [0, 1, 2, 3], silentThrough: UNKNOWN_PAST });
    expect(said).toContain("we sign nothing until enough others have said how far they are:");
  });

  test("counts power, not heads", () => {
    expect(sentence({ powers: [1, 5, 1, 1], voters: [1] })).toMatch(/^votes 5 of 6 in view 41;/);
  });
});
