import { describe, expect, test } from "vitest";
import { liveVerdict, patienceMs, type RunFacts } from "../../../devnet/session/live-verdict.ts";
import { Sightings } from "../../../devnet/session/sightings.ts";
import type { Culprit, Verdict } from "../../../devnet/verdict/index.ts";

const TEMPO = { baseTimeoutMs: 100, emptyBlockIntervalMs: 100 };
const PATIENCE_MS = patienceMs(4, TEMPO);

/** A run of four in which all went well: a block every 100 ms, up to height 10. */
function facts(given: Partial<RunFacts> = {}): RunFacts {
  return {
    scenario: "a-run",
    seed: 7,
    validators: 4,
    tempo: TEMPO,
    expect: {
      safety: "holds",
      progress: "always",
      culprits: [],
      noOtherCulprits: true,
      halted: [],
    },
    liars: [],
    dishonest: new Set(),
    hasOwnApplication: false,
    sightings: goodSightings(),
    culprits: [],
    states: ["running", "running", "running", "running"],
    nowMs: 1_000,
    replay: "quorate sim a-run --seed 7",
    ...given,
  };
}

function goodSightings(): Sightings {
  const sightings = new Sightings(0);
  for (let height = 1; height <= 10; height++) {
    for (const by of [0, 1, 2, 3]) sightings.block(by, block(height), 100 * height, true);
  }
  for (const by of [0, 1, 2, 3]) {
    sightings.status(by, { height: 10, view: 11, block: "h10", stateRoot: "s10" });
  }
  return sightings;
}

function block(height: number, hash = `h${height}`) {
  return { height, hash, stateRoot: `s${height}`, transactions: 2 };
}

/** Each says of height 4 what it holds. */
function apart(
  roots: readonly string[],
  blocks: readonly string[] = roots.map(() => "h4"),
): Sightings {
  const sightings = new Sightings(4);
  for (const [by, stateRoot] of roots.entries()) {
    sightings.status(by, { height: 4, view: 5, block: blocks[by] ?? "", stateRoot });
  }
  return sightings;
}

function culprit(validator: number): Culprit {
  const why = "signed two votes in view 9";
  return { validator, why, messages: ["0x1", "0x2"], statements: ["a", "b"], heldBy: [0] };
}

function failed({ safety, liveness, expectations }: Verdict): readonly string[] {
  return [...safety, ...liveness, ...expectations]
    .filter(({ ok }) => !ok)
    .map(({ name, what }) => `${name}: ${what}`);
}

function expecting(given: Partial<RunFacts["expect"]>): RunFacts["expect"] {
  return { ...facts().expect, ...given };
}

