// Of a scenario with something wrong, what is sound is checked as well, and nothing is told that only follows from the wrong.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseScenario } from "../../../devnet/scenario/index.ts";
import { WORDS } from "../faults/commands.ts";

const seed = Date.now() % 1_000_000_000;

function problemsOf(text: string) {
  const parsed = parseScenario(text, { ways: WORDS });
  return parsed.ok ? [] : parsed.problems;
}

/** One moment that does this late in the run, in a scenario of four validators and 20 s. */
function doing(act: string): string {
  return `name: a\ntimeline:\n  - at: 30s\n    do: ${act}\n`;
}

describe("of a scenario with something wrong, the rest is checked as well", () => {
  const liars = "  - { at: 1s, do: lie 2 equivocate }\n  - { at: 2s, do: lie 3 equivocate }\n";
  const whats = (text: string) => problemsOf(text).map(({ what }) => what);

  test("and too many liars are told beside a verb that does not exist", () => {
    expect(whats(`name: a\ntimeline:\n${liars}  - { at: 3s, do: kil 1 }\n`)).toEqual([
      expect.stringMatching(/validators 2, 3 lie/),
      expect.stringMatching(/no verb "kil"/),
    ]);
  });

  test("and a moment after the end beside a seed in words", () => {
    expect(whats(`seed: one\n${doing("heal")}`)).toEqual([
      expect.stringMatching(/"one" stands/),
      expect.stringMatching(/30s is not before the end/),
    ]);
  });

  test("and whoever goes on without having stood still beside a duration without a unit", () => {
    expect(whats(`duration: 60\n${doing("resume 1")}`)).toEqual([
      expect.stringMatching(/60 stands where a duration/),
      expect.stringMatching(/validator 1 is not paused/),
    ]);
  });

  test.each([
    ["who is paused", "  - { at: 1s, do: pauze 1 }\n  - { at: 2s, do: resume 1 }\n"],
    ["whose disk is copied", "  - { at: 1s, do: copy 1 }\n  - { at: 2s, do: rewind-disk 1 }\n"],
    ["who lies", "  - { at: 1s, do: li 1 }\nexpect: { culprits: [1] }\n"],
    ["who halts", "  - { at: 1s, do: li 1 }\nexpect: { halted: [1] }\n"],
    [
      "when a fault ends",
      "  - { at: 1s, do: kill 1, for: 2 }\n  - { at: 3s, do: kill 2 }\nexpect: { progress: always }\n",
    ],
    ["how many there are", "  - { at: 1s, do: 'lie 5,6 equivocate' }\nvalidatrs: 7\n"],
    ["how many there are, by another name", `${liars}nodes: 7\n`],
    ["how many there are, said twice", `${liars}validators: 4\nvalidators: 7\n`],
    ["how long it takes", "  - { at: 30s, do: heal }\nduration: 60\n"],
    ["how long the mix takes", "random: { commands: 1, until: 50s }\nduration: 60\n"],
    ["whether safety may break", `${liars}expect: { safety: may-brake }\n`],
    ["whether it has happened already", "  - { at: 1s, do: resume 1 }\nrecorded: yes\n"],
  ])("but not where that hangs on what is wrong: %s", (_, rest) => {
    const timeline = rest.startsWith("random") ? "" : "timeline:\n";
    expect(problemsOf(`name: a\n${timeline}${rest}`)).toHaveLength(1);
  });
});

