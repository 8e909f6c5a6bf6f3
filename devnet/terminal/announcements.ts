// What `quorate devnet` says on its way: who runs where, that the chain is ready, who died.

import { addressOf, formatAddress, toHex } from "../../crypto/index.ts";
import { chainIdOf } from "../../node/chain/index.ts";
import type { ActionContext, Output } from "../../node/cli/index.ts";
import { invocation, pathToType } from "../../node/cli/index.ts";
import type { OpenDevnet } from "../directory/index.ts";
import { DEVELOPMENT_BALANCE, quorumOf } from "../directory/index.ts";
import type { Death, LiveDevnet, LiveValidator } from "../live/index.ts";
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

/** `isControlled`: the devnet takes commands, and so can bring it back itself. */
export function reportDeath(
  { context: { output, env }, opened }: Pick<Run, "context" | "opened">,
  validator: LiveValidator,
  death: Death,
  isControlled: boolean,
): void {
  const { exitCode, signal, lastLogLine } = death;
  const { index, dir } = validator.plan;
  const { logFile } = validator;
  const value = { type: "died", index, exitCode, signal, lastLogLine, logFile };
  output.record(value, () => {
    const how = signal === null ? `exit code ${exitCode}` : signal;
    const lines = [output.paint.red(`v${index} died (${how}) and stays dead`)];
    if (lastLogLine !== "") lines.push(`  last words  ${readable(lastLogLine)}`);
    const remedy = isControlled
      ? `fault restart ${index}${directoryOption(opened.plan.dir)}`
      : `node --dir ${dir}`;
    lines.push(`  log         ${logFile}`, `  bring back  ${invocation(env)} ${remedy}`);
    return lines.join("\n");
  });
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
