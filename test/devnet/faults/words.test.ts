// The language of fault commands: what every verb means as data, and what is refused, where and with which better word.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WAYS } from "../../../devnet/behaviours/index.ts";
import {
  type FaultCommand,
  formatCommand,
  parseCommand,
  parseDuration,
  VERB_HELP,
} from "../../../devnet/faults/index.ts";
import { knownWays } from "../../../devnet/scenario/index.ts";
import { anyCommand, WORDS } from "./commands.ts";

const context = { validators: 4, ways: WORDS };
const seed = Date.now() % 1_000_000_000;

function refusal(text: string, { validators = 4 } = {}) {
  const parsed = parseCommand(text, { validators, ways: WORDS });
  if (parsed.ok) throw new Error(`${text} was not refused`);
  const { what, nearest, at } = parsed;
  return { what, nearest, word: text.slice(at).split(/[\s,]|\/(?!s)/)[0] };
}

describe("a fault command", () => {
  test.each<[string, FaultCommand]>([
    ["kill 2", { verb: "kill", who: [2] }],
    ["restart 2", { verb: "restart", who: [2] }],
    ["pause 1,3", { verb: "pause", who: [1, 3] }],
    ["resume all", { verb: "resume", who: "all" }],
    [
      "partition 0,1/2,3",
      {
        verb: "partition",
        groups: [
          [0, 1],
          [2, 3],
        ],
      },
    ],
    ["partition 0,1", { verb: "partition", groups: [[0, 1]] }],
    [
      "partition 0,1/1,2,3",
      {
        verb: "partition",
        groups: [
          [0, 1],
          [1, 2, 3],
        ],
      },
    ],
    ["cut 0,1 to 2", { verb: "cut", from: [0, 1], to: [2] }],
    ["flap 0 1 every 500ms", { verb: "flap", from: 0, to: 1, everyMs: 500 }],
    ["delay 2 200ms", { verb: "delay", who: [2], ms: 200, jitterMs: 0 }],
    ["delay 2 200ms jitter 50ms", { verb: "delay", who: [2], ms: 200, jitterMs: 50 }],
    ["lose all 10%", { verb: "lose", who: "all", percent: 10 }],
    ["duplicate 1 20%", { verb: "duplicate", who: [1], percent: 20 }],
    ["throttle 3 50kB/s", { verb: "throttle", who: [3], kilobytesPerSecond: 50 }],
    ["fill-disk 2", { verb: "fill-disk", who: [2] }],
    ["break-disk 2", { verb: "break-disk", who: [2] }],
    ["lose-disk 2", { verb: "lose-disk", who: [2] }],
    ["copy-disk 2", { verb: "copy-disk", who: [2] }],
    ["rewind-disk 2", { verb: "rewind-disk", who: [2] }],
    ["skew 1 +5s", { verb: "skew", who: [1], ms: 5000 }],
    ["skew 1 -1h", { verb: "skew", who: [1], ms: -3_600_000 }],
    ["freeze 1", { verb: "freeze", who: [1] }],
    ["lie 3 equivocate", { verb: "lie", who: [3], ways: ["equivocate"] }],
    [
      "lie 3 equivocate,double-vote",
      { verb: "lie", who: [3], ways: ["equivocate", "double-vote"] },
    ],
    ["repent 3", { verb: "repent", who: [3] }],
    ["heal", { verb: "heal", who: "all" }],
    ["heal 2", { verb: "heal", who: [2] }],
  ])("reads %s, and writes it so", (text, command) => {
    expect(parseCommand(text, context)).toEqual({ ok: true, command });
    expect(formatCommand(command)).toBe(text);
  });

  test(`comes back the same from its text (seed ${seed})`, () => {
    const seven = { validators: 7, ways: WORDS };
    fc.assert(
      fc.property(anyCommand, (command) => {
        expect(parseCommand(formatCommand(command), seven)).toEqual({ ok: true, command });
      }),
      { seed, numRuns: 500 },
    );
  });

  test.each<[string, string]>([
    ["  kill   2 ", "kill 2"],
    ["kill v2", "kill 2"],
    ["pause 1, 3", "pause 1,3"],
    ["partition 0, 1 / 2, 3", "partition 0,1/2,3"],
    ["throttle 3 2MB/s", "throttle 3 2000kB/s"],
    ["skew 1 5s", "skew 1 +5s"],
    ["heal all", "heal"],
    ["delay 2 1.5s", "delay 2 1500ms"],
  ])("takes %s for %s", (text, canonical) => {
    const parsed = parseCommand(text, context);
    expect(parsed.ok && formatCommand(parsed.command)).toBe(canonical);
  });

  test(`is read or refused whatever the text is (seed ${seed})`, () => {
    const words = fc.constantFrom(
      "kill",
      "0,1",
      "/",
      ",",
      "lie",
      "all",
      "to",
      "10%",
      "2s",
      "every",
    );
    const sentences = fc.array(fc.oneof(words, fc.string()), { maxLength: 8 });
    fc.assert(
      fc.property(sentences, (parts) => {
        const text = parts.join(" ");
        const parsed = parseCommand(text, context);
        if (parsed.ok) return;
        expect(parsed.what).not.toBe("");
        expect(parsed.at).toBeGreaterThanOrEqual(0);
        expect(parsed.at).toBeLessThanOrEqual(text.length);
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe("a fault command is refused", () => {
  test.each([
    ["kil 2", "kil", "kill", /no verb "kil"/],
    ["lei 3 equivocate", "lei", "lie", /no verb/],
    ["KILL 2", "KILL", "kill", /no verb/],
    ["partiton 0/1", "partiton", "partition", /no verb/],
    ["lie 3 equivocte", "equivocte", "equivocate", /not a way to lie/],
    ["lie 3 equivocate,duoble-vote", "duoble-vote", "double-vote", /not a way to lie/],
    ["lie 3 equiv", "equiv", "equivocate", /not a way to lie/],
    ["delay 2 200mss", "200mss", "200ms", /unknown unit "mss"/],
    ["delay 2 200", "200", "200ms", /no unit/],
    ["delay 2 200ms jiter 5ms", "jiter", "jitter", /not the word jitter/],
    ["skew 1 -2sec", "-2sec", "-2s", /unknown unit/],
    ["lose all 10", "10", "10%", /no unit/],
    ["throttle 3 50kb/s", "50kb/s", "50kB/s", /unknown unit/],
    ["kill al", "al", "all", /not the index/],
    ["cut 0 too 1", "too", "to", /not the word to/],
    ["kill 4", "4", "3", /no validator 4: they are 0 to 3/],
  ])("%s, at %s, for %s", (text, word, nearest, what) => {
    expect(refusal(text)).toEqual({ what: expect.stringMatching(what), nearest, word });
  });

  test.each([
    ["", "", /a verb is missing/],
    ["sing 2", "sing", /there are kill, restart/],
    ["kill", "", /^say which validators: 2, or 1,3, or all$/],
    ["cut 0 to", "", /^say which validators/],
    ["cut 0 2", "2", /^"to" is missing before "2"$/],
    ["flap 0 1 500ms", "500ms", /^"every" is missing before "500ms"$/],
    ["delay 2 200ms 50ms", "50ms", /^"jitter" is missing before "50ms"$/],
    ["kill 2 3", "3", /"3" is too much/],
    ["kill 1,1", "1", /named twice/],
    ["kill -1", "-1", /not the index/],
    ["kill 1,", "", /not the index/],
    ["kill 1.5", "1.5", /not the index/],
    ["partition 0/1/2/3/0", "0", /more groups than validators/],
    ["partition 0//1", "", /a group is empty: write groups as 0,1\/2,3/],
    ["partition /", "", /a group is empty/],
    ["partition / 0,1", "", /a group is empty/],
    ["cut 0 to 0", "0", /two ends/],
    ["flap 1 1 every 1s", "1", /two ends/],
    ["flap 0 1 every 0s", "0s", /longer than 0/],
    ["delay 2 -5s", "-5s", /not a duration/],
    ["delay 2 25h", "25h", /more than 24 h/],
    ["delay 2 0.5ms", "0.5ms", /finer than a millisecond/],
    ["lose all 101%", "101%", /more than 100%/],
    ["throttle 3 0kB/s", "0kB/s", /cut the link/],
    ["throttle 3 2000MB/s", "2000MB/s", /more than 1000000kB/],
    ["lie 3 equivocate,equivocate", "equivocate", /there twice/],
    ["lie 3", "", /a way to lie is missing/],
  ])("%s, at %s", (text, word, what) => {
    expect(refusal(text)).toEqual({
      what: expect.stringMatching(what),
      nearest: undefined,
      word,
    });
  });

  test("for no way to lie, with each word once and without the names of behaviours", () => {
    const parsed = parseCommand("lie 3 __proto__", { validators: 4, ways: knownWays() });
    const what = parsed.ok ? "" : parsed.what;
    expect(what.split("; there are ")[1]?.split(", ")).toEqual([...WAYS.keys()]);
  });

  test("above 512 characters", () => {
    expect(refusal(`kill 2${" ".repeat(507)}`).what).toMatch(/at most 512 characters, not 513/);
  });

  test("with a message that no terminal obeys and no log overflows from", () => {
    const { what } = refusal(`\u001b[2J${"x".repeat(400)}`);
    expect(what).not.toContain("\u001b");
    expect(what.length).toBeLessThan(300);
  });
});

describe("a duration", () => {
  test.each([
    ["250ms", 250],
    ["2s", 2000],
    ["1.5s", 1500],
    ["1.001s", 1001],
    ["1m", 60_000],
    ["24h", 86_400_000],
    ["0s", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "2", "s", "2 s", "-2s", "1e3s", "2d", "24.001h", "1.0005s", "Infinitys"])(
    "%s is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe("the help", () => {
  test("has every verb once, each with what to write and what it does", () => {
    expect(new Set(VERB_HELP.map(({ verb }) => verb)).size).toBe(VERB_HELP.length);
    expect(VERB_HELP).toHaveLength(21);
    for (const { verb, usage, summary } of VERB_HELP) {
      expect(usage.split(" ")[0]).toBe(verb);
      expect(usage.length + summary.length).toBeLessThan(120);
    }
  });
});
