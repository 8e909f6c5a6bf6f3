// Waiting for what must come: a probe asked again and again, a deadline that fails and says what was missing.

export type Awaited<T> = {
  /** What is waited for, for the message. */
  readonly what: string;
  /** Undefined: not yet. What it throws counts as not yet and is told at the end. */
  readonly probe: () => Promise<T | undefined>;
  readonly deadlineMs?: number;
};

const DEFAULT_DEADLINE_MS = 60_000;
const INTERVAL_MS = 50;

export async function eventually<T>({ what, probe, deadlineMs }: Awaited<T>): Promise<T> {
  const limitMs = deadlineMs ?? DEFAULT_DEADLINE_MS;
  const start = performance.now();
  let last: unknown = "not yet";
  for (let asked = 1; ; asked++) {
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() - start > limitMs) {
      throw new Error(`waited ${limitMs} ms for ${what}, asked ${asked} times: ${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