describe("a moment with something wrong in it leaves nothing in doubt but what hangs on it", () => {
  /** What is told of these moments, in the order of the text. */
  const told = (moments: readonly string[], more = "") => {
    const timeline = moments.map((moment) => `  - { ${moment} }\n`).join("");
    return problemsOf(`name: a\ntimeline:\n${timeline}${more}`).map(({ what }) => what);
  };
  const says = (...patterns: readonly RegExp[]) => {
    return patterns.map((pattern) => expect.stringMatching(pattern));
  };

  test("and a vain for hides no other mistake of order or of cast", () => {
    const moments = [
      "at: 1s, do: copy-disk 0, for: 2s",
      "at: 2s, do: resume 2",
      "at: 3s, do: rewind-disk 1",
      "at: 4s, do: repent 2",
    ];
    expect(told(moments, "expect: { culprits: [3], halted: [2] }\n")).toEqual(
      says(
        ...[/copy-disk has no opposite/, /validator 2 is not paused/],
        ...[/disk of validator 1 was never copied/, /validator 2 does not lie/],
        /validator 3 never lies/,
      ),
    );
  });

  describe.each([
    ["of a command", "at: 1s, do: kill 9", /no validator 9/],
    ["of a time", "at: 1, do: kill 1", /1 stands where a duration/],
    ["of an end", "at: 1s, do: kill 1, for: 2", /2 stands where a duration/],
    ["of an end by another key", "at: 1s, do: kill 1, fro: 2s", /no key "fro"/],
    ["of a time said twice", "at: 1s, at: 2s, do: kill 1", /at is there twice/],
    ["of no time at all", "do: kill 1", /key at is missing/],
    ["of a command cut off", "at: 1s, do: kill 1,3", /put quotes around it/],
  ])("a wrong word %s is told beside", (_, wrong, what) => {
    test("whoever goes on without having stood still", () => {
      const found = told([wrong, "at: 5s, do: resume 2"]);
      expect(found).toEqual(says(what, /validator 2 is not paused/));
    });

    test("whoever repents of nothing", () => {
      const found = told([wrong, "at: 5s, do: repent 1"]);
      expect(found).toEqual(says(what, /validator 1 does not lie/));
    });

    test("a disk that was never copied", () => {
      const found = told([wrong, "at: 5s, do: rewind-disk 1"]);
      expect(found).toEqual(says(what, /disk of validator 1 was never copied/));
    });

    test("a culprit that never lies", () => {
      const found = told([wrong], "expect: { culprits: [3] }\n");
      expect(found).toEqual(says(what, /validator 3 never lies/));
    });

    test("too many that are down before", () => {
      const found = told(["at: 500ms, do: 'pause 0,2'", wrong], "expect: { progress: always }\n");
      expect(found).toEqual(says(/validators 0, 2 lie, are down/, what));
    });
  });

  test.each([
    ["a command that nobody knows", "at: 5s, do: kil 1", /no verb "kil"/],
    ["no command at all", "at: 5s", /key do is missing/],
  ])("and %s excuses nothing before it", (_, wrong, what) => {
    const found = told(["at: 4s, do: resume 2", wrong]);
    expect(found).toEqual(says(/validator 2 is not paused/, what));
  });

  test("and who is down all the same is counted beside one that may be up again", () => {
    const found = told(
      ["at: 1s, do: kill 1, for: 2", "at: 5s, do: 'kill 2,3'"],
      "expect: { progress: always }\n",
    );
    expect(found).toEqual(says(/2 stands where/, /here on validators 2, 3 lie, are down/));
  });

  test("and too many that go down at once, however long", () => {
    const found = told(["at: 1s, do: 'kill 1,2', for: 2"], "expect: { progress: always }\n");
    expect(found).toEqual(says(/validators 1, 2 lie, are down/, /2 stands where/));
  });

  test("and a moment after the end, whatever it does", () => {
    expect(told(["at: 30s, do: kil 1"])).toEqual(says(/30s is not before the end/, /"kil"/));
  });

  test("and a culprit out of range hides no other, nor who is down", () => {
    const found = told(
      ["at: 1s, do: 'kill 1,2'"],
      "expect: { progress: always, culprits: [3, 9] }\n",
    );
    expect(found).toEqual(says(/validators 1, 2/, /validator 3 never lies/, /9 stands where/));
  });

  test.each([
    ["who is paused by a command cut off", ["at: 1s, do: pause 1,3", "at: 2s, do: resume 3"]],
    ["who is paused at another time", ["at: 1, do: pause 1", "at: 2s, do: resume 1"]],
    ["who is paused in the same instant", ["at: 2s, do: pause 9", "at: 2s, do: resume 1"]],
    ["whose disk is copied", ["at: 1, do: copy-disk 1", "at: 2s, do: rewind-disk 1"]],
    ["who lies", ["at: 1s, do: lie 1 equivocte", "at: 2s, do: repent 1"]],
    [
      "whose end an end is: that of a fault healed in vain",
      [
        ...["at: 1s, do: fill-disk 1, for: 8s", "at: 2s, do: heal 9"],
        ...["at: 3s, do: lie 1 equivocate", "at: 4s, do: pause 1"],
        ...["at: 10s, do: repent 1", "at: 11s, do: resume 1"],
      ],
    ],
    [
      "who is up again to be paused",
      ["at: 1s, do: kill 1, for: 2", "at: 5s, do: pause 1", "at: 6s, do: resume 1"],
    ],
  ])("but not where it does: %s", (_, moments) => {
    expect(told(moments)).toHaveLength(1);
  });

  test.each<[string, readonly string[], string?]>([
    ["whom the end of a mix heals", ["at: 1s, do: kill 1", "at: 5s, do: kill 2"], "random: {}\n"],
    ["who comes back", ["at: 1s, do: kill 1", "at: 2s, do: restart 9", "at: 3s, do: kill 2"]],
    [
      "whose links come back",
      ["at: 1s, do: 'cut 0 to 1,2,3', for: 2s", "at: 4s, do: pause 2", "at: 6s, do: kill 3"],
    ],
    ["which groups there are", ["at: 1s, do: 'partition 0/1,2,3', fro: 2s", "at: 4s, do: kill 2"]],
    [
      "whose end it is",
      ["at: 1s, do: kill 1", "at: 2s, do: kill 9, for: 1s", "at: 5s, do: pause 2"],
    ],
  ])("nor where progress hangs on it: %s", (_, moments, more = "") => {
    const found = told(moments, `expect: { progress: always }\n${more}`);
    expect(found).toHaveLength(1);
  });

  test.each([
    ["who lies", ["at: 1, do: lie 3 equivocate"], "expect: { culprits: [3] }\n"],
    ["who forgets", ["at: 1s, do: 'rewind-disk 3,9'"], "expect: { culprits: [3] }\n"],
    ["what halts it", ["at: 1, do: break-disk 3"], "expect: { halted: [3] }\n"],
    ["who halts", ["at: 1s, do: heal 1"], "expect: { safty: may-break, halted: [3] }\n"],
  ])("nor where an expectation does: %s", (_, moments, more) => {
    expect(told(moments, more)).toHaveLength(1);
  });

  test(`nor anywhere else: what is told is told of what was meant, too (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(anyWrittenMoment, { minLength: 1, maxLength: 9 }), (moments) => {
        const more = "expect: { progress: always, culprits: [1, 2], halted: [3] }\n";
        const text = (pieces: readonly string[]) => `name: a\ntimeline:\n${pieces.join("")}${more}`;
        const meant = problemsOf(text(moments.map(({ meant }) => meant)));
        const told = problemsOf(text(moments.map(({ written }) => written)));
        for (const { path, what } of told.filter((problem) => !SLIP.test(problem.what))) {
          const isOnce = ONCE.exec(what)?.[0];
          const isSame = (other: (typeof meant)[number]) => {
            if (isOnce !== undefined) return other.what.includes(isOnce);
            return other.path === path && anybody(other.what) === anybody(what);
          };
          expect(meant.some(isSame), `${path}: ${what}`).toBe(true);
        }
      }),
      { seed, numRuns: 1_000 },
    );
  });
});

/** Those that are told of the first moment only, whoever it names. */
const ONCE = /down or cut off, and of|and safety holds with/;
/** Of several that are named at once, the first for whom it is sure is told. */
const anybody = (what: string) => what.replaceAll(/validator \d/g, "somebody");
const SLIP = /no verb|no validator|no key|stands where|has no opposite/;

const someVictims = fc
  .constantFrom("0", "1", "2", "3", "'0,1'", "1")
  .map((who) => who.replaceAll("'", ""));
const someAct = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        ...["kill", "restart", "pause", "pause", "resume", "resume", "fill-disk", "break-disk"],
        ...["lose-disk", "copy-disk", "rewind-disk", "repent", "repent", "freeze", "heal"],
      ),
      someVictims,
    )
    .map((words) => words.join(" ")),
  someVictims.map((who) => `lie ${who} equivocate`),
  fc.constantFrom("partition 0,1/2,3", "partition 0/1,2,3", "flap 0 1 every 100ms", "heal"),
);
const LASTING = /^(kill|pause|fill|break|freeze|lie|partition|flap)/;

/** A moment as it is meant, and as it is written: some of them wrong. */
const anyWrittenMoment = fc
  .record({
    at: fc.integer({ min: 1, max: 9 }),
    act: someAct,
    during: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    slip: fc.constantFrom("none", "none", "none", "none", "at", "do", "verb", "for", "key"),
  })
  .map(({ at, act, during, slip }) => {
    const lasts = during !== undefined && LASTING.test(act);
    const write = (time: string, deed: string, end: string) => {
      return `  - at: ${time}\n    do: ${deed}\n${lasts ? `    ${end}\n` : ""}`;
    };
    const meant = write(`${at}s`, act, `for: ${during}s`);
    const [verb] = act.split(" ");
    const slips: Readonly<Record<string, string>> = {
      at: write(`${at}`, act, `for: ${during}s`),
      do: write(`${at}s`, `${verb} 9`, `for: ${during}s`),
      verb: write(`${at}s`, "xyzzy 1", `for: ${during}s`),
      for: write(`${at}s`, act, `for: ${during}`),
      key: write(`${at}s`, act, `fro: ${during}s`),
    };
    return { meant, written: slips[slip] ?? meant };
  });
