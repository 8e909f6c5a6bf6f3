// `npm run fuzz`: coverage-guided fuzzing of every decoder, without anything native. The product's modules are
// instrumented while they are loaded, so whatever imports them is imported after the hook is in place.

import { register } from "node:module";
import { parseArgs } from "node:util";
import type { TimedReport } from "./campaign.ts";
import type { Failure } from "./fuzzer.ts";
import type { Instrumented } from "./instrumentation.ts";

const HELP = `Usage: npm run fuzz -- [options]

Feeds every decoder inputs that reach new code, and has an oracle judge each one.

  --seconds N   for all targets together (default 60)
  --inputs N    for each target, instead of a time: the same run everywhere
  --seed S      decides every input (default: the day, or QUORATE_SEED)
  --only NAME   one target; an unknown name lists them
  --input HEX   judges this one input of --only NAME, and says what became of it
  --json        one object for each target, and a summary as the last line
  --help        this text

Example: npm run fuzz -- --seconds 120 --seed 7 --only message

Exit code: 0 without failures, 1 with failures, 2 if the options make no sense.
`;

const FLAGS = {
  seconds: { type: "string", default: "60" },
  inputs: { type: "string" },
  seed: { type: "string" },
  only: { type: "string" },
  input: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function readFlags() {
  try {
    return parseArgs({ options: FLAGS }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\nTry --help.\n`);
  process.exit(2);
}

function numberOf(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) refuse(`--${name} ${text} is no number from 0 on`);
  return value;
}

const MS_PER_DAY = 86_400_000;

const flags = readFlags();
if (flags.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const seconds = numberOf(flags.seconds, "seconds");
const inputs = flags.inputs === undefined ? undefined : numberOf(flags.inputs, "inputs");
const seedOfTheDay = process.env.QUORATE_SEED ?? `${Math.floor(Date.now() / MS_PER_DAY)}`;
const seed = numberOf(flags.seed ?? seedOfTheDay, "seed");

const folders = ["crypto/", "consensus/", "mempool/", "node/"].map(
  (folder) => new URL(`../../${folder}`, import.meta.url).href,
);
const hook = new URL("instrumentation.js", import.meta.url);
register<Instrumented>(hook, { data: { folders } });

const { campaign, replay, targetsNamed } = await import("./campaign.ts");
const targets = targetsNamed(flags.only);
if (targets.length === 0) {
  const names = targetsNamed(undefined).map(({ name }) => name);
  refuse(`--only ${flags.only} is none of ${names.join(", ")}`);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** A shell line that judges the failing input again. */
function replayLine({ target, input }: Failure): string {
  return `npm run fuzz -- --only ${target} --input "${hexOf(input)}"`;
}

function describe({ target, covered, failure, ...report }: TimedReport): void {
  const perSecond = Math.round(report.inputs / Math.max(report.seconds, 0.001));
  if (flags.json) {
    const { inputs, corpus, accepted } = report;
    const failed = failure !== undefined;
    const line = {
      type: "fuzz-target",
      target,
      inputs,
      perSecond,
      covered,
      corpus,
      accepted,
      failed,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  const columns = [
    target.padEnd(22),
    `${report.inputs}`.padStart(9),
    `${perSecond}/s`.padStart(11),
    `${covered}`.padStart(7),
    `${report.corpus}`.padStart(7),
    `${Math.round((100 * report.accepted) / report.inputs)} %`.padStart(9),
    failure === undefined ? "" : "  FAILED",
  ];
  process.stdout.write(`${columns.join(" ")}\n`);
}

function complain(failure: Failure): void {
  const { target, sentence, input, inputs } = failure;
  process.stderr.write(
    `\n${target}: ${sentence}\n` +
      `  seed ${seed}, input number ${inputs}, ${input.length} bytes: ${hexOf(input)}\n` +
      `  ${replayLine(failure)}\n` +
      `  or: npm run fuzz -- --only ${target} --seed ${seed} --inputs ${inputs}\n`,
  );
}

function progress(text: string): void {
  if (process.stderr.isTTY === true && !flags.json) process.stderr.write(`\r\u001b[K${text}`);
}

const [only] = targets;
if (flags.input !== undefined && flags.only !== undefined && only !== undefined) {
  if (!/^(?:[0-9a-f]{2})*$/i.test(flags.input)) refuse("--input is an even number of hex digits");
  const { ok, said } = await replay(only, Uint8Array.from(Buffer.from(flags.input, "hex")));
  process.stdout.write(`${said}\n`);
  process.exit(ok ? 0 : 1);
}
if (flags.input !== undefined) refuse("--input needs --only NAME");

if (!flags.json) {
  const head = ["target".padEnd(22), "inputs".padStart(9), "speed".padStart(11)];
  const rest = ["covered".padStart(7), "corpus".padStart(7), "accepted".padStart(9)];
  process.stdout.write(`seed ${seed}\n${[...head, ...rest].join(" ")}\n`);
}
const summary = await campaign({
  seed,
  seconds,
  inputs,
  targets,
  onBegin: ({ name }, position) => progress(`${position + 1}/${targets.length} ${name}`),
  onEnd: (report) => {
    progress("");
    describe(report);
  },
});
for (const failure of summary.failures) complain(failure);
const failures = summary.failures.map((failure) => ({
  ...failure,
  input: hexOf(failure.input),
  replay: replayLine(failure),
}));
if (flags.json) {
  process.stdout.write(`${JSON.stringify({ type: "fuzz", seed, ...summary, failures })}\n`);
} else {
  const perSecond = Math.round(summary.inputs / Math.max(summary.seconds, 0.001));
  process.stdout.write(
    `${summary.inputs} inputs to ${summary.targets} targets in ${summary.seconds.toFixed(1)} s ` +
      `(${perSecond}/s on one core), ${summary.modules} modules with ${summary.counters} counters, ` +
      `${failures.length} failures\n`,
  );
}
process.exitCode = failures.length === 0 ? 0 : 1;
