// Verdicts on virtual devnets: each kind of check fails when it must, and says who and why.

import { describe, expect, test } from "vitest";
import { messageCodec, verifyEvidence } from "../../../consensus/index.ts";
import { decode, fromHex, type Hash } from "../../../crypto/index.ts";
import { taskBoard } from "../../../devnet/examples/task-board.ts";
import type { Observation } from "../../../devnet/sim/index.ts";
import type { VirtualDevnet } from "../../../devnet/virtual/index.ts";
import {
  command,
  failedChecks,
  runningDevnet,
  stateOf,
  verdictOf,
  whatFailed,
} from "./fixtures.ts";

type Final = Extract<Observation, { readonly type: "final" }>;

/** The first that validator 0 calls final from here on. */
function nextFinal(devnet: VirtualDevnet): Final {
  const found: Final[] = [];
  devnet.simulation.watch((seen) => {
    if (seen.type === "final" && seen.by === 0) found.push(seen);
  });
  devnet.simulation.runUntil(() => found.length > 0, 5_000);
  return found[0] as Final;
}

/** As if validator 1 called another block final. */
function pretendFork(devnet: VirtualDevnet): void {
  const seen = nextFinal(devnet);
  const other = new Uint8Array(32).fill(9) as Hash;
  devnet.simulation.see({ ...seen, by: 1, final: { ...seen.final, hash: other } });
}

describe("a verdict on a quiet run (seed 1)", () => {
  const verdict = verdictOf(runningDevnet());

  test("is sound", () => {
    expect(whatFailed(verdict)).toEqual([]);
    expect(verdict).toMatchObject({ ok: true, backend: "simulated", validators: 4, culprits: [] });
  });

  test("says what each validator saw", () => {
    const [first] = verdict.sights;
    expect(verdict.sights).toHaveLength(4);
    expect(first).toMatchObject({ validator: 0, isHonest: true, state: "running" });
    expect(first?.block).toMatch(/^0x[0-9a-f]{64}$/);
    expect(verdict.reached.height).toBeGreaterThanOrEqual(first?.height ?? Number.NaN);
  });
});

describe("who lied (seed 1)", () => {
  const devnet = runningDevnet();
  command(devnet, "lie 3 equivocate");
  devnet.run(4_000);
  const verdict = verdictOf(devnet, { culprits: [3] });
  const [culprit] = verdict.culprits;

  test("is named, with what it was told to do", () => {
    expect(whatFailed(verdict)).toEqual([]);
    expect(verdict.liars).toEqual([{ validator: 3, ways: ["equivocate"] }]);
    expect(culprit).toMatchObject({ validator: 3, heldBy: [0, 1, 2] });
    expect(culprit?.why).toMatch(/^signed two proposals in view \d+$/);
  });

  test("is proven guilty by two messages that a judge accepts", () => {
    const { validators, scheme } = devnet.simulation.chain;
    const [first, second] = (culprit?.messages ?? []).map((hex) => {
      const decoded = decode(messageCodec, fromHex(hex) ?? new Uint8Array());
      if (!decoded.ok) throw new Error(decoded.refusal);
      return decoded.value;
    });
    if (first === undefined || second === undefined) throw new Error("two messages");
    const judged = verifyEvidence(validators, scheme, { first, second });
    expect(judged).toMatchObject({ ok: true, offence: { offender: 3, kind: "proposal" } });
  });

  test("is told by two statements that differ", () => {
    expect(new Set(culprit?.statements).size).toBe(2);
  });

  test("counts as dishonest even after it has repented", () => {
    expect(verdict.sights[3]).toMatchObject({ isHonest: false });
  });
});

