// `quorate sim` with a scenario, a file or a ready one: the same that `quorate devnet --scenario` plays on real processes,
// on virtual time, over one seed or many.

import { open } from "node:fs/promises";
import { type ActionContext, usageFailure } from "../../node/cli/index.ts";
import { listScenarios, loadScenario } from "../scenario/index.ts";
import { verdictText } from "../verdict/index.ts";
import { runSimulated } from "../virtual/index.ts";
import { typeable } from "./replay.ts";
import { MIX_FLAGS, type SimulateFlags } from "./simulate-flags.ts";

type Context = Pick<ActionContext, "output" | "env">;

const MAX_REPLAYS = 100;
const BEGINNING_BYTES = 8_192;
const EXIT_FAILED = 1;

/** Is it the name of a ready scenario, or a file with one? What the campaigns of the simulator record is not. */
export async function isPlayable(name: string): Promise<boolean> {
  if (/\.(?:ya?ml|m?[jt]s)$/.test(name)) return true;
  if (name.endsWith(".json")) return /"name"\s*:/.test(await beginningOf(name));
  return (await listScenarios()).some((ready) => ready.name === name);
}

/** Empty for a file that cannot be read: whoever reads it next says so. */
async function beginningOf(name: string): Promise<string> {
  const file = await open(name).catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING_BYTES));
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

export async function playSimulated(
  name: string,
  flags: SimulateFlags,
  { output, env }: Context,
): Promise<number> {
  const stray = MIX_FLAGS.find((flag) => flags[flag] !== undefined);
  if (stray !== undefined) {
    throw usageFailure(
      `--${stray} is for a mix: a scenario says all of that itself`,
      "leave it away; in a scenario of your own, change the file",
    );
  }
  const scenario = await loadScenario(name);
  const { seed = scenario.seed, seeds, events } = flags;
  const startedMs = performance.now();
  const failures: string[] = [];
  for (let at = 0; at < seeds; at++) {
    const onEvent = (line: string) => output.record({ type: "event", line }, () => line);
    const verdict = runSimulated(scenario, {
      seed: seed + at,
      file: name,
      ...(events && { onEvent }),
    });
    if (seeds === 1 || !verdict.ok) {
      const replay = typeable(verdict.replay, env);
      output.record(verdict, () => verdictText({ ...verdict, replay }, output.paint));
    }
    if (!verdict.ok && failures.length < MAX_REPLAYS) failures.push(verdict.replay);
    if (seeds > 1) output.progress(`seed ${seed + at}, ${at + 1} of ${seeds}`);
  }
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  if (seeds > 1) {
    const summary = { scenario: scenario.name, seed, scenarios: seeds, seconds, failures };
    output.record({ type: "sim", ...summary }, () => {
      const verdict = failures.length === 0 ? "all held" : `${failures.length} failed`;
      return `${scenario.name}: ${seeds} from seed ${seed} in ${seconds} s, ${verdict}`;
    });
  }
  return failures.length === 0 ? 0 : EXIT_FAILED;
}
