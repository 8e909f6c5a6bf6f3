// A scenario on a stage that only keeps a diary, on a clock that stands still until it is told otherwise.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { formatCommand } from "../../../devnet/faults/index.ts";
import { parseScenario, type Scenario } from "../../../devnet/scenario/index.ts";
import { type Play, play } from "../../../devnet/terminal/play.ts";
import { createOutput } from "../../../node/cli/output.ts";

const PATIENCE_MS = 30_000;

let diary: string[];
let end: AbortController;
let standing: { hasRecovered: boolean; isOver: boolean; hasItsProofs: boolean };

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  diary = [];
  end = new AbortController();
  standing = { hasRecovered: true, isOver: false, hasItsProofs: true };
});

afterEach(() => {
  vi.useRealTimers();
});

function scenario(text: string): Scenario {
  const parsed = parseScenario(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenario;
}

const TWO_KILLS = scenario(`
name: two-kills
duration: 3s
timeline:
  - { at: 500ms, do: kill 2, for: 700ms }
  - { at: 2s, do: lie 3 equivocate }
`);

function outputTo(lines: unknown[]) {
  const stdout = { write: (text: string) => lines.push(JSON.parse(text)) };
  return createOutput({ json: true, stdout, stderr: stdout, env: {} });
}

/** Starts it; the second value tells whether it is over. */
function start(given: Partial<Play> = {}) {
  const note = (what: string) => diary.push(`${Date.now()} ${what}`);
  const lines: unknown[] = [];
  const done = { isOver: false };
  const whole: Play = {
    scenario: TWO_KILLS,
    seed: 1,
    session: {
      ...{ patienceMs: PATIENCE_MS, watch: async () => void note("watch") },
      get hasRecovered() {
        return standing.hasRecovered;
      },
      get isOver() {
        return standing.isOver;
      },
      get hasItsProofs() {
        return standing.hasItsProofs;
      },
      lastLook: async () => void note("last look"),
    },
    commands: {
      give: async (command) => {
        note(formatCommand(command));
        return { ok: true, command, text: formatCommand(command) };
      },
      say: async (text) => {
        note(text);
        return { ok: false, refusal: "failed", what: "v3 does not answer" };
      },
    },
    bottom: { above: (print) => print() },
    nowMs: () => Date.now(),
    signal: end.signal,
    ...given,
  };
  const over = () => {
    done.isOver = true;
  };
  play(whole, { output: outputTo(lines) }).then(over, (error) => lines.push(error));
  return { done, lines };
}

describe("a scenario on a live devnet", () => {
  test("gives each command at its moment, ends all faults, and looks a last time", async () => {
    const { done } = start();
    await vi.advanceTimersByTimeAsync(3_100);
    expect(diary).toEqual([
      "0 watch",
      "500 kill 2",
      "1200 restart 2",
      "2000 lie 3 equivocate",
      "3000 heal",
      "3000 last look",
    ]);
    expect(done.isOver).toBe(true);
  });

  test("tells each command as it happens, and why one could not be done", async () => {
    const { lines } = start();
    await vi.advanceTimersByTimeAsync(3_100);
    expect(lines[0]).toEqual({ type: "moment", atMs: 500, command: "kill 2", ok: true });
    expect(lines.at(-1)).toEqual({
      ...{ type: "moment", atMs: 3_000, command: "heal" },
      ...{ ok: false, why: "v3 does not answer" },
    });
  });

  test("is not held up by a validator that takes its time", async () => {
    const give = vi.fn(() => new Promise<never>(() => {}));
    start({ commands: { give, say: async () => ({ ok: false, refusal: "busy", what: "busy" }) } });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(give).toHaveBeenCalledTimes(3);
  });

  test("waits until the chain is well again, but not for ever", async () => {
    standing = { ...standing, hasRecovered: false };
    const { done } = start();
    await vi.advanceTimersByTimeAsync(3_000 + PATIENCE_MS);
    expect(done.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(done.isOver).toBe(true);
  });

  test("goes on as soon as it is well", async () => {
    standing = { ...standing, hasRecovered: false };
    const { done } = start();
    await vi.advanceTimersByTimeAsync(7_000);
    standing = { ...standing, hasRecovered: true };
    await vi.advanceTimersByTimeAsync(100);
    expect(done.isOver).toBe(true);
  });

  test("waits a little for a proof that is due", async () => {
    standing = { ...standing, hasItsProofs: false };
    const { done } = start();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(done.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(done.isOver).toBe(true);
  });

  test("does not wait for blocks when too few are left", async () => {
    standing = { ...standing, hasRecovered: false, isOver: true };
    const { done } = start();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(done.isOver).toBe(true);
  });

  test("ends at once when it is told to", async () => {
    const { done } = start();
    await vi.advanceTimersByTimeAsync(600);
    end.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(done.isOver).toBe(true);
    expect(diary).toEqual(["0 watch", "500 kill 2"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