describe("a verdict is not sound", () => {
  test("when the expected culprit is not proven guilty", () => {
    const verdict = verdictOf(runningDevnet(), { culprits: [3] });
    expect(verdict.ok).toBe(false);
    expect(whatFailed(verdict)).toEqual(["culprits: v3 not proven guilty; proven: nobody"]);
  });

  test("when somebody is proven guilty whom nobody expected", () => {
    const devnet = runningDevnet();
    command(devnet, "lie 3 double-vote");
    devnet.run(4_000);
    expect(failedChecks(verdictOf(devnet))).toEqual(["no-other-culprits"]);
  });

  test("when somebody goes on who should have stopped for good", () => {
    expect(failedChecks(verdictOf(runningDevnet(), { halted: [2] }))).toEqual(["halted"]);
  });

  test("when progress is promised and two of four are dead", () => {
    const devnet = runningDevnet();
    command(devnet, "kill 2,3");
    const verdict = verdictOf(devnet);
    expect(failedChecks(verdict)).toEqual(["progress"]);
    expect(whatFailed(verdict)[0]).toMatch(
      /2 of 4 validators are up, 3 are needed; v2 is down \(killed\); v3 is down \(killed\)/,
    );
  });

  test("when somebody does not come back after the heal", () => {
    const devnet = runningDevnet();
    command(devnet, "kill 2");
    const { files } = stateOf(devnet, 2).disk;
    const log = [...files.image().keys()].find((path) => path.includes("safety"));
    files.flipBit(log ?? "", 40);
    const verdict = verdictOf(devnet);
    expect(failedChecks(verdict)).toContain("recovery");
    expect(whatFailed(verdict).join()).toMatch(/v2 is down/);
  });

  test("when views go by without a block for longer than is owed", () => {
    const devnet = runningDevnet();
    const view = devnet.chronicle.highestView + 13;
    devnet.simulation.see({ type: "view", view, by: 0, atMs: devnet.now });
    devnet.run(500);
    expect(failedChecks(verdictOf(devnet))).toEqual(["pace"]);
  });

  test("when two honest validators call different blocks final", () => {
    const devnet = runningDevnet();
    pretendFork(devnet);
    const failed = failedChecks(verdictOf(devnet));
    expect(failed).toContain("agreement");
    // And nobody can be convicted of it.
    expect(failed).toContain("accountability");
  });

  test("when an assertion fails", () => {
    const devnet = runningDevnet();
    devnet.simulation.see({ type: "threw", why: "a bug", by: 1, atMs: devnet.now });
    expect(whatFailed(verdictOf(devnet))).toEqual(["no-crash: v1 threw: a bug"]);
  });

  test("when an honest validator signs twice", () => {
    const devnet = runningDevnet();
    const signed: Observation[] = [];
    devnet.simulation.watch((seen) => {
      if (seen.type === "signed" && seen.message.type === "vote") signed.push(seen);
    });
    devnet.run(500);
    const seen = signed[0] as Extract<Observation, { readonly type: "signed" }>;
    if (seen.message.type !== "vote") throw new Error("a vote");
    const block = new Uint8Array(32).fill(9) as Hash;
    const message = { ...seen.message, content: { ...seen.message.content, block } };
    devnet.simulation.see({ ...seen, message });
    expect(failedChecks(verdictOf(devnet))).toEqual(["no-double-sign"]);
  });

  test("when money is made", () => {
    const devnet = runningDevnet();
    // One that validator 0 has not seen yet, with a change left out.
    let isCut = false;
    const { chronicle } = devnet;
    const observe = chronicle.observe.bind(chronicle);
    chronicle.observe = (seen) => {
      if (seen.type !== "final" || seen.final.changes.length < 2 || isCut) return observe(seen);
      isCut = true;
      observe({ ...seen, final: { ...seen.final, changes: [] } });
    };
    devnet.run(1_000);
    expect(failedChecks(verdictOf(devnet))).toContain("conservation");
  });
});

