// `quorate fault` as the command line sees it: whatever stands behind it is a command for the devnet, a negative offset
// included.

import { Option } from "commander";
import { addCommand, type Program, usageFailure } from "../../node/cli/index.ts";
import type { FaultFlags } from "./fault.ts";

const NAME = "fault";
const SUMMARY = "break a running devnet, make its validators lie";

const DESCRIPTION = `${SUMMARY}

Verbs: kill restart pause resume, partition cut flap delay lose duplicate
  throttle, fill-disk break-disk lose-disk copy-disk rewind-disk, skew freeze,
  lie repent, and heal. Validators: 2 or 1,3 or all.
  fault verbs  how each is written    fault list     what is in force
  fault lies   the ways to lie        fault verdict  what the run came to so far`;

export function registerFaultCommand(program: Program): void {
  addCommand<FaultFlags>(program, program.root, {
    name: NAME,
    summary: SUMMARY,
    takes: [["[words...]", "a command; without one: what is in force"]],
    options: [
      new Option("--dir <dir>", "of the devnet").env("QUORATE_DEVNET_DIR").default(".devnet"),
    ],
    example: "fault lie 3 equivocate\n  $ quorate fault partition 0,1/2,3\n  $ quorate fault heal",
    run: async (options, words, context) => {
      const stray = words.find((word) => /^--?(?![0-9])/.test(word));
      if (stray !== undefined) {
        throw usageFailure(`unknown option '${stray}'`, "there are --dir DIR and --json");
      }
      const { fault } = await import("./fault.ts");
      return fault(words, options, context);
    },
  });
  const command = program.root.commands.find((each) => each.name() === NAME);
  command?.summary(SUMMARY).description(DESCRIPTION);
  // -1h is no option: `run` above refuses what is meant as one.
  command?.allowUnknownOption();
}
