import { describe, expect, test } from "vitest";
import { type Certificates, silentSafetyState, UNKNOWN_PAST } from "../../../consensus/index.ts";
import type { View } from "../../../crypto/index.ts";
import type { ReplicaEffect } from "../../../node/replica/index.ts";
import { Recovery } from "../../../node/replica/recovery.ts";
import type { Ask } from "../../../node/sync/index.ts";
import { type World, world } from "../../consensus/fixtures.ts";
import { block, committee, only, Subject, signedKinds } from "./fixtures.ts";

type Setting = {
  readonly of?: World;
  readonly self?: number | undefined;
  readonly own?: Certificates;
  readonly hasSignedBefore?: boolean;
};

/** The recovery of a validator without a record; `through` is what it found. */
class Silent {
  readonly effects: ReplicaEffect[] = [];
  through: number = UNKNOWN_PAST;
  readonly recovery: Recovery;

  constructor(setting: Setting = {}) {
    const of = setting.of ?? committee;
    this.recovery = new Recovery({
      validators: of.validators,
      self: "self" in setting ? setting.self : 3,
      verifier: of.verifier(),
      certificates: () => setting.own ?? { highQc: of.genesis },
      silentThrough: () => this.through as View,
      hasSignedBefore: setting.hasSignedBefore ?? false,
      emit: (effect) => this.effects.push(effect),
      recovered: (through) => {
        this.through = through;
      },
    });
    this.recovery.ask();
  }

  get asks(): readonly Ask[] {
    return only(this.effects, "ask").map(({ ask }) => ask);
  }

  /** Whom it asked since this was called last. */
  asked(): readonly number[] {
    const asked = this.asks.map(({ to }) => to);
    this.effects.length = 0;
    return asked;
  }

  hears(from: number, certificates: Certificates | undefined): boolean {
    const id = -1 - from;
    const { recovery } = this;
    if (certificates === undefined) return recovery.answered(id, undefined);
    return recovery.answered(id, { type: "certificates", ...certificates });
  }
}

const genesis: Certificates = { highQc: committee.genesis };
const at = (view: number): Certificates => ({ highQc: committee.qc(view) });

describe("a validator without any record", () => {
  test("asks all others for their highest certificates", () => {
    const silent = new Silent();
    expect(silent.asks.map(({ question }) => question.type)).toEqual(
      Array.from({ length: 3 }, () => "certificates"),
    );
    expect(silent.asked()).toEqual([0, 1, 2]);
  });

  test("does not sign on the word of one, who may lie", () => {
    const silent = new Silent();
    silent.hears(0, at(7));
    expect(silent.through).toBe(UNKNOWN_PAST);
  });

  test("is silent for two views above the highest certificate that two of three others tell of", () => {
    const silent = new Silent();
    silent.hears(0, at(7));
    silent.hears(2, at(4));
    expect(silent.through).toBe(9);
  });

  test("counts timeout certificates, too", () => {
    const silent = new Silent();
    silent.hears(0, { highQc: committee.qc(3), highTc: committee.tc(6, { highQc: 3 }) });
    silent.hears(1, genesis);
    expect(silent.through).toBe(8);
  });

  test("counts its own certificates, too", () => {
    const silent = new Silent({ own: at(11) });
    silent.hears(0, at(7));
    silent.hears(1, at(7));
    expect(silent.through).toBe(13);
  });

  test("counts nobody twice", () => {
    const silent = new Silent();
    silent.hears(0, at(7));
    silent.hears(0, at(8));
    expect(silent.through).toBe(UNKNOWN_PAST);
  });

  test("does not count who tells of a certificate that nobody signed", () => {
    const silent = new Silent();
    silent.hears(0, { highQc: { ...committee.qc(7), view: 99 as View } });
    silent.hears(1, at(7));
    expect(silent.through).toBe(UNKNOWN_PAST);
  });

  test("asks again those who did not answer, and only those", () => {
    const silent = new Silent();
    silent.asked();
    silent.hears(0, at(7));
    silent.hears(1, undefined);
    silent.recovery.ask();
    expect(silent.asked()).toEqual([1]);
  });

  test("asks nobody any more once it knows", () => {
    const silent = new Silent();
    silent.hears(0, at(7));
    silent.hears(1, at(7));
    silent.asked();
    silent.recovery.ask();
    expect(silent.effects).toEqual([]);
  });

  test("takes answers to other questions for what they are", () => {
    expect(new Silent().recovery.answered(1, { type: "block" })).toBe(false);
  });

  test("counts power: 2f - s + 1 of the others", () => {
    const of = world({ epoch: 0, powers: [1, 2, 2, 1, 1] });
    const silent = new Silent({ of });
    silent.hears(0, { highQc: of.qc(5) });
    silent.hears(4, { highQc: of.qc(5) });
    expect(silent.through).toBe(UNKNOWN_PAST);
    silent.hears(1, { highQc: of.qc(5) });
    expect(silent.through).toBe(7);
  });
});

describe("at the beginning of a chain", () => {
  test("a validator signs at once when two of three others have no certificate either", () => {
    const silent = new Silent();
    silent.hears(0, genesis);
    silent.hears(1, genesis);
    expect(silent.through).toBe(0);
  });

  test("one with a mark that it has signed goes on asking, all of them", () => {
    const silent = new Silent({ hasSignedBefore: true });
    silent.asked();
    for (const from of [0, 1]) silent.hears(from, genesis);
    expect(silent.through).toBe(UNKNOWN_PAST);
    silent.hears(2, undefined);
    silent.recovery.ask();
    expect(silent.asked()).toEqual([0, 1, 2]);
  });

  test("one with a mark is silent past what it may have signed, once others are further", () => {
    const silent = new Silent({ hasSignedBefore: true });
    for (const from of [0, 1]) silent.hears(from, genesis);
    for (const from of [0, 1]) silent.hears(from, at(1));
    expect(silent.through).toBe(3);
  });

  test("one whose own power is above f signs at once and asks nobody", () => {
    const silent = new Silent({ of: world({ epoch: 0, powers: [1, 1, 1, 4] }) });
    expect(silent.through).toBe(0);
    expect(silent.effects).toEqual([]);
  });

  test("a follower asks nobody, for it never signs", () => {
    expect(new Silent({ self: undefined }).effects).toEqual([]);
  });
});

describe("a replica without any record", () => {
  const silent = () => Subject.started({ safety: silentSafetyState(committee.genesis) });
  const answered = (subject: Subject, from: number, certificates: Certificates) =>
    subject.play({
      type: "answer",
      id: -1 - from,
      answer: { type: "certificates", ...certificates },
    });

  test("votes once two others have said that the chain begins", () => {
    const subject = silent();
    subject.proposed(block(1));
    expect(signedKinds(subject.done)).toEqual([]);
    answered(subject, 0, genesis);
    answered(subject, 1, genesis);
    expect(signedKinds(subject.done)).toEqual(["vote"]);
  });

  test("asks again when its timer says so", () => {
    const subject = silent();
    expect(only(subject.done, "timer").some(({ timer }) => timer === "recovery")).toBe(true);
    for (const from of [0, 1, 2]) subject.play({ type: "answer", id: -1 - from });
    const again = only(subject.play({ type: "timer", timer: "recovery" }), "ask");
    expect(again.map(({ ask }) => ask.to)).toEqual([0, 1, 2]);
  });

  test("answers others what it holds", () => {
    expect(silent().replica.inventory.certificates()).toEqual(genesis);
  });
});
