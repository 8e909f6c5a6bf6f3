// What `quorate devnet` does, start to end.

import { resolve } from "node:path";
import { addressOf, formatAddress, toHex } from "../../crypto/index.ts";
import { chainIdOf } from "../../node/chain/index.ts";
import {
  type ActionContext,
  createEnding,
  type Ending,
  EXIT_CODES,
  type Output,
} from "../../node/cli/index.ts";
import { banner } from "./banner.ts";
import { type DirectoryRequest, type OpenDevnet, openDirectory, recipeFor } from "./directory.ts";
import { invocation } from "./invocation.ts";
import { LiveLine } from "./live-line.ts";
import { DEVELOPMENT_BALANCE, quorumOf, type Recipe } from "./plan.ts";
import { requireFreePorts } from "./ports.ts";
import { describeDelay, describeLoss } from "./readiness.ts";
import { Supervisor } from "./supervisor.ts";
import type { Death, ValidatorProcess } from "./validator-process.ts";

const WARNING = "development keys, public to everyone: never for anything of value";

export type DevnetOptions = {
  readonly validators?: number;
  readonly accounts?: number;
  readonly seed?: string;
  readonly leaders?: Recipe["leaders"];
  readonly application?: string;
  readonly dir?: string;
  readonly rpcPort: number;
  readonly p2pPort: number;
  readonly reset?: boolean;
  readonly ephemeral?: boolean;
  readonly duration?: number;
  readonly readyTimeout: number;
};

export async function runDevnet(options: DevnetOptions, context: ActionContext): Promise<number> {
  const ending = createEnding();
  const request = requestFrom(options);
  const recipe = await recipeFor(request);
  await requireFreePorts({ ...request, count: recipe.validators });
  const devnet = await openDirectory(request);
  process.once("exit", devnet.discard);
  const exitCode = await supervise({ devnet, options, context, ending }).catch((error) => {
    // After a failure even an ephemeral directory stays: the message points at the logs in it.
    process.off("exit", devnet.discard);
    throw error;
  });
  const { output } = context;
  if (output.interactive && !request.ephemeral) {
    output.note(`stopped; the same command goes on with the chain in ${devnet.plan.dir}`);
  }
  // After a failure even an ephemeral directory stays: the message points at the logs in it.
  await devnet.discard();
  return exitCode;
}

function requestFrom(options: DevnetOptions): DirectoryRequest {
  const { validators, accounts, seed, leaders, application } = options;
  const recipe: Partial<Recipe> = {
    ...(validators === undefined ? {} : { validators }),
    ...(accounts === undefined ? {} : { accounts }),
    ...(seed === undefined ? {} : { seed }),
    ...(leaders === undefined ? {} : { leaders }),
    ...(application === undefined ? {} : { application: resolve(application) }),
  };
  return {
    dir: options.dir,
    ephemeral: options.ephemeral === true,
    reset: options.reset === true,
    recipe,
    rpcPort: options.rpcPort,
    p2pPort: options.p2pPort,
  };
}

type Run = {
  readonly devnet: OpenDevnet;
  readonly options: DevnetOptions;
  readonly context: ActionContext;
  readonly ending: Ending;
};

async function supervise({ devnet, options, context, ending }: Run): Promise<number> {
  const { output } = context;
  const { plan } = devnet;
  const supervisor = new Supervisor(plan, (validator, death) => {
    line.clear();
    reportDeath(context, validator, death);
  });
  const line = new LiveLine(output, supervisor.validators);
  ending.onImpatience(() => supervisor.kill());
  try {
    introduce(devnet, options, { output, supervisor });
    const readyTimeoutMs = options.readyTimeout * 1_000;
    const first = await Promise.race([supervisor.ready(readyTimeoutMs), ending.ended]);
    if ("exitCode" in first) return first.exitCode;
    if (first.type === "lost") throw describeLoss(plan, first);
    if (first.type === "late") throw await describeDelay(plan, first.waitingFor, readyTimeoutMs);
    announce(plan, first.height, context);
    line.start();
    devnet.tidy().catch((error: unknown) => output.note(`left over: ${String(error)}`));
    const timer = setDuration(options.duration, ending);
    const { exitCode } = await ending.ended;
    clearTimeout(timer);
    line.stop();
    return exitCode;
  } finally {
    line.stop();
    await supervisor.stop();
  }
}

function setDuration(seconds: number | undefined, ending: Ending): NodeJS.Timeout | undefined {
  if (seconds === undefined) return undefined;
  return setTimeout(() => ending.end({ exitCode: EXIT_CODES.done }), seconds * 1_000);
}

function introduce(
  { plan, genesis, isNew }: OpenDevnet,
  options: DevnetOptions,
  { output, supervisor }: { readonly output: Output; readonly supervisor: Supervisor },
): void {
  const chainId = toHex(chainIdOf(genesis));
  const validators = supervisor.validators.map(({ plan: { index, rpcUrl, key, dir }, pid }) => ({
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
  const value = { type: "devnet", chainId, dir: plan.dir, warning: WARNING, validators, accounts };
  output.record(value, () => {
    const content = {
      chainId,
      dir: plan.dir,
      isEphemeral: options.ephemeral === true,
      isNew,
      faults: validators.length - quorumOf(validators.length),
      validators,
      accounts,
      balance: DEVELOPMENT_BALANCE,
    };
    return banner(content, output.paint);
  });
}

/** `ms` counts from the start of this process: what a person waits. */
function announce(plan: OpenDevnet["plan"], height: number, { output, env }: ActionContext): void {
  const ms = Math.round(performance.now());
  output.record({ type: "ready", height, ms }, () => {
    const seconds = (ms / 1_000).toFixed(1);
    const lines = [output.paint.green(`ready at height ${height} after ${seconds} s`)];
    const receiver = plan.accounts[1];
    const [validator] = plan.validators;
    if (receiver !== undefined && validator !== undefined) {
      const rpc = validator.rpcUrl === DEFAULT_RPC ? "" : ` --rpc ${validator.rpcUrl}`;
      const call =
        plan.recipe.application === undefined
          ? `transfer --from dev0 --to ${receiver.name} --amount 25`
          : "call --from dev0 '<what your state machine reads>'";
      lines.push("", `try   ${invocation(env)} tx ${call}${rpc}`);
    }
    lines.push("stop  ctrl-c", "");
    return lines.join("\n");
  });
}

const DEFAULT_RPC = "http://127.0.0.1:4000";

function reportDeath(
  { output, env }: ActionContext,
  validator: ValidatorProcess,
  death: Death,
): void {
  const { exitCode, signal, lastLogLine } = death;
  const { index, dir } = validator.plan;
  const { logFile } = validator;
  const value = { type: "died", index, exitCode, signal, lastLogLine, logFile };
  output.record(value, () => {
    const how = signal === null ? `exit code ${exitCode}` : signal;
    const lines = [output.paint.red(`v${index} died (${how}) and stays dead`)];
    if (lastLogLine !== "") lines.push(`  last words  ${readable(lastLogLine)}`);
    lines.push(`  log         ${logFile}`, `  bring back  ${invocation(env)} node --dir ${dir}`);
    return lines.join("\n");
  });
}

/** A line of the log or of the error output, both JSON, as a sentence. */
function readable(line: string): string {
  try {
    const said = JSON.parse(line) as { readonly [name: string]: unknown };
    const text = said.msg ?? said.message;
    return typeof text === "string" ? text : line;
  } catch {
    return line;
  }
}
