// `quorate devnet` as the command line sees it. What it does is loaded when it is asked for.

import { Option } from "commander";
import {
  addCommand,
  type CommandFailure,
  integerOption,
  leadersOption,
  type Program,
  secondsOption,
  usageFailure,
} from "../../node/cli/index.ts";
import type { Scenario } from "../scenario/index.ts";
import type { DevnetOptions } from "../terminal/index.ts";
import { registerFaultCommand } from "./fault-command.ts";

const MAX_DEVNET_VALIDATORS = 64;
const MAX_DEVNET_ACCOUNTS = 10_000;
/** Whatever else is a file. */
const BARE_NAME = /^[a-z0-9-]+$/;

type DevnetFlags = DevnetOptions & {
  /** A file, or the name of a ready one. */
  readonly scenario?: string;
};

/** And whatever acts on one that runs. */
export function registerDevnetCommand(program: Program): void {
  const port = integerOption({ min: 1, max: 65_535 });
  const leaders = leadersOption();
  leaders.description = "who leads";
  addCommand<DevnetFlags>(program, program.root, {
    name: "devnet",
    summary: "run a chain of validators on this machine",
    options: [
      new Option("--validators <n>", "how many (4 unless the directory says otherwise)").argParser(
        integerOption({ min: 1, max: MAX_DEVNET_VALIDATORS }),
      ),
      new Option("--dir <dir>", "kept here (.devnet)").env("QUORATE_DEVNET_DIR"),
      new Option("--rpc-port <port>", "validator i serves on port+i").argParser(port).default(4000),
      new Option("--p2p-port <port>", "validator i listens on port+i")
        .argParser(port)
        .default(5000),
      new Option("--seed <text>", "of the keys and faults").env("QUORATE_DEVNET_SEED"),
      new Option("--accounts <n>", "how many accounts with money (10)").argParser(
        integerOption({ min: 0, max: MAX_DEVNET_ACCOUNTS }),
      ),
      leaders,
      new Option("--application <file>", "a module with a state machine of your own"),
      new Option("--reset", "delete the chain that is there and start a new one"),
      new Option("--ephemeral", "keep nothing").conflicts(["reset"]),
      new Option("--scenario <file>", "play it, or a ready one by name, then judge").conflicts([
        "duration",
        "accounts",
        "application",
      ]),
      new Option("--record <file>", "the faults of the run as a scenario, in any case"),
      // Rarely of use, and the help is to fit a screen.
      new Option("--control-port <port>", "of the HTTP interface").argParser(port).hideHelp(),
      new Option("--duration <seconds>", "stop after so long").argParser(secondsOption),
      new Option("--ready-timeout <seconds>", "give up if not ready by then")
        .argParser(secondsOption)
        .default(30),
    ],
    example: "devnet --validators 7 --rpc-port 4100 --p2p-port 5100",
    run: async (options, _positional, context) => {
      if (options.ephemeral && options.dir !== undefined) {
        throw usageFailure(
          "--ephemeral keeps nothing, so there is no place for --dir",
          "leave one of the two away",
        );
      }
      const { scenario: name } = options;
      const part = name === undefined ? undefined : { name, scenario: await scenarioIn(name) };
      const { runDevnet } = await import("../terminal/index.ts");
      return runDevnet(options, context, part);
    },
  });
  registerFaultCommand(program);
}

async function scenarioIn(name: string): Promise<Scenario> {
  const { listScenarios, loadScenario } = await import("../scenario/index.ts");
  if (BARE_NAME.test(name)) {
    const names = (await listScenarios()).map((ready) => ready.name);
    if (!names.includes(name)) throw await notReady(name, names);
  }
  return await loadScenario(name);
}

async function notReady(name: string, names: readonly string[]): Promise<CommandFailure> {
  const { isSimulatedOnly } = await import("./scenario-list.ts");
  if (isSimulatedOnly(name)) {
    return usageFailure(
      `${name} is a mix of the simulator, which a live devnet cannot play`,
      `quorate sim ${name} runs it; quorate sim without a name lists what a devnet plays`,
    );
  }
  const { nearest } = await import("../faults/index.ts");
  const near = nearest(name, names);
  return usageFailure(
    `there is no ready scenario ${name}`,
    `${near === undefined ? "" : `did you mean ${near}? `}quorate sim without a name lists them`,
  );
}
