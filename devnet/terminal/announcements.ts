// What `quorate devnet` says on its way: who runs where, that the chain is ready, who died.

import { addressOf, formatAddress, toHex } from "../../crypto/index.ts";
import { chainIdOf } from "../../node/chain/index.ts";
import type { ActionContext, Output } from "../../node/cli/index.ts";
import { EXIT_CODES, invocation, pathToType } from "../../node/cli/index.ts";
import type { OpenDevnet } from "../directory/index.ts";
import { DEVELOPMENT_BALANCE, quorumOf } from "../directory/index.ts";
import { type Death, haltReason, type LiveDevnet, type LiveValidator } from "../live/index.ts";
import { banner } from "./banner.ts";
import type { Run } from "./part.ts";

const WARNING = "development keys, public to everyone: never for anything of value";
const DEFAULT_RPC = "http://127.0.0.1:4000";

export type Introduction = {
  readonly opened: OpenDevnet;
  readonly devnet: Pick<LiveDevnet, "processes">;
  readonly isEphemeral: boolean;
  /** Of everything that is left to chance. */
  readonly seed: number;
};

export function introduce(
  { opened: { plan, genesis, isNew }, devnet, isEphemeral, seed }: Introduction,
  output: Output,
): void {
  const chainId = toHex(chainIdOf(genesis));
  const validators = devnet.processes.map(({ plan: { index, rpcUrl, key, dir }, pid }) => ({
    index,
    pid,
    rpc: rpcUrl,
    publicKey: toHex(key.publicKey),
    dir,
  }));
  const accounts = plan.accounts.map(({ name, publicKey, secretKey }) => ({
    name,
    address: formatAddress(addressOf(publicKey)),
    secretKey: toHex(secretKey),
    balance: DEVELOPMENT_BALANCE.toString(),
  }));
  const head = { type: "devnet", chainId, dir: plan.dir, seed, warning: WARNING };
  output.record({ ...head, validators, accounts }, () => {
    const content = {
      chainId,
      dir: plan.dir,
      isEphemeral,
      isNew,
      faults: validators.length - quorumOf(validators.length),
      validators,
      accounts,
      balance: DEVELOPMENT_BALANCE,
    };
    return banner(content, output.paint);
  });
}

export type Announcement = {
  readonly plan: OpenDevnet["plan"];
  readonly height: number;
  readonly seed: number;
  /** A scenario needs nobody to try anything. */
  readonly isPlay: boolean;
};

/** `ms` counts from the start of this process: what a person waits. */
export function announce(
  { plan, height, seed, isPlay }: Announcement,
  { output, env }: ActionContext,
): void {
  const ms = Math.round(performance.now());
  output.record({ type: "ready", height, ms }, () => {
    const seconds = (ms / 1_000).toFixed(1);
    const lines = [output.paint.green(`ready at height ${height} after ${seconds} s`)];
    if (isPlay) return lines.join("\n");
    const receiver = plan.accounts[1];
    const [validator] = plan.validators;
    if (receiver !== undefined && validator !== undefined) {
      const rpc = validator.rpcUrl === DEFAULT_RPC ? "" : ` --rpc ${validator.rpcUrl}`;
      const call =
        plan.recipe.application === undefined
          ? `transfer --from dev0 --to ${receiver.name} --amount 25`
          : "call --from dev0 '<what your state machine reads>'";
      lines.push("", `try    ${invocation(env)} tx ${call}${rpc}`);
    }
    const last = plan.validators.length - 1;
    const where = directoryOption(plan.dir);
    lines.push(`break  ${invocation(env)} fault lie ${last} equivocate${where}`);
    lines.push(`seed   ${seed}, of the faults`, "stop   ctrl-c", "");
    return lines.join("\n");
  });
}

/** For a command that is typed where this one was. */
export function directoryOption(dir: string): string {
  const name = pathToType(dir);
  return name === ".devnet" ? "" : ` --dir ${name}`;
}

export type DeathReport = {
  readonly validator: Pick<LiveValidator, "plan" | "logFile">;
  readonly death: Death;
  /** The devnet takes commands, and so can bring it back itself. */
  readonly isControlled: boolean;
  /** Somebody sound, to compare a validator with that halted. */
  readonly other: Pick<LiveValidator, "plan"> | undefined;
};

export function reportDeath(run: Pick<Run, "context" | "opened">, report: DeathReport): void {
  const { output } = run.context;
  const { exitCode, signal, lastLogLine } = report.death;
  const { plan, logFile } = report.validator;
  const { index } = plan;
  const halt = haltOf(report);
  const value = { type: "died", index, exitCode, signal, lastLogLine, logFile };
  output.record({ ...value, ...(halt !== undefined && { halt }) }, () => {
    const how = signal === null ? `exit code ${exitCode}` : signal;
    const [head, ...lines] =
      halt === undefined ? deathLines(run, report) : haltLines(run, report, halt);
    return [output.paint.red(`v${index} ${head} (${how}) and stays dead`), ...lines].join("\n");
  });
}

/** Why it halted for safety's sake, if it did. */
export function haltOf({ validator, death }: Pick<DeathReport, "validator" | "death">) {
  if (death.exitCode !== EXIT_CODES.safetyHalt) return undefined;
  return haltReason(validator.plan.dir) ?? readable(death.lastLogLine);
}

function deathLines(
  { context: { env }, opened }: Pick<Run, "context" | "opened">,
  { validator, death: { lastLogLine }, isControlled }: DeathReport,
): readonly string[] {
  const { index, dir } = validator.plan;
  const remedy = isControlled
    ? `fault restart ${index}${directoryOption(opened.plan.dir)}`
    : `node --dir ${dir}`;
  return [
    "died",
    ...(lastLogLine === "" ? [] : [`  last words  ${readable(lastLogLine)}`]),
    `  log         ${validator.logFile}`,
    `  bring back  ${invocation(env)} ${remedy}`,
  ];
}

/** Whoever halted found a contradiction: to start it again mends nothing. */
function haltLines(
  { context: { env }, opened }: Pick<Run, "context" | "opened">,
  { validator, isControlled, other }: DeathReport,
  halt: string,
): readonly string[] {
  const lines = [
    "halted for safety's sake",
    `  why         ${halt}`,
    `  log         ${validator.logFile}`,
  ];
  if (other === undefined) return lines;
  const [mine, its] = [validator, other].map(({ plan }) => pathToType(plan.dir));
  lines.push(`  compare     ${invocation(env)} diagnose ${mine} ${its}`);
  const { index } = other.plan;
  const kill = `fault kill ${index}${directoryOption(opened.plan.dir)}`;
  const how = isControlled ? `: ${invocation(env)} ${kill}` : "";
  return [...lines, `              while v${index} is down, too${how}`];
}

/** A line of the log or of the error output, both JSON, as a sentence. */
export function readable(line: string): string {
  try {
    const said = JSON.parse(line) as { readonly [name: string]: unknown };
    const text = said.msg ?? said.message;
    return typeof text === "string" ? text : line;
  } catch {
    return line;
  }
}