describe("the verdict of a live run", () => {
  test("holds when all went well, and says what was reached", () => {
    const verdict = liveVerdict(facts());
    expect(failed(verdict)).toEqual([]);
    expect(verdict).toMatchObject({
      ok: true,
      backend: "live",
      reached: { height: 10, transactions: 20, ms: 1_000 },
      replay: "quorate sim a-run --seed 7",
    });
    expect(verdict.sights[2]).toEqual({
      validator: 2,
      isHonest: true,
      state: "running",
      height: 10,
      view: 11,
      block: "h10",
      stateRoot: "s10",
    });
  });

  test("fails on two blocks at one height", () => {
    const sightings = goodSightings();
    sightings.status(1, { height: 4, view: 5, block: "fork", stateRoot: "s4" });
    const verdict = liveVerdict(facts({ sightings }));
    expect(failed(verdict)).toEqual(["agreement: at height 4: v0 v1 v2 v3 h4, v1 fork"]);
    expect(verdict.ok).toBe(false);
  });

  test("fails on two states after one block", () => {
    const sightings = goodSightings();
    sightings.status(1, { height: 4, view: 5, block: "h4", stateRoot: "x" });
    expect(failed(liveVerdict(facts({ sightings })))).toEqual([
      "state-roots: at height 4: v0 v1 v2 v3 s4, v1 x",
    ]);
  });

  test.each([
    ["where no state has a quorum", ["s4", "x", "y", "z"], true],
    ["where two hold one and two another", ["s4", "s4", "x", "x"], true],
    ["but not where one alone is odd", ["s4", "s4", "s4", "x"], false],
  ])("suspects an application of one's own %s", (_, roots, isSuspected) => {
    const verdict = liveVerdict(facts({ sightings: apart(roots), hasOwnApplication: true }));
    const [first = ""] = failed(verdict);
    expect(first).toMatch(/^state-roots: at height 4: v0/);
    expect(first.includes("application that is not deterministic")).toBe(isSuspected);
    expect(first.includes("`checkDeterminism` from `quorate/testing`")).toBe(isSuspected);
  });

  test("does not suspect the built-in application, nor any where the blocks differ, too", () => {
    const sightings = apart(["s4", "x", "y", "z"]);
    expect(failed(liveVerdict(facts({ sightings })))[0]).not.toContain("deterministic");
    const forked = apart(["s4", "x", "y", "z"], ["h4", "h4", "fork", "fork"]);
    const verdict = liveVerdict(facts({ sightings: forked, hasOwnApplication: true }));
    expect(failed(verdict).join()).not.toContain("deterministic");
  });

  test.each([
    ["nobody", []],
    ["a liar alone", [3]],
  ])("does not hold where %s showed anything", (_, who) => {
    const sightings = new Sightings(5);
    for (const by of who) sightings.block(by, block(6), 100, false);
    const verdict = liveVerdict(facts({ sightings, dishonest: new Set([3]) }));
    expect(verdict.ok).toBe(false);
    expect(verdict.safety).toEqual([
      { name: "observed", ok: false, what: expect.stringMatching(/^nothing was observed: /) },
    ]);
  });

  test("does not hold where nobody honest is left and nobody showed anything", () => {
    const dishonest = new Set([0, 1, 2, 3]);
    expect(liveVerdict(facts({ sightings: new Sightings(5), dishonest })).ok).toBe(false);
  });

  test("fails on a block left out", () => {
    const sightings = goodSightings();
    sightings.block(2, block(12), 1_000, true);
    expect(failed(liveVerdict(facts({ sightings })))).toEqual([
      "contiguity: v2 called 12 final where 11 was next",
    ]);
  });

  test("fails on a safety halt of an honest validator that nobody expects", () => {
    const sightings = goodSightings();
    sightings.halt(2, "its state is another one");
    expect(failed(liveVerdict(facts({ sightings })))).toEqual([
      "no-halt: v2 halted: its state is another one",
    ]);
    expect(liveVerdict(facts({ sightings, expect: expecting({ halted: [2] }) })).ok).toBe(true);
  });

  test("fails when a halt does not come", () => {
    expect(failed(liveVerdict(facts({ expect: expecting({ halted: [2] }) })))).toEqual([
      "halted: v2 did not halt",
    ]);
  });

  test("fails when somebody honest is proven guilty", () => {
    const given = facts({ culprits: [culprit(1)], expect: expecting({ noOtherCulprits: false }) });
    expect(failed(liveVerdict(given))).toEqual([
      "no-double-sign: honest v1 signed two votes in view 9",
    ]);
  });

  test("fails when a culprit is not proven guilty", () => {
    expect(failed(liveVerdict(facts({ expect: expecting({ culprits: [3] }) })))).toEqual([
      "culprits: no proof against v3",
    ]);
  });

  test("fails when another liar is proven guilty than the scenario expects", () => {
    const dishonest = new Set([2, 3]);
    const culprits = [culprit(2), culprit(3)];
    const given = facts({ dishonest, culprits, expect: expecting({ culprits: [3] }) });
    expect(failed(liveVerdict(given))).toEqual(["no-other-culprits: v2 proven guilty, too"]);
  });

  test("asks nothing of a liar", () => {
    const sightings = goodSightings();
    sightings.status(3, { height: 4, view: 5, block: "fork", stateRoot: "x" });
    sightings.halt(3, "its state is another one");
    const dishonest = new Set([3]);
    const expect_ = expecting({ culprits: [3] });
    const given = { sightings, dishonest, culprits: [culprit(3)], expect: expect_ };
    const verdict = liveVerdict(facts(given));
    expect(failed(verdict)).toEqual([]);
    expect(verdict.sights[3]?.isHonest).toBe(false);
  });

  test("fails when the chain stands still for longer than 4f+8 views, where progress is promised", () => {
    const given = { nowMs: 1_000 + PATIENCE_MS + 1 };
    expect(failed(liveVerdict(facts(given)))).toEqual([
      expect.stringMatching(/^progress: at most \d+\.\d s from block to block, at height 10;/),
    ]);
    const after = expecting({ progress: "after-heal" });
    expect(liveVerdict(facts({ ...given, expect: after })).ok).toBe(true);
  });

  test("fails when no block comes after the heal", () => {
    const sightings = goodSightings();
    sightings.healed(1_000);
    const expect_ = expecting({ progress: "after-heal" });
    const soon = { sightings, expect: expect_, nowMs: 1_000 + PATIENCE_MS };
    expect(liveVerdict(facts(soon)).ok).toBe(true);
    expect(failed(liveVerdict(facts({ ...soon, nowMs: soon.nowMs + 1 })))).toEqual([
      expect.stringMatching(/^recovery: no block in the \d+\.\d s since the heal$/),
    ]);
  });

  test("expects no block where more than f may lie and too few are left after their safety halts", () => {
    const sightings = goodSightings();
    sightings.healed(1_000);
    const late = { sightings, nowMs: 1_000 + PATIENCE_MS + 1 };
    const states = ["halted", "halted", "running", "running"] as const;
    const mayBreak = expecting({ safety: "may-break", progress: "after-heal" });
    expect(liveVerdict(facts({ ...late, states, expect: mayBreak })).ok).toBe(true);
    const one = ["halted", "running", "running", "running"] as const;
    for (const given of [{ states: one, expect: mayBreak }, { states }]) {
      const names = failed(liveVerdict(facts({ ...late, ...given }))).map((text) =>
        text.slice(0, 8),
      );
      expect(names).toContain("recovery");
    }
  });

  test("expects no block, not even after the heal, where no progress is promised", () => {
    const sightings = goodSightings();
    sightings.healed(1_000);
    const expect_ = expecting({ safety: "may-break", progress: "none" });
    const given = { sightings, expect: expect_, nowMs: 1_000 + PATIENCE_MS + 1 };
    const { ok, liveness } = liveVerdict(facts(given));
    expect(ok).toBe(true);
    expect(liveness.map(({ name, what }) => `${name}: ${what}`)).toEqual([
      expect.stringMatching(/^progress: .*; nothing was promised$/),
    ]);
  });

  test("has nothing against the state of a validator that was expected to halt over it", () => {
    const sightings = apart(["sA", "sA", "other", "sA"]);
    sightings.halt(2, "its state is another one");
    const given = { sightings, states: ["running", "running", "halted", "running"] as const };
    const names = (expect_: ReturnType<typeof expecting>) =>
      failed(liveVerdict(facts({ ...given, expect: expect_ }))).map((text) => text.split(":")[0]);
    expect(names(expecting({ progress: "none", halted: [2] }))).toEqual([]);
    expect(names(expecting({ progress: "none" }))).toEqual(["state-roots", "no-halt"]);
  });

  test("has nothing against a run in which nobody honest is left", () => {
    const sightings = goodSightings();
    sightings.healed(1_000);
    const given = {
      sightings,
      dishonest: new Set([0, 1, 2, 3]),
      expect: expecting({ safety: "may-break", noOtherCulprits: false }),
      nowMs: 1_000 + PATIENCE_MS + 1,
    };
    const verdict = liveVerdict(facts(given));
    expect(failed(verdict)).toEqual([]);
    expect(verdict.liveness.map(({ what }) => what)).toEqual([
      "nobody honest is left to judge by",
      "nobody honest is left to judge by",
    ]);
  });

  test("fails when an honest validator stays behind after the heal", () => {
    const sightings = goodSightings();
    sightings.healed(1_000);
    for (const by of [0, 1, 2]) {
      sightings.block(by, block(11), 1_100, true);
      sightings.status(by, { height: 11, view: 12, block: "h11", stateRoot: "s11" });
    }
    const expect_ = expecting({ progress: "after-heal" });
    const late = { sightings, expect: expect_, nowMs: 1_000 + PATIENCE_MS + 1 };
    expect(failed(liveVerdict(facts(late)))).toEqual([
      "recovery: still behind height 10: v3 at 10",
    ]);
    const states = ["running", "running", "running", "down"] as const;
    expect(liveVerdict(facts({ ...late, states })).ok).toBe(true);
  });

  test("bears a fork where more than f lie, if f+1 of them are proven guilty", () => {
    const sightings = goodSightings();
    sightings.status(1, { height: 4, view: 5, block: "fork", stateRoot: "x" });
    const expect_ = expecting({ safety: "may-break", noOtherCulprits: false });
    const given = { sightings, dishonest: new Set([2, 3]), expect: expect_ };
    expect(failed(liveVerdict(facts({ ...given, culprits: [culprit(2)] })))).toEqual([
      "accountability: a fork, and 1 of at least 2 proven guilty",
    ]);
    const both = [culprit(2), culprit(3)];
    expect(liveVerdict(facts({ ...given, culprits: both })).ok).toBe(true);
  });
});
