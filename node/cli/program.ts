// The frame of every command: options that all share, help with an example, and the one place where a failure becomes
// text and an exit code.

import { Command, CommanderError, type Option } from "commander";
import { EXIT_CODES } from "./exit-codes.ts";
import { describeFailure } from "./failure.ts";
import { createOutput, type Environment, type Output, type Stream } from "./output.ts";

export type Surroundings = {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Environment;
};

/** What an action gets beside its own options. A number that it returns is the exit code; else it is 0. */
export type ActionContext = { readonly output: Output; readonly env: Environment };

export type CommandDetails<Options> = {
  readonly name: string;
  readonly summary: string;
  /** Such as `["<address>"]`. */
  readonly takes?: readonly (readonly [name: string, description: string])[];
  readonly options?: readonly Option[];
  /** A command line to copy, without `quorate`. */
  readonly example: string;
  /** Stands behind another command: the help of all does not name it. */
  readonly isHidden?: boolean;
  readonly run: (
    options: Options,
    positional: readonly string[],
    context: ActionContext,
  ) => Promise<number | undefined>;
};

export type Program = {
  readonly root: Command;
  readonly surroundings: Surroundings;
  exitCode: number;
};

export function createProgram(version: string, surroundings: Surroundings): Program {
  const root = new Command("quorate")
    .description("A Byzantine-fault-tolerant ledger: run it, watch it, send to it.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
      outputError: () => {},
    })
    .configureHelp({ styleTitle: (title) => `\u001b[1m${title}\u001b[0m` })
    .addHelpText("after", "\nExample:\n  $ quorate devnet");
  root.helpCommand(false);
  return { root, surroundings, exitCode: EXIT_CODES.done };
}

/** A word that only holds commands, such as `tx`. */
export function addGroup(
  parent: Command,
  group: { readonly name: string; readonly summary: string; readonly example: string },
): Command {
  return parent
    .command(group.name)
    .description(group.summary)
    .helpCommand(false)
    .addHelpText("after", `\nExample:\n  $ quorate ${group.example}`);
}

export function addCommand<Options>(
  program: Program,
  parent: Command,
  details: CommandDetails<Options>,
): void {
  const command = parent
    .command(details.name, { hidden: details.isHidden === true })
    .description(details.summary);
  for (const [name, description] of details.takes ?? []) command.argument(name, description);
  for (const option of details.options ?? []) command.addOption(option);
  command.option("--json", "one JSON object a line on stdout");
  command.addHelpText("after", `\nExample:\n  $ quorate ${details.example}`);
  command.action(async () => {
    const options = command.opts<Options & { readonly json?: boolean }>();
    const output = createOutput({ json: options.json === true, ...program.surroundings });
    const { env } = program.surroundings;
    try {
      const exitCode = await details.run(options, command.args, { output, env });
      program.exitCode = exitCode ?? EXIT_CODES.done;
    } finally {
      output.progress(undefined);
    }
  });
}

/** Parses and runs; never throws. The exit code is for the caller to set. */
export async function runProgram(program: Program, args: readonly string[]): Promise<number> {
  try {
    await program.root.parseAsync(args, { from: "user" });
    return program.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODES.done;
    // Commander has already shown the help of a word that wants a subcommand.
    if (error instanceof CommanderError && error.code === "commander.help") return EXIT_CODES.usage;
    const failure = await describeFailure(error);
    createOutput({ json: args.includes("--json"), ...program.surroundings }).failure(failure);
    return failure.exitCode;
  }
}
