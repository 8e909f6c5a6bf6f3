// How the process ends: a number that scripts can rely on, for every error that carries a `code`.

export const EXIT_CODES = {
  done: 0,
  unexpected: 1,
  usage: 2,
  badConfig: 3,
  portInUse: 4,
  dataDirectory: 5,
  wrongGenesis: 6,
  /** Would sign twice, or the state diverged: do not restart. */
  safetyHalt: 7,
  notReady: 8,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

const BY_ERROR_CODE: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ["USAGE", EXIT_CODES.usage],
  ["BAD_CONFIG", EXIT_CODES.badConfig],
  ["BAD_SCENARIO", EXIT_CODES.badConfig],
  ["GENESIS_UNREADABLE", EXIT_CODES.badConfig],
  ["GENESIS_INVALID", EXIT_CODES.badConfig],
  ["CANNOT_LISTEN", EXIT_CODES.badConfig],
  ["listen", EXIT_CODES.badConfig],
  ["port-in-use", EXIT_CODES.portInUse],
  ["PORT_IN_USE", EXIT_CODES.portInUse],
  ["EADDRINUSE", EXIT_CODES.portInUse],
  ["DIRECTORY_LOCKED", EXIT_CODES.dataDirectory],
  ["LOG_DAMAGED", EXIT_CODES.dataDirectory],
  ["DATABASE_DAMAGED", EXIT_CODES.dataDirectory],
  ["UNKNOWN_FORMAT", EXIT_CODES.dataDirectory],
  ["IO", EXIT_CODES.dataDirectory],
  ["WRONG_CHAIN", EXIT_CODES.wrongGenesis],
  ["WRONG_GENESIS", EXIT_CODES.wrongGenesis],
  ["SAFETY_HALT", EXIT_CODES.safetyHalt],
  ["NOT_READY", EXIT_CODES.notReady],
]);

const MAX_ERRORS_EXAMINED = 32;

/** By the `code` of the error, or of the nearest of its causes that has a known one; else 1. */
export function exitCodeOf(error: unknown): ExitCode {
  const queue: unknown[] = [error];
  for (let examined = 0; examined < MAX_ERRORS_EXAMINED && queue.length > 0; examined++) {
    const current = queue.shift();
    if (!(current instanceof Error)) continue;
    const code = "code" in current ? current.code : undefined;
    const exitCode = typeof code === "string" ? BY_ERROR_CODE.get(code) : undefined;
    if (exitCode !== undefined) return exitCode;
    queue.push(current.cause);
    if (current instanceof AggregateError) queue.push(...current.errors);
  }
  return EXIT_CODES.unexpected;
}
