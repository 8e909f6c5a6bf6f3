// `quorate sim` and the campaigns behind `npm run sim` and `npm run planted`, as the command line sees them.

import { Option } from "commander";
import { addCommand, integerOption, type Program, secondsOption } from "../../node/cli/index.ts";
import type { CampaignFlags } from "./campaign.ts";
import type { PlantedFlags } from "./planted.ts";
import type { SimulateFlags } from "./simulate-flags.ts";

const MAX_SEED = Number.MAX_SAFE_INTEGER - 1_000_000_000;
const MAX_SEEDS = 1_000_000;
const MAX_VALIDATORS = 64;
const MAX_WORKERS = 64;

const SIM_SUMMARY = "play scenarios on virtual time, or list them";
const SIM_DESCRIPTION = `${SIM_SUMMARY}

  a scenario   says what happens when, and what must hold: the name of a ready
               one, or a file of your own (.yaml, .json, .js). The same plays on
               real processes with \`quorate devnet --scenario\`.
  a mix        draws liars, faults and moods from the seed: a name
  a recording  what a failing mix was cut down to (.json)`;
const SIM_EXAMPLES = `sim equivocating-leader
  $ quorate sim ./mine.yaml --seeds 10
  $ quorate sim swarm --seed 7 --seeds 100 --rules two-chain
  $ quorate sim ./swarm-7.json --events`;

export function registerSimCommands(program: Program): void {
  addCommand<SimulateFlags>(program, program.root, {
    name: "sim",
    summary: SIM_SUMMARY,
    takes: [["[name|file]", "one of them; `scenarios`, `mixes`: a line about each"]],
    options: [
      new Option("--seed <n>", "the first seed (a scenario's own, or 1; a mix: drawn)").argParser(
        integerOption({ min: 0, max: MAX_SEED }),
      ),
      new Option("--seeds <n>", "run so many seeds, one after the other")
        .argParser(integerOption({ min: 1, max: MAX_SEEDS }))
        .default(1),
      new Option("--events", "print every event"),
      ...mixOptions(),
    ],
    example: SIM_EXAMPLES,
    run: async (options, [scenario], context) => {
      const { simulate } = await import("./simulate.ts");
      return simulate(scenario, options, context);
    },
  });
  const command = program.root.commands.find((each) => each.name() === "sim");
  command?.summary(SIM_SUMMARY).description(SIM_DESCRIPTION);
  addCommand<CampaignFlags>(program, program.root, {
    name: "campaign",
    summary: "attack simulated validators, seed after seed",
    options: [
      new Option("--seconds <s>", "how long").argParser(secondsOption).default(60),
      seedOption(),
      new Option("--workers <n>", "threads (all cores but one)").argParser(
        integerOption({ min: 1, max: MAX_WORKERS }),
      ),
    ],
    example: "campaign --seconds 600 --seed 1",
    isHidden: true,
    run: async (options, _positional, context) => {
      const { campaign } = await import("./campaign.ts");
      return campaign(options, context);
    },
  });
  addCommand<PlantedFlags>(program, program.root, {
    name: "planted",
    summary: "hunt deliberately broken engines: all must fall",
    options: [
      seedOption().default(1),
      new Option("--seconds <s>", "processor time for one bug")
        .argParser(secondsOption)
        .default(60),
      new Option("--only <bug>", "just this one"),
      new Option("--workers <n>", "processes (all cores but one)").argParser(
        integerOption({ min: 1, max: MAX_WORKERS }),
      ),
    ],
    example: "planted --only quorum-of-2f",
    isHidden: true,
    run: async (options, _positional, context) => {
      const { planted } = await import("./planted.ts");
      return planted(options, context);
    },
  });
}

/** What a scenario says itself. A recording says it, too. */
function mixOptions(): Option[] {
  const options = [
    new Option("--validators <n>", "how many").argParser(
      integerOption({ min: 1, max: MAX_VALIDATORS }),
    ),
    new Option("--rules <name>", "rule set").choices(["commit-votes", "two-chain", "three-chain"]),
    new Option("--leaders <name>", "leader choice").choices(["round-robin", "reputation"]),
    new Option("--signatures <kind>", "real or not").choices(["stand-in", "ed25519"]),
    new Option("--record <file>", "where the recording of a failing run goes (NAME-SEED.json)"),
  ];
  return options.map((option) =>
    option.helpGroup("Of mixes only; the seed draws what is left out:"),
  );
}

function seedOption(): Option {
  return new Option("--seed <n>", "the first seed (drawn, and printed)").argParser(
    integerOption({ min: 0, max: MAX_SEED }),
  );
}
