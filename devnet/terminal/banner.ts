// What a person sees of a devnet: what runs where, with whose money, and what to try.

import type { Paint } from "../../node/cli/index.ts";
import { table } from "../../node/cli/index.ts";

export type BannerContent = {
  readonly chainId: string;
  readonly dir: string;
  readonly isEphemeral: boolean;
  readonly isNew: boolean;
  /** The most that may fail while the chain goes on. */
  readonly faults: number;
  readonly validators: readonly {
    readonly index: number;
    readonly rpc: string;
    readonly pid: number | undefined;
    readonly publicKey: string;
  }[];
  readonly accounts: readonly { readonly name: string; readonly address: string }[];
  readonly balance: bigint;
};

const MAX_SHOWN = 10;
const SHORT_KEY_CHARACTERS = 18;

export function banner(content: BannerContent, paint: Paint): string {
  const { validators, accounts } = content;
  const kept = content.isEphemeral ? "nothing is kept" : `kept in ${content.dir}`;
  const head = [
    `${paint.bold("Quorate devnet")}  ${validators.length} validators, ${mayFail(content.faults)}`,
    `chain ${content.chainId}`,
    content.isNew ? `a new chain, ${kept}` : `the chain of ${content.dir} goes on`,
  ];
  const validatorRows = validators
    .slice(0, MAX_SHOWN)
    .map((validator) => [
      `v${validator.index}`,
      validator.rpc,
      String(validator.pid ?? "-"),
      `${validator.publicKey.slice(0, SHORT_KEY_CHARACTERS)}…`,
    ]);
  const accountRows = accounts.slice(0, MAX_SHOWN).map(({ name, address }) => [name, address]);
  return [
    ...head,
    "",
    table([["", "RPC", "pid", "public key"].map(paint.dim), ...validatorRows]),
    ...more(validators.length),
    "",
    table([["", `account, ${content.balance} at the start`].map(paint.dim), ...accountRows]),
    ...more(accounts.length),
    "",
    paint.yellow("The keys are made from a public seed: anyone can use them. Play money only."),
    "",
  ].join("\n");
}

function mayFail(faults: number): string {
  if (faults === 0) return "none may fail";
  return faults === 1 ? "any one may fail" : `any ${faults} may fail`;
}

function more(count: number): string[] {
  return count > MAX_SHOWN ? [`... and ${count - MAX_SHOWN} more: --json shows all`] : [];
}
