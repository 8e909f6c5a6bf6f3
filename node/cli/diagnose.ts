// `quorate diagnose`: where two stopped validators of one chain part. Exit code 0: they do not; 1: they do; 5: a directory
// is damaged, or its validator runs.

import { Option } from "commander";
import type { Progress } from "../diagnosis/index.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { table } from "./output.ts";
import { type ActionContext, addCommand, type Program } from "./program.ts";

type DiagnoseOptions = { readonly application?: string };

export function registerDiagnoseCommand(program: Program): void {
  addCommand<DiagnoseOptions>(program, program.root, {
    name: "diagnose",
    summary: "where two stopped validators of one chain differ",
    takes: [
      ["<a>", "the directory of a stopped validator"],
      ["<b>", "that of another one"],
    ],
    options: [
      new Option(
        "--application <file>",
        "the state machine to execute again with; else that of a directory",
      ),
    ],
    example: "diagnose .devnet/validator3 .devnet/validator0",
    run: ({ application }, [a = "", b = ""], context) => run({ a, b, application }, context),
  });
}

type Request = {
  readonly a: string;
  readonly b: string;
  readonly application: string | undefined;
};

async function run(request: Request, { output }: ActionContext): Promise<number> {
  const { resolve } = await import("node:path");
  const { describeDifference, diagnose, differenceRecord, openDataDirectory } = await import(
    "../diagnosis/index.ts"
  );
  if (resolve(request.a) === resolve(request.b)) throw sameDirectory(request.a);
  const a = await openDataDirectory(request.a);
  try {
    const b = await openDataDirectory(request.b);
    try {
      if (a.root.genesisBlock.some((byte, at) => byte !== b.root.genesisBlock[at])) {
        throw otherChain(request);
      }
      const application = await applicationFor(request, a, b);
      const onProgress = ({ doing, height, of }: Progress) => {
        output.progress(`${doing}: ${height} of ${of}`);
      };
      const diagnosis = diagnose({ a, b, application, onProgress });
      if (diagnosis.type === "equal") {
        const { height } = diagnosis;
        output.record({ type: "equal", height }, () => `no difference up to height ${height}`);
        return EXIT_CODES.done;
      }
      const { difference } = diagnosis;
      output.record({ type: "different", ...request, ...differenceRecord(difference) }, () =>
        table(describeDifference(difference, request)),
      );
      return EXIT_CODES.unexpected;
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

type Opened = Awaited<ReturnType<typeof import("../diagnosis/index.ts")["openDataDirectory"]>>;

/** Of two directories the one whose validator did not halt is the one to believe. */
async function applicationFor({ application }: Request, a: Opened, b: Opened) {
  const { loadStateMachine, machineOf } = await import("../runtime/index.ts");
  const { resolve } = await import("node:path");
  const sound = a.bundle === undefined ? a : b;
  const file = application === undefined ? sound.application : resolve(application);
  const given = file === undefined ? undefined : await loadStateMachine(file);
  return machineOf(a.root, given, () => {});
}

function sameDirectory(name: string): CommandFailure {
  return new CommandFailure({
    message: `${name} is compared with itself`,
    exitCode: EXIT_CODES.usage,
    code: "USAGE",
    remedy: "name the directories of two validators",
  });
}

function otherChain({ a, b }: Request): CommandFailure {
  return new CommandFailure({
    message: `${a} and ${b} are of two chains`,
    exitCode: EXIT_CODES.wrongGenesis,
    code: "WRONG_GENESIS",
    remedy: "name two validators with the same genesis",
  });
}