describe("states that differ after one and the same block (seed 1)", () => {
  /** As if validator 1 had another state after one block. */
  function pretendDivergence(devnet: VirtualDevnet): void {
    const { chronicle } = devnet;
    const observe = chronicle.observe.bind(chronicle);
    let hasDiverged = false;
    chronicle.observe = (seen) => {
      if (seen.type !== "final" || seen.by !== 1 || hasDiverged) return observe(seen);
      hasDiverged = true;
      const stateRoot = new Uint8Array(32).fill(9) as Hash;
      const { cert: _, ...final } = seen.final;
      observe({ ...seen, final: { ...final, stateRoot } });
    };
    devnet.simulation.runUntil(() => hasDiverged, 5_000);
    devnet.run(500);
  }

  /** As its engine does when it finds out. */
  function pretendHalt(devnet: VirtualDevnet, by: number): void {
    const { block, hash, stateRoot, cert } = nextFinal(devnet).final;
    if (cert === undefined) throw new Error("a certificate");
    const { height, view } = block;
    const halt = { reason: "state-diverged", height, view, cert, ours: hash, theirs: stateRoot };
    devnet.simulation.see({ type: "halted", halt, by, atMs: devnet.now } as Observation);
  }

  test("break agreement, and nobody is blamed for a fork", () => {
    const devnet = runningDevnet();
    pretendDivergence(devnet);
    expect(whatFailed(verdictOf(devnet))).toEqual([
      expect.stringMatching(
        /^agreement: v\d and v\d have different states after the block of height \d+, and the blocks are the same$/,
      ),
    ]);
  });

  test("name a machine of one's own as the likely cause", () => {
    const devnet = runningDevnet({ stateMachine: taskBoard });
    pretendDivergence(devnet);
    expect(whatFailed(verdictOf(devnet))).toEqual([
      expect.stringMatching(
        /; most likely the application is not deterministic: `checkDeterminism` /,
      ),
    ]);
  });

  test("and the halt that follows are no breach of the one that was expected to stop", () => {
    const devnet = runningDevnet();
    pretendDivergence(devnet);
    pretendHalt(devnet, 1);
    expect(failedChecks(verdictOf(devnet))).toEqual(["agreement", "halts"]);
    expect(failedChecks(verdictOf(devnet, { halted: [1] }))).toEqual([]);
  });

  test("and a halt are a breach when another one was expected to stop", () => {
    const devnet = runningDevnet();
    pretendDivergence(devnet);
    pretendHalt(devnet, 1);
    pretendHalt(devnet, 2);
    expect(failedChecks(verdictOf(devnet, { halted: [2] }))).toEqual(["agreement", "halts"]);
  });
});

test("whatever else was violated, blocks are owed after the heal (seed 1)", () => {
  const devnet = runningDevnet();
  const { chronicle } = devnet;
  devnet.simulation.see({ type: "started", height: 999, by: 1, atMs: devnet.now });
  chronicle.healed(devnet.now);
  chronicle.conclude();
  expect([...chronicle.violations.keys()]).toEqual(["contiguity", "liveness"]);
});

describe("where nobody honest is left (seed 1)", () => {
  const may = { safety: "may-break", noOtherCulprits: false } as const;
  const devnet = runningDevnet();
  const { height } = devnet.chronicle;
  command(devnet, "lie all equivocate");
  devnet.run(2_000);
  const endMs = devnet.now;
  const verdict = verdictOf(devnet, may);

  test("nothing is waited for", () => {
    expect(whatFailed(verdict)).toEqual([]);
    expect(verdict.liveness).toContainEqual({
      name: "recovery",
      ok: true,
      what: "nobody honest is left to judge by",
    });
    expect(verdict.reached.ms).toBe(endMs);
  });

  test("what was reached is what the liars say", () => {
    const heights = verdict.sights.map((sight) => sight.height);
    expect(verdict.reached.height).toBe(Math.max(...heights));
    expect(verdict.reached.height).toBeGreaterThan(height + 5);
    expect(verdict.reached.transactions).toBeGreaterThan(devnet.chronicle.transactions);
  });
});

test("where safety halts leave too few, no block is due (seed 1)", () => {
  const devnet = runningDevnet();
  command(devnet, "lie 1,2,3 equivocate,double-vote,collude,fork");
  devnet.run(5_000);
  const endMs = devnet.now;
  const may = { safety: "may-break", noOtherCulprits: false, progress: "after-heal" } as const;
  const verdict = verdictOf(devnet, may);
  expect(verdict.sights.map(({ state }) => state)).toEqual(Array(4).fill("halted"));
  expect(failedChecks(verdict)).not.toContain("recovery");
  expect(verdict.reached.ms).toBe(endMs);
});

test("a fork that more than f may bring about is no breach, when enough are convicted (seed 1)", () => {
  const devnet = runningDevnet();
  command(devnet, "lie 2,3 double-vote");
  devnet.run(2_000);
  pretendFork(devnet);
  const expect_ = { safety: "may-break", progress: "none", noOtherCulprits: false } as const;
  const verdict = verdictOf(devnet, { ...expect_, culprits: [2, 3] });
  const failed = failedChecks(verdict);
  expect(failed).not.toContain("agreement");
  expect(failed).not.toContain("accountability");
  expect(verdict.culprits.map(({ validator }) => validator)).toEqual([2, 3]);
});
