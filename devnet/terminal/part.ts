// What one run of a devnet is about: what was asked for, the scenario it plays, and what all of its parts share.

import type { ActionContext, Ending } from "../../node/cli/index.ts";
import type { OpenDevnet, Recipe } from "../directory/index.ts";
import type { Scenario } from "../scenario/index.ts";

export type DevnetOptions = {
  readonly validators?: number;
  readonly accounts?: number;
  readonly seed?: string;
  readonly leaders?: Recipe["leaders"];
  readonly application?: string;
  readonly dir?: string;
  readonly rpcPort: number;
  readonly p2pPort: number;
  readonly controlPort?: number;
  readonly reset?: boolean;
  readonly ephemeral?: boolean;
  readonly duration?: number;
  readonly readyTimeout: number;
  /** Where a recording goes, whatever the verdict. */
  readonly record?: string;
};

/** A scenario to play, and what the command line called it. */
export type Part = { readonly scenario: Scenario; readonly name: string };

export type Run = {
  readonly opened: OpenDevnet;
  readonly options: DevnetOptions;
  readonly context: ActionContext;
  readonly ending: Ending;
  readonly part: Part | undefined;
  readonly seed: number;
  readonly isEphemeral: boolean;
};
