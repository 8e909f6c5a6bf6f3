// Virtual devnets for tests, commanded in the words of the command line.

import { BEHAVIOURS, WAYS } from "../../../devnet/behaviours/index.ts";
import { parseCommand } from "../../../devnet/faults/index.ts";
import type { Expectations } from "../../../devnet/scenario/index.ts";
import type { Verdict } from "../../../devnet/verdict/index.ts";
import { VirtualDevnet, type VirtualDevnetOptions } from "../../../devnet/virtual/index.ts";

export const NOTHING_SPECIAL: Expectations = {
  safety: "holds",
  progress: "always",
  culprits: [],
  noOtherCulprits: true,
  halted: [],
};

/** Runs for a second, so that there is something to hurt. */
export function runningDevnet(options: Partial<VirtualDevnetOptions> = {}): VirtualDevnet {
  const devnet = new VirtualDevnet({ validators: 4, seed: 1, load: { perSecond: 20 }, ...options });
  devnet.run(1_000);
  return devnet;
}

export function command(devnet: VirtualDevnet, text: string): void {
  const ways = [...WAYS.keys(), ...BEHAVIOURS.keys()];
  const parsed = parseCommand(text, { validators: devnet.validators, ways });
  if (!parsed.ok) throw new Error(`${text}: ${parsed.what}`);
  devnet.afflict(parsed.command);
}

export function verdictOf(devnet: VirtualDevnet, expect: Partial<Expectations> = {}): Verdict {
  const title = { scenario: "a test", replay: "the same again" };
  return devnet.verdict({ ...NOTHING_SPECIAL, ...expect }, title);
}

/** Names of the checks that failed. */
export function failedChecks({ safety, liveness, expectations }: Verdict): readonly string[] {
  const all = [...safety, ...liveness, ...expectations];
  return all.filter(({ ok }) => !ok).map(({ name }) => name);
}

export function whatFailed({ safety, liveness, expectations }: Verdict): readonly string[] {
  const all = [...safety, ...liveness, ...expectations];
  return all.filter(({ ok }) => !ok).map(({ name, what }) => `${name}: ${what}`);
}

export function stateOf(devnet: VirtualDevnet, validator: number) {
  const node = devnet.simulation.validators[validator];
  if (node === undefined) throw new Error(`no validator ${validator}`);
  return node;
}
