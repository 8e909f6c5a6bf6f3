// The program that a devnet runs for each validator: `quorate node` on surroundings that the devnet can break, over its IPC
// channel, at any time. Nothing else can start it, and nothing in `quorate node` leads here.

import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bareMessage, type Evidence, messageCodec } from "../../consensus/index.ts";
import { assert, encode, toHex } from "../../crypto/index.ts";
import {
  createProgram,
  EXIT_CODES,
  exitOnBrokenPipe,
  registerNodeCommand,
  runProgram,
} from "../../node/cli/index.ts";
import type { RunningValidator } from "../../node/runtime/index.ts";
import { AilingSurroundings } from "./ailing-surroundings.ts";
import type { Instruction, Report } from "./ailments.ts";

/** In one life of the process. A liar can be caught in every view; the devnet needs no more than this. */
const MAX_EVIDENCE_REPORTS = 1_024;

const NOT_BY_HAND =
  "error: only a devnet runs this program, over an IPC channel\n" +
  "  `quorate node --dir DIR` runs a validator, `quorate devnet` a chain of them\n";

if (process.connected && isProgram()) {
  const exitCode = await run();
  // The open channel would keep a validator that could not start.
  process.exit(exitCode);
} else {
  process.stderr.write(NOT_BY_HAND);
  process.exitCode = EXIT_CODES.usage;
}

/** False where another program, such as `quorate node`, was told to load this file as its application. */
function isProgram(): boolean {
  const [, program] = process.argv;
  return program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url);
}

async function run(): Promise<number> {
  exitOnBrokenPipe();
  let ailing: AilingSurroundings | undefined;
  const instructed = new Promise<AilingSurroundings>((resolve) => {
    process.on("message", (instruction: Instruction) => {
      if (ailing === undefined) {
        ailing = new AilingSurroundings(instruction, report);
        resolve(ailing);
      } else ailing.obey(instruction);
      report({ type: "in-force", revision: instruction.revision });
    });
  });
  const { stdout, stderr, env } = process;
  const program = createProgram("devnet", { stdout, stderr, env });
  registerNodeCommand(program, {
    surroundings: async ({ genesis }) => (await instructed).surroundings(genesis),
    onStarted: (validator) => {
      ailing?.started(validator);
      reportEvidence(validator);
    },
  });
  return await runProgram(program, ["node", ...process.argv.slice(2)]);
}

function reportEvidence({ api }: RunningValidator): void {
  let left = MAX_EVIDENCE_REPORTS;
  api.events().subscribe((occurrence) => {
    if (occurrence.type !== "evidence" || left === 0) return;
    left -= 1;
    const { offender, view, first, second } = occurrence.evidence;
    report({ type: "evidence", offender, view, messages: [bytesOf(first), bytesOf(second)] });
  });
}

function bytesOf(message: Evidence["first"]): string {
  assert(message.type !== "decision", "a decision is nobody's own word");
  return toHex(encode(messageCodec, bareMessage(message)));
}

function report(said: Report): void {
  // That the devnet is gone is told by the end of the channel, which ends this process.
  process.send?.(said, () => {});
}
