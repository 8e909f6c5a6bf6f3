// A seed for whoever gave none. It is printed, so that the run can be repeated.

/** Changes with every start; small enough to type. */
export function drawnSeed(): number {
  return Date.now() % 1_000_000_000;
}
