// A scenario on a live devnet: each command at its moment, then the end of all faults, and then as long as the chain needs
// to be well again, or may need at most.

import type { ActionContext } from "../../node/cli/index.ts";
import type { CommandLine, Obeyed } from "../control/index.ts";
import { formatCommand } from "../faults/index.ts";
import { type Scenario, scheduleOf } from "../scenario/index.ts";
import type { Session } from "../session/index.ts";
import type { BottomLines } from "./bottom-lines.ts";

export type Play = {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly session: Pick<
    Session,
    "watch" | "patienceMs" | "hasRecovered" | "isOver" | "hasItsProofs" | "lastLook"
  >;
  readonly commands: Pick<CommandLine, "give" | "say">;
  readonly bottom: Pick<BottomLines, "above">;
  readonly nowMs: () => number;
  /** Ends the play early. */
  readonly signal: AbortSignal;
};

const LOOK_INTERVAL_MS = 100;
/** From the heal on: what was signed before it is on its way for a while. */
const PROOF_LIMIT_MS = 5_000;

/** Resolves when the verdict can be given. */
export async function play(given: Play, context: Pick<ActionContext, "output">): Promise<void> {
  const { scenario, seed, session, commands, nowMs, signal } = given;
  await session.watch();
  for (const { atMs, command } of scheduleOf(scenario, seed)) {
    await until(atMs, given);
    if (signal.aborted) return;
    // Not waited for: a validator that takes its time must not hold up those that come after.
    commands.give(command, "scenario").then(
      (obeyed) => tell(obeyed, formatCommand(command), given, context),
      (error: unknown) => context.output.note(String(error)),
    );
  }
  await until(scenario.durationMs, given);
  if (signal.aborted) return;
  tell(await commands.say("heal", "scenario"), "heal", given, context);
  const healedMs = nowMs();
  const isOver = () =>
    session.hasRecovered || session.isOver
      ? session.hasItsProofs || nowMs() > healedMs + PROOF_LIMIT_MS
      : nowMs() > healedMs + session.patienceMs;
  while (!signal.aborted && !isOver()) await until(nowMs() + LOOK_INTERVAL_MS, given);
  if (!signal.aborted) await session.lastLook();
}

function tell(
  obeyed: Obeyed,
  text: string,
  { nowMs, bottom }: Play,
  context: Pick<ActionContext, "output">,
): void {
  const { output } = context;
  const atMs = Math.round(nowMs());
  const why = obeyed.ok ? undefined : obeyed.what;
  const value = { type: "moment", atMs, command: text, ok: obeyed.ok, ...(why && { why }) };
  bottom.above(() =>
    output.record(value, () => {
      const time = output.paint.dim(`${(atMs / 1_000).toFixed(1)} s`.padStart(8));
      return `${time}  ${text}${why === undefined ? "" : output.paint.red(`: ${why}`)}`;
    }),
  );
}

/** Resolves at that moment of the run, or when it is ended before. */
function until(atMs: number, { nowMs, signal }: Play): Promise<void> {
  const leftMs = atMs - nowMs();
  if (leftMs <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, leftMs);
    signal.addEventListener("abort", end, { once: true });
  });
}
