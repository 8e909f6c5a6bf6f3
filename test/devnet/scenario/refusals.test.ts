// What is wrong with a scenario file is told with line, column, reason and what to write instead: one refusal, one test.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseScenario } from "../../../devnet/scenario/index.ts";
import { WORDS } from "../faults/commands.ts";

const seed = Date.now() % 1_000_000_000;

function problemsOf(text: string) {
  const parsed = parseScenario(text, { ways: WORDS });
  return parsed.ok ? [] : parsed.problems;
}

/** The only problem of a text, and the word in the text that it points to. */
function problemOf(text: string) {
  const [problem, ...others] = problemsOf(text);
  expect(others).toEqual([]);
  if (problem === undefined) throw new Error("nothing was refused");
  const { line, column, what, nearest } = problem;
  const rest = text.split("\n")[line - 1]?.slice(column - 1);
  return { what, nearest, word: rest?.match(/^[^\s,:{}[\]"]+/)?.[0] };
}

/** One moment that does this, in a scenario of four validators and 20 s. */
function doing(act: string, { at = "2s", more = "" } = {}): string {
  return `name: a\ntimeline:\n  - at: ${at}\n    do: ${act}\n${more}`;
}

describe("a scenario file is refused", () => {
  test.each([
    ["an unknown key", "name: a\nvalidatrs: 4\n", "validatrs", "validators", /no key "validatrs"/],
    ["an unknown key far inside", doing("heal", { more: "    fro: 2s\n" }), "fro", "for", /no key/],
    [
      "a key that is there twice",
      "name: a\nseed: 1\nseed: 2\n",
      "seed",
      undefined,
      /seed is there twice/,
    ],
    ["an unknown verb", doing("partiton 0,1/2,3"), "partiton", "partition", /no verb "partiton"/],
    [
      "an unknown way to lie",
      doing("lie 3 equivocte"),
      "equivocte",
      "equivocate",
      /not a way to lie/,
    ],
    ["an unknown unit", doing("delay 2 200mss"), "200mss", "200ms", /unknown unit "mss"/],
    ["a validator out of range", doing("kill 1,4"), "4", "3", /no validator 4: they are 0 to 3/],
    ["a way to lie in quotes", doing('"lie 3 equivocte"'), "equivocte", "equivocate", /not a way/],
    [
      "an unknown word of expectation",
      "name: a\nexpect: { safety: hold }\n",
      "hold",
      "holds",
      /one of holds, may-break/,
    ],
    [
      "an unknown choice of leaders",
      "name: a\nleaders: round-robbin\n",
      "round-robbin",
      "round-robin",
      /one of round-robin/,
    ],
    [
      "an unknown verb of the mix",
      "name: a\nrandom: { commands: 1, verbs: [kil] }\n",
      "kil",
      "kill",
      /one of kill/,
    ],
    ["a name with blanks", "name: My Test\n", "My", "my-test", /small letters/],
    ["a duration without a unit", "name: a\nduration: 20\n", "20", "20s", /a duration such as/],
    [
      "a command that is cut off by a comma",
      "name: a\ntimeline:\n  - { at: 2s, do: pause 1,3 }\n",
      "3",
      undefined,
      /put quotes around it/,
    ],
  ])("for %s", (_, text, word, nearest, what) => {
    expect(problemOf(text)).toEqual({ what: expect.stringMatching(what), nearest, word });
  });

  test.each([
    ["no name", "seed: 1\n", "seed", /key name is missing/],
    ["a list in the place of it all", "- a\n", "-", /a list stands where a map/],
    ["too many validators", "name: a\nvalidators: 65\n", "65", /65 stands where 1 to 64/],
    ["a seed that is no whole number", "name: a\nseed: 1.5\n", "1.5", /1.5 stands where/],
    ["a seed in words", "name: a\nseed: one\n", "one", /"one" stands where/],
    ["a duration above a day", "name: a\nduration: 25h\n", "25h", /a duration such as/],
    ["a duration too short", "name: a\nduration: 10ms\n", "10ms", /where 1s to 24h/],
    [
      "a story that is too long",
      `name: a\nstory: ${"x".repeat(4001)}\n`,
      "x".repeat(4001),
      /4001 characters/,
    ],
    ["a load without a rate", "name: a\nload: {}\n", undefined, /perSecond is missing/],
    ["a moment without a time", "name: a\ntimeline:\n  - do: heal\n", "do", /key at is missing/],
    ["a moment without a command", "name: a\ntimeline:\n  - at: 2s\n", "at", /key do is missing/],
    [
      "a command that is no text",
      "name: a\ntimeline:\n  - at: 2s\n    do: [kill]\n",
      undefined,
      /a list stands/,
    ],
    ["a timeline that is no list", "name: a\ntimeline: 2s\n", "2s", /where a list of moments/],
    [
      "a verb of the mix twice",
      "name: a\nrandom: { commands: 1, verbs: [kill, kill] }\n",
      "kill",
      /there twice/,
    ],
    ["a mix of no verbs", "name: a\nrandom: { commands: 1, verbs: [] }\n", undefined, /no verbs/],
    ["a mix beyond the end", "name: a\nrandom: { commands: 1, until: 21s }\n", "21s", /1s to 20s/],
    [
      "a culprit twice",
      doing("lie 3 equivocate", { more: "expect: { culprits: [3, 3] }\n" }),
      "3",
      /named twice/,
    ],
    ["a culprit out of range", "name: a\nexpect: { culprits: [7] }\n", "7", /0 to 3/],
    [
      "yes that is no truth",
      "name: a\nexpect: { noOtherCulprits: sure }\n",
      "sure",
      /true or false/,
    ],
  ])("for %s", (_, text, word, what) => {
    expect(problemOf(text)).toEqual({
      what: expect.stringMatching(what),
      nearest: undefined,
      word,
    });
  });
});

describe("an impossible cast is refused", () => {
  const lies = "name: a\ntimeline:\n  - at: 1s\n    do: lie 2 equivocate\n  - at: 3s\n    do: ";

  test("for more than f liars", () => {
    const { what, word } = problemOf(`${lies}lie 3 equivocate\n`);
    expect(word).toBe("lie");
    expect(what).toMatch(/validators 2, 3 lie .* at most 1 of 4 validators; write .*may-break.*7/);
  });

  test("for a liar and a lost disk, one more than f", () => {
    expect(problemOf(`${lies}lose-disk 1\n`).what).toMatch(/validators 1, 2 lie or have lost/);
  });

  test("but not if safety may break", () => {
    const may = "expect: { safety: may-break, progress: none, culprits: [2, 3] }\n";
    expect(problemsOf(`${lies}lie 3 equivocate\n${may}`)).toEqual([]);
  });

  test("for a liar among three", () => {
    const text = `name: a\nvalidators: 3\ntimeline:\n  - { at: 1s, do: lie 2 equivocate }\n`;
    expect(problemOf(text).what).toMatch(
      /validator 2 lies or has lost what it signed, .* at most 0 of 3 validators/,
    );
  });

  test("for a culprit that never lies", () => {
    const { what, word } = problemOf(`${lies}heal\nexpect: { culprits: [1] }\n`);
    expect(word).toBe("1");
    expect(what).toMatch(/validator 1 never lies.* write do: lie 1 equivocate/);
  });

  test("for a culprit whose lies leave no proof", () => {
    const text = doing("lie 3 be-silent", { more: "expect: { culprits: [3] }\n" });
    expect(problemOf(text).what).toMatch(/be-silent leaves no two statements/);
  });

  test("for somebody that halts without a reason", () => {
    const text = doing("lie 3 diverge", { more: "expect: { halted: [2] }\n" });
    expect(problemOf(text).what).toMatch(/nothing happens to validator 2/);
  });

  test("for a moment after the end", () => {
    const { what, word } = problemOf(doing("heal", { at: "20s" }));
    expect(word).toBe("20s");
    expect(what).toMatch(/20s is not before the end of the run \(20s\): write an earlier/);
  });

  test("for a fault that outlasts the run", () => {
    const { what, word, nearest } = problemOf(doing("kill 1", { more: "    for: 19s\n" }));
    expect(word).toBe("19s");
    expect(nearest).toBe("18s");
    expect(what).toMatch(/19s from 2s on ends after the run \(20s\)/);
  });

  test.each(["restart 1", "heal", "copy-disk 1", "lose-disk 1", "cut 0 to 1"])(
    "for %s that lasts a while",
    (act) => {
      const { what, word } = problemOf(doing(act, { more: "    for: 2s\n" }));
      expect(word).toBe("for");
      expect(what).toMatch(/has no opposite/);
    },
  );

  test.each([
    ["pause 1", "resume all"],
    ["lie 1 equivocate", "repent all"],
  ])("for the end of %s, %s, that lasts a while", (begin, act) => {
    const before = `  - { at: 1s, do: ${begin} }\n`;
    const { what } = problemOf(doing(act, { more: `    for: 2s\n${before}` }));
    expect(what).toMatch(/has no opposite/);
  });

  test("for a disk rewound that was never copied", () => {
    expect(problemOf(doing("rewind-disk 1")).what).toMatch(
      /disk of validator 1 was never copied: write copy-disk/,
    );
  });

  test("but not for one that was copied before, wherever that stands in the file", () => {
    const later = "  - at: 1s\n    do: copy-disk 1\n";
    expect(problemsOf(doing("rewind-disk 1", { more: later }))).toEqual([]);
  });

  test.each([
    ["down", "kill 1,2", /validators 1, 2 lie, are down or cut off/],
    ["cut off", "partition 0,1/2,3", /validators 2, 3 lie, are down or cut off/],
    ["paused", "pause 1,3", /validators 1, 3/],
    ["without room on their disks", "fill-disk 0,3", /validators 0, 3/],
    ["deaf", "cut 0,1 to 2,3", /are down or cut off/],
  ])("for progress always with two of four %s", (_, act, what) => {
    const { what: told, word } = problemOf(doing(act, { more: "expect: { progress: always }\n" }));
    expect(told).toMatch(what);
    expect(told).toMatch(/at most 1 may be .*write progress: after-heal/);
    expect(word).toBe(act.split(" ")[0]);
  });

  test("for progress always with a liar and one that is down", () => {
    const text = `${lies}kill 1\nexpect: { progress: always }\n`;
    expect(problemOf(text).what).toMatch(/validators 1, 2 lie, are down/);
  });

  test("but not for one after the other, the second as the first comes back", () => {
    const text =
      "name: a\nexpect: { progress: always }\ntimeline:\n" +
      "  - { at: 4s, do: kill 1 }\n  - { at: 2s, do: kill 0, for: 2s }\n";
    expect(problemsOf(text)).toEqual([]);
  });

  test("but not for two that change places in one instant", () => {
    const text =
      "name: a\nexpect: { progress: always }\ntimeline:\n" +
      "  - { at: 2s, do: kill 0 }\n  - { at: 4s, do: kill 1 }\n  - { at: 4s, do: restart 0 }\n";
    expect(problemsOf(text)).toEqual([]);
  });

  test("for a mix with liars that says nobody else is guilty", () => {
    const text = "name: a\nrandom: { commands: 1, verbs: [lie] }\n";
    expect(problemOf(text).what).toMatch(/write expect: { noOtherCulprits: false }/);
  });

  test("for a mix with liars where none may lie", () => {
    const text =
      "name: a\nvalidators: 3\nrandom: { commands: 1, verbs: [lie] }\nexpect: { noOtherCulprits: false }\n";
    expect(problemOf(text).what).toMatch(/of 3 none may: write validators: 4/);
  });

  test("but not in a recording, where it has happened", () => {
    const text = doing("resume 1", { more: "recorded: true\n" });
    expect(problemsOf(text)).toEqual([]);
  });
});

describe("a file that is no scenario is refused", () => {
  test.each([
    ["nothing at all", "", /empty/],
    ["nothing but a remark", "# later\n", /empty/],
    ["half a bracket", "name: [a\n", /no YAML/],
    ["an indentation that fits nothing", "name: a\n  seed: 1\n", /no YAML/],
    ["two documents", "name: a\n---\nname: b\n", /second document/],
    ["an anchor", "name: &a a\n", /anchors/],
    ["an alias", "name: *a\n", /aliases/],
    ["a tag", "name: !!js/function a\n", /tags/],
    ["too many bytes", `name: a\n#${"é".repeat(128 * 1024)}`, /^262153 bytes .* at most 256 KiB$/],
  ])("for %s", (_, text, what) => {
    expect(problemsOf(text)[0]?.what).toMatch(what);
  });

  test("with the whole reason of the YAML parser", () => {
    expect(problemOf("name: [a\n").what).toMatch(
      /must be sufficiently indented and end with a \]$/,
    );
  });

  test("for a merge of maps, which is a key as any other", () => {
    expect(problemOf("name: a\n<<: { seed: 1 }\n").what).toMatch(/no key "<<"/);
  });

  test.each([["[["], ["{{"], ["- "], ["? "], ["a: "], ["[{a: "]])(
    "for nothing but %s, a quarter of a million characters of it, before anything is built",
    (unit) => {
      const text = unit.repeat(Math.floor((256 * 1024) / unit.length));
      expect(problemsOf(text)).toEqual([
        expect.objectContaining({ line: 1, what: expect.stringMatching(/more than 16 deep/) }),
      ]);
    },
  );

  test.each([["[]\n"], ["&"], ["- a\n"], ["a:\n"], ["'\n"], ["---\n"], ["]"], ["\n"], ["a,"]])(
    "for %j over and over, with no more than 20 problems",
    (unit) => {
      const found = problemsOf(unit.repeat(Math.floor((256 * 1024) / unit.length)));
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(20);
    },
  );

  test("nested 17 deep, and with another complaint nested 16 deep", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}\n`;
    expect(problemOf(nested(17)).what).toMatch(/more than 16 deep/);
    expect(problemOf(nested(16)).what).toMatch(/a list stands where a map/);
  });

  test("for 257 moments", () => {
    const moments = "  - { at: 1s, do: heal }\n".repeat(257);
    expect(problemOf(`name: a\ntimeline:\n${moments}`).what).toMatch(
      /257 moments, and at most 256/,
    );
  });

  test("with all problems at once, up to 20", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `  - { at: 1s, do: kil ${index} }\n`);
    const found = problemsOf(`nam: a\ntimeline:\n${lines.join("")}`);
    expect(found).toHaveLength(20);
    expect(found[0]).toMatchObject({ line: 1, column: 1 });
  });

  test("in the order of the text, whatever is found first", () => {
    const found = problemsOf("name: a\nseed: -1\nexpect: { culprits: [9] }\nleaders: me\n");
    expect(found.map(({ line }) => line)).toEqual([2, 3, 4]);
  });

  test("with messages that no terminal obeys", () => {
    const told = JSON.stringify(
      problemsOf('"\\u001b[2J": 1\nname: "\\u001b[2J"\n').map(({ what }) => what),
    );
    expect(told).not.toContain("\u001b");
  });

  test(`or read, whatever it is (seed ${seed})`, () => {
    const pieces = fc.constantFrom(
      ...[
        "name: a\n",
        "timeline:\n",
        "  - at: 1s\n",
        "    do: kill 1\n",
        "  for: 2s\n",
        "expect:\n",
      ],
      ...[
        "  culprits: [1]\n",
        "{",
        "}",
        "[",
        "]",
        "\t",
        "- ",
        ": ",
        "'",
        '"',
        "\n",
        "lie 3 equivocate",
      ],
    );
    const texts = fc.array(fc.oneof(pieces, fc.string({ unit: "binary" })), { maxLength: 30 });
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join("");
        const parsed = parseScenario(text, { ways: WORDS });
        if (parsed.ok) return;
        expect(parsed.problems.length).toBeGreaterThan(0);
        for (const { line, column } of parsed.problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});
