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

export function registerSimCommands(program: Program): void {
  addCommand<SimulateFlags>(program, program.root, {
    name: "sim",
    summary: "play a scenario on virtual time, or list them",
    takes: [["[scenario]", "a name, or a file: a recording, or a plan"]],
    options: [
      seedOption(),
      new Option("--seeds <n>", "run so many seeds, one after the other")
        .argParser(integerOption({ min: 1, max: MAX_SEEDS }))
        .default(1),
      new Option("--validators <n>", "how many (drawn from the seed)").argParser(
        integerOption({ min: 1, max: MAX_VALIDATORS }),
      ),
      new Option("--rules <name>", "rule set (drawn from the seed)").choices([
        "commit-votes",
        "two-chain",
        "three-chain",
      ]),
      new Option("--leaders <name>", "leader choice (drawn from the seed)").choices([
        "round-robin",
        "reputation",
      ]),
      new Option("--signatures <kind>", "real or stand-in (drawn from the seed)").choices([
        "stand-in",
        "ed25519",
      ]),
      new Option("--events", "print every event"),
      new Option("--record <file>", "write the recording of a failing run there"),
    ],
    example: "sim equivocating-leader --seed 7 --seeds 100",
    run: async (options, [scenario], context) => {
      const { simulate } = await import("./simulate.ts");
      return simulate(scenario, options, context);
    },
  });
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

function seedOption(): Option {
  return new Option("--seed <n>", "the first seed (drawn, and printed)").argParser(
    integerOption({ min: 0, max: MAX_SEED }),
  );
}
