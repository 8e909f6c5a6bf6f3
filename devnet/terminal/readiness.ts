// Why a devnet did not come up, as the failure of its command: who is missing, what the living say is missing, and
// where the logs are.

import { join } from "node:path";
import { CommandFailure, EXIT_CODES } from "../../node/cli/index.ts";
import { Client } from "../../node/client/index.ts";
import type { DevnetPlan, ValidatorPlan } from "../directory/index.ts";
import type { Death } from "../live/index.ts";

const STATUS_LIMIT_MS = 1_000;

export function describeLoss(
  plan: DevnetPlan,
  { index, death }: { readonly index: number; readonly death: Death },
): CommandFailure {
  const { exitCode, signal, lastLogLine } = death;
  const how = signal === null ? `with exit code ${exitCode}` : `of ${signal}`;
  const [first] = plan.validators.filter((validator) => validator.index === index);
  return new CommandFailure({
    message: `too few validators are left for a chain: v${index} ended ${how}`,
    exitCode: exitCode === null || exitCode === 0 ? EXIT_CODES.unexpected : exitCode,
    code: "VALIDATORS_LOST",
    remedy: [lastLogLine, `its log: ${logOf(first)}`].filter((part) => part !== "").join("\n"),
  });
}

export async function describeDelay(
  plan: DevnetPlan,
  waitingFor: readonly number[],
  timeoutMs: number,
): Promise<CommandFailure> {
  const late = plan.validators.filter(({ index }) => waitingFor.includes(index));
  const lines = await Promise.all(
    late.map(async (validator) => `v${validator.index}: ${await wordOf(validator)}`),
  );
  return new CommandFailure({
    message: `not ready after ${timeoutMs / 1_000} s; no final block yet at ${names(waitingFor)}`,
    exitCode: EXIT_CODES.notReady,
    code: "NOT_READY",
    remedy: [
      ...lines,
      `logs: ${late.map(logOf).join(" ")}`,
      "a busy machine may only need --ready-timeout SECONDS",
    ].join("\n"),
  });
}

function names(indices: readonly number[]): string {
  return indices.map((index) => `v${index}`).join(", ");
}

async function wordOf({ rpcUrl }: ValidatorPlan): Promise<string> {
  try {
    const client = new Client({ url: rpcUrl, callTimeoutMs: STATUS_LIMIT_MS });
    const status = await client.status();
    if (!status.ok) return status.problem.message;
    return status.value.missing ?? `at height ${status.value.height}, nothing reported missing`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function logOf(validator: ValidatorPlan | undefined): string {
  return validator === undefined ? "none" : join(validator.dir, "node.log");
}
