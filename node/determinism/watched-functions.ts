// What a state machine must not ask: clocks, chance, the place it runs at, the outside. Each of these functions is stood in
// for while a machine is under watch; a call of one is noted with the line that made it, and answered as another machine
// might answer it.

import nodeCrypto from "node:crypto";
import fs from "node:fs";

export type WatchedCause = "clock" | "randomness" | "surroundings" | "floating-point";

export type WatchedFunction = {
  readonly owner: object;
  readonly name: string;
  /** As a person writes the call. */
  readonly label: string;
  readonly cause: WatchedCause;
  /** What it would answer elsewhere; the same as here unless told otherwise. */
  readonly elsewhere?: Elsewhere;
  /** Answers nothing and does nothing: what it starts would outlive the call. */
  readonly isMute?: boolean;
};

export type Elsewhere = (
  original: AnyFunction,
  self: unknown,
  given: readonly unknown[],
) => unknown;

export type AnyFunction = (this: unknown, ...given: never[]) => unknown;

/** Half a year, and odd in every unit of time. */
export const ELSEWHERE_MS = 15_724_861_739;
const ELSEWHERE_LOCALE = "de-DE";
const ELSEWHERE_ZONE_MS = 20_700_000;

const shifted: Elsewhere = (original, self, given) => {
  const value = Reflect.apply(original, self, given);
  if (typeof value === "number") return value + ELSEWHERE_MS;
  return typeof value === "bigint" ? value + BigInt(ELSEWHERE_MS) : value;
};

const inOtherLocale: Elsewhere = (original, self, given) => {
  const [locale = ELSEWHERE_LOCALE, ...rest] = given;
  return Reflect.apply(original, self, [locale, ...rest]);
};

const inOtherZone: Elsewhere = (original, self, given) => {
  const moved = self instanceof Date ? new Date(self.getTime() + ELSEWHERE_ZONE_MS) : self;
  return Reflect.apply(original, moved, given);
};

function functions(
  owner: object,
  prefix: string,
  names: readonly string[],
  kind: Pick<WatchedFunction, "cause" | "elsewhere" | "isMute">,
): readonly WatchedFunction[] {
  return names
    .filter((name) => typeof Reflect.get(owner, name) === "function")
    .map((name) => ({ owner, name, label: `${prefix}${name}()`, ...kind }));
}

const RANDOM_FUNCTIONS = [
  "randomBytes",
  "randomFill",
  "randomFillSync",
  "randomInt",
  "randomUUID",
  "getRandomValues",
];
/** Their last digits are the engine's own choice; `**` is one of them, and cannot be watched. */
const IMPRECISE_FUNCTIONS = [
  ..."sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh".split(" "),
  ..."exp expm1 log log1p log2 log10 pow cbrt hypot".split(" "),
];
const FILE_FUNCTIONS = [
  ..."readFileSync writeFileSync appendFileSync existsSync statSync readdirSync".split(" "),
];
const OUTSIDE_FUNCTIONS = "setTimeout setInterval setImmediate queueMicrotask fetch".split(" ");
const LOCAL_TIME =
  /^(get|set)(Date|Day|FullYear|Hours|Milliseconds|Minutes|Month|Seconds|TimezoneOffset|Year)$|^to(Date|Time)?String$/;
const LOCAL_WORDING = /^toLocale/;

/** All but `Date` and the constructors of `Intl`, which need more than a function in their place. */
export function watchedFunctions(): readonly WatchedFunction[] {
  const clock = { cause: "clock", elsewhere: shifted } as const;
  const chance = { cause: "randomness" } as const;
  const place = { cause: "surroundings" } as const;
  const wording = { ...place, elsewhere: inOtherLocale };
  const dateMethods = Object.getOwnPropertyNames(Date.prototype);
  return [
    ...functions(Date, "Date.", ["now"], clock),
    ...functions(performance, "performance.", ["now"], clock),
    // Before the function that it hangs on: what stands in for that one takes it along.
    ...functions(process.hrtime, "process.hrtime.", ["bigint"], clock),
    ...functions(process, "process.", ["hrtime", "uptime"], clock),
    ...functions(Math, "Math.", ["random"], { ...chance, elsewhere: () => 0.000_123 }),
    ...functions(crypto, "crypto.", RANDOM_FUNCTIONS, chance),
    ...functions(nodeCrypto, "crypto.", RANDOM_FUNCTIONS, chance),
    ...functions(Math, "Math.", IMPRECISE_FUNCTIONS, { cause: "floating-point" }),
    ...functions(fs, "fs.", FILE_FUNCTIONS, place),
    ...functions(globalThis, "", OUTSIDE_FUNCTIONS, { ...place, isMute: true }),
    ...functions(
      Date.prototype,
      "Date.prototype.",
      dateMethods.filter((name) => LOCAL_TIME.test(name)),
      { ...place, elsewhere: inOtherZone },
    ),
    ...functions(
      Date.prototype,
      "Date.prototype.",
      dateMethods.filter((name) => LOCAL_WORDING.test(name)),
      wording,
    ),
    ...functions(Number.prototype, "Number.prototype.", ["toLocaleString"], wording),
    ...functions(BigInt.prototype, "BigInt.prototype.", ["toLocaleString"], wording),
    ...functions(Array.prototype, "Array.prototype.", ["toLocaleString"], wording),
    ...functions(
      String.prototype,
      "String.prototype.",
      ["localeCompare", "toLocaleLowerCase", "toLocaleUpperCase"],
      place,
    ),
  ];
}
