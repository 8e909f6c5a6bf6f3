// A process that stands still: what waits for it, and what becomes of that.

import { expect, test } from "vitest";
import { Agenda } from "../../devnet/sim/agenda.ts";
import { MAX_HELD, Standstill } from "../../devnet/sim/standstill.ts";

function stage() {
  const agenda = new Agenda();
  const standstill = new Standstill(agenda);
  const done: string[] = [];
  /** Does it, or waits for its turn. */
  const attempt = (what: string, from: "itself" | "others" = "others") => {
    const again = () => attempt(what, from);
    if (!standstill.defers(again, from)) done.push(`${what} at ${agenda.now}`);
  };
  return { agenda, standstill, done, attempt };
}

test("holds up nothing while it moves", () => {
  const { done, attempt } = stage();
  attempt("one");
  expect(done).toEqual(["one at 0"]);
});

test("does in order what waited, once it goes on", () => {
  const { agenda, standstill, done, attempt } = stage();
  standstill.hold();
  attempt("one");
  attempt("two", "itself");
  expect([standstill.isHeld, agenda.size, done.length]).toEqual([true, 0, 0]);
  standstill.release();
  while (agenda.advance()) {}
  expect(done).toEqual(["one at 0", "two at 0"]);
  expect(standstill.isHeld).toBe(false);
});

test("does nothing of what waited for a process that is gone", () => {
  const { agenda, standstill, done, attempt } = stage();
  standstill.hold();
  attempt("one");
  standstill.forget();
  standstill.release();
  expect([agenda.size, done.length]).toEqual([0, 0]);
});

test("goes on by itself after so long, if it is told how long", () => {
  const { agenda, standstill, done, attempt } = stage();
  standstill.pauseFor(50);
  attempt("one");
  while (agenda.advance()) {}
  expect(done).toEqual(["one at 50"]);
});

test("holds no more of what comes in than its sockets do, and all that it was about to do itself", () => {
  const { agenda, standstill, done, attempt } = stage();
  standstill.hold();
  for (let at = 0; at < MAX_HELD + 10; at++) attempt("message");
  attempt("timer", "itself");
  standstill.release();
  while (agenda.advance()) {}
  expect(done).toHaveLength(MAX_HELD + 1);
  expect(done.at(-1)).toBe("timer at 0");
});
