// A scenario on virtual time: the file that runs on real processes too, decided by its seed to the last event.

import { type Scenario, scheduleOf } from "../scenario/index.ts";
import type { Verdict } from "../verdict/index.ts";
import { VirtualDevnet } from "./virtual-devnet.ts";

export type SimulatedRunOptions = {
  /** The scenario's own unless given. */
  readonly seed?: number;
  /** As the command line named it, for the replay line; the scenario's name unless given. */
  readonly file?: string;
  /** Calls with each observation as a line, in order. */
  readonly onEvent?: (line: string) => void;
};

/** The same scenario and seed give the same verdict, trace hash included. @throws {FaultError} */
export function runSimulated(scenario: Scenario, options: SimulatedRunOptions = {}): Verdict {
  const { seed = scenario.seed, file = scenario.name, onEvent } = options;
  const { validators, baseTimeoutMs, leaders, load } = scenario;
  const devnet = new VirtualDevnet({
    ...{ seed, validators, baseTimeoutMs, leaders, load },
    ...(onEvent && { onEvent }),
  });
  for (const { atMs, command } of scheduleOf(scenario, seed)) {
    devnet.at(atMs, () => devnet.afflict(command));
  }
  devnet.run(scenario.durationMs);
  const replay = `quorate sim ${file} --seed ${seed}`;
  return devnet.verdict(scenario.expect, { scenario: scenario.name, replay });
}
