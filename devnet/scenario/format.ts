// A scenario as a file: YAML that reads back as the same scenario.

import { stringify } from "yaml";
import { formatCommand, formatDuration } from "../faults/index.ts";
import type { Scenario } from "./scenario.ts";

const COLUMNS = 100;

/**
 * Every key is written, so that the file means the same when a default changes.
 * With `isRecording`, of what has happened, nobody asks on reading whether it may.
 */
export function formatScenario(
  scenario: Scenario,
  { isRecording = false }: { readonly isRecording?: boolean } = {},
): string {
  const { name, story, validators, seed, leaders, load, timeline, random, expect } = scenario;
  const file = {
    name,
    story,
    ...(isRecording && { recorded: true }),
    validators,
    seed,
    baseTimeout: formatDuration(scenario.baseTimeoutMs),
    leaders,
    load: { perSecond: load.perSecond },
    duration: formatDuration(scenario.durationMs),
    timeline: timeline.map(({ atMs, command, forMs }) => ({
      at: formatDuration(atMs),
      do: formatCommand(command),
      ...(forMs !== undefined && { for: formatDuration(forMs) }),
    })),
    ...(random !== undefined && {
      random: {
        commands: random.commands,
        verbs: random.verbs,
        until: formatDuration(random.untilMs),
      },
    }),
    expect: {
      safety: expect.safety,
      progress: expect.progress,
      culprits: expect.culprits,
      noOtherCulprits: expect.noOtherCulprits,
      halted: expect.halted,
    },
  };
  return stringify(file, { lineWidth: COLUMNS, aliasDuplicateObjects: false });
}
