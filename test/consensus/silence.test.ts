import { describe, expect, test } from "vitest";
import {
  initialSafetyState,
  type SafetyState,
  silentSafetyState,
  UNKNOWN_PAST,
} from "../../consensus/index.ts";
import { RULE_SETS, type RuleSetName } from "../../consensus/rules.ts";
import {
  mayCommitVote,
  mayPropose,
  mayTimeout,
  recovered,
  type SafetyVerdict,
  safetyStateCodec,
} from "../../consensus/safety-rules.ts";
import { decode, encode, type View } from "../../crypto/index.ts";
import { viewOf, world } from "./fixtures.ts";
import { drafts, of, subject } from "./subject.ts";

const four = world();
const { block, qc, tc, contentOf, rootAfter, genesis } = four;

/** Silent through this view, with the certificate of the view before `view`. */
function silentThrough(through: number, view: number): SafetyState {
  return { ...initialSafetyState(genesis), highQc: qc(view - 1), silentThrough: through as View };
}

const commitVoteFor = (view: number) => ({ ...contentOf(view), stateRoot: rootAfter(view) });

describe("a validator that may have signed before", () => {
  const refusals: readonly (readonly [string, (state: SafetyState) => SafetyVerdict])[] = [
    ...(Object.keys(RULE_SETS) as RuleSetName[]).map((name) => {
      const rule = (state: SafetyState) =>
        RULE_SETS[name].mayVote(state, block(8), undefined, block(7));
      return [`no vote (${name})`, rule] as const;
    }),
    ["no commit vote", (state) => mayCommitVote(state, qc(8), commitVoteFor(8))],
    ["no timeout", (state) => mayTimeout(state, viewOf(8))],
    ["no proposal", (state) => mayPropose(state, block(8))],
  ];

  test.each(refusals)("signs %s of the last silent view", (_, rule) => {
    const refused = { ok: false, refusal: "may-have-signed-before", view: 8, bound: 8 };
    expect(rule(silentThrough(8, 8))).toEqual(refused);
  });

  test.each(refusals)("is not bound in the view after: %s", (_, rule) => {
    expect(rule(silentThrough(7, 8)).ok).toBe(true);
  });

  test("hears once how long it is silent; later word changes nothing", () => {
    const known = recovered(silentSafetyState(genesis), viewOf(5));
    expect(known.silentThrough).toBe(5);
    expect(recovered(known, viewOf(2))).toBe(known);
  });

  test("has it in its record", () => {
    const known = silentThrough(8, 8);
    expect(decode(safetyStateCodec, encode(safetyStateCodec, known))).toEqual({
      ok: true,
      value: known,
    });
    const unknown = silentSafetyState(genesis);
    const decoded = decode(safetyStateCodec, encode(safetyStateCodec, unknown));
    expect(decoded).toMatchObject({ value: { silentThrough: UNKNOWN_PAST } });
  });
});

