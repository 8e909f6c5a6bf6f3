// How a long-running command ends: a first signal asks it to stop, a second one ends the process at once, and whatever
// came first decides the exit code.

import { EXIT_CODES } from "./exit-codes.ts";

export type End = {
  readonly exitCode: number;
  /** What went wrong, if that is why. */
  readonly error?: unknown;
};

export type Ending = {
  /** Resolves once, with the first reason to end. */
  readonly ended: Promise<End>;
  readonly end: (how: End) => void;
  /** Called for a second signal, right before the process exits. */
  readonly onImpatience: (kill: () => void) => void;
};

const SIGNAL_CODES = {
  SIGINT: EXIT_CODES.interrupted,
  SIGTERM: EXIT_CODES.terminated,
  SIGHUP: 129,
} as const;

/** npm and a shell may both pass one ctrl-c on: signals this close together are one. */
const ONE_KEYPRESS_MS = 150;

export function createEnding(): Ending {
  let resolveEnded: (how: End) => void = () => {};
  const ended = new Promise<End>((resolve) => {
    resolveEnded = resolve;
  });
  let kill = () => {};
  let firstSignalMs: number | undefined;
  for (const signal of Object.keys(SIGNAL_CODES) as (keyof typeof SIGNAL_CODES)[]) {
    const exitCode = SIGNAL_CODES[signal];
    process.on(signal, () => {
      const nowMs = performance.now();
      if (firstSignalMs === undefined) {
        firstSignalMs = nowMs;
        resolveEnded({ exitCode });
      } else if (nowMs - firstSignalMs > ONE_KEYPRESS_MS) {
        kill();
        process.exit(exitCode);
      }
    });
  }
  return {
    ended,
    end: resolveEnded,
    onImpatience: (given) => {
      kill = given;
    },
  };
}