describe("a silent engine", () => {
  const silent = () => subject(four, { self: 3, safety: silentSafetyState(genesis) });

  test("signs nothing, whatever it hears", () => {
    const node = silent();
    node.receive(block(1));
    node.hear(four.commitVote(block(1), { by: 0, qc: qc(1) }));
    node.executed(block(1));
    node.timer();
    node.timer();
    expect(of(node.effects, "sign")).toEqual([]);
    expect(of(node.effects, "persist")).toEqual([]);
  });

  test("keeps its timer going", () => {
    const node = silent();
    expect(of(node.timer(), "restart-timer")).toHaveLength(1);
  });

  test("moves on by the certificates of others", () => {
    const node = silent();
    node.receive(block(1), block(2));
    for (const by of [0, 1, 2]) node.hear(four.timeout(3, { by, highQc: 2 }));
    expect(node.view).toBe(3 + 1);
  });

  test("commits what the others decide", () => {
    const node = silent();
    node.receive(block(1));
    node.executed(block(1));
    const cert = four.commitCert(block(1), { stateRoot: rootAfter(1) });
    node.hear({ type: "decision", cert });
    expect(node.height).toBe(1);
  });

  test("tells the highest certificates it holds", () => {
    const node = silent();
    node.receive(block(1), block(2));
    for (const by of [0, 1, 2]) node.hear(four.timeout(2, { by, highQc: 1 }));
    const { highQc, highTc } = node.engine.certificates;
    expect([highQc.view, highTc?.view]).toEqual([1, 2]);
  });

  test("tells no timeout certificate while it holds none, not even an empty one", () => {
    const node = silent();
    node.receive(block(1), block(2));
    expect(node.engine.certificates).toStrictEqual({ highQc: qc(1) });
  });

  test("does not join timeouts that it may not sign, nor start its timer anew at each", () => {
    const node = silent();
    const effects = [0, 1].flatMap((by) => node.hear(four.timeout(1, { by, highQc: 0 })));
    expect(of(effects, "restart-timer")).toEqual([]);
  });

  test("has how long it is silent made durable, before anything is signed", () => {
    const node = silent();
    node.receive(block(1));
    const effects = node.step({ type: "recovered", through: viewOf(0) });
    expect(effects[0]).toMatchObject({ type: "persist", state: { silentThrough: 0 } });
    expect(of(effects, "sign")).toHaveLength(1);
  });

  test("votes for the proposal that waited, once it may", () => {
    const node = silent();
    node.receive(block(1));
    const effects = node.step({ type: "recovered", through: viewOf(0) });
    expect(drafts(effects, "vote")).toMatchObject([{ content: { view: 1 } }]);
  });

  test("asks for the payload of the block that is its to propose, once it may", () => {
    const leader = subject(four, { self: 1, safety: silentSafetyState(genesis) });
    expect(of(leader.effects, "propose")).toEqual([]);
    const effects = leader.step({ type: "recovered", through: viewOf(0) });
    expect(of(effects, "propose")).toMatchObject([{ view: 1 }]);
  });

  test("asks for no payload and joins no timeouts in the last silent view", () => {
    const leader = subject(four, { self: 1, safety: silentSafetyState(genesis) });
    leader.step({ type: "recovered", through: viewOf(1) });
    leader.hear(...[0, 2].map((by) => four.timeout(1, { by, highQc: 0 })));
    expect(of(leader.effects, "propose")).toEqual([]);
    expect(of(leader.effects, "restart-timer")).toEqual([]);
  });

  test("signs from the view after the silent ones on", () => {
    const node = silent();
    node.step({ type: "recovered", through: viewOf(2) });
    node.receive(block(1), block(2));
    expect(of(node.effects, "sign")).toEqual([]);
    expect(drafts(node.receive(block(3)), "vote")).toMatchObject([{ content: { view: 3 } }]);
  });

  test("is told only once", () => {
    const node = silent();
    node.step({ type: "recovered", through: viewOf(2) });
    expect(node.step({ type: "recovered", through: viewOf(0) })).toEqual([]);
    expect(node.engine.status.silentThrough).toBe(2);
  });
});

describe("the highest certificates that somebody tells of", () => {
  const verifier = four.verifier();
  const refusalOf = (given: Parameters<typeof verifier.verifyCertificates>[0]) => {
    const verified = verifier.verifyCertificates(given);
    return verified.ok ? undefined : verified.refusal;
  };
  const unsigned = { signers: [], signatures: [] };

  test("are believed when a quorum signed them", () => {
    for (const given of [
      { highQc: qc(3), highTc: tc(4, { highQc: 3 }) },
      { highQc: qc(3) },
      { highQc: genesis },
    ]) {
      expect(verifier.verifyCertificates(given)).toEqual({ ok: true, message: given });
    }
  });

  test("are refused when nobody signed the quorum certificate", () => {
    expect(refusalOf({ highQc: { ...qc(3), signatures: unsigned } })).toBe("below-quorum");
  });

  test("are refused when the quorum certificate is for another view than what was signed", () => {
    expect(refusalOf({ highQc: { ...qc(3), view: viewOf(9) } })).toBe("bad-signature");
  });

  test("are refused when the timeout certificate is for another view than what was signed", () => {
    const highTc = { ...tc(4, { highQc: 3 }), view: viewOf(9) };
    expect(refusalOf({ highQc: qc(3), highTc })).toBe("bad-signature");
  });

  test("are refused when they are not certificates at all", () => {
    expect(refusalOf({ highQc: { ...qc(3), view: -1 as View } })).toBe("malformed");
  });
});
