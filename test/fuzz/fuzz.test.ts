import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { randomStream } from "../../devnet/random/index.ts";
import { type Coverage, coverageOf, layOut, NO_COVERAGE } from "./coverage.ts";
import { type FuzzOptions, fuzz } from "./fuzzer.ts";
import { COVERAGE_VARIABLE, instrumented } from "./instrumentation.ts";
import { mutate } from "./mutation.ts";
import { must, type Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

/** CI varies the seed with the day; a failing run names it and is replayed by setting it. */
const seed = Number(process.env.QUORATE_SEED ?? Math.floor(Date.now() / 86_400_000));
const INPUTS = 1_000;
/** Five times what it takes on average. */
const MAZE_INPUTS = 1_000_000;

function run(target: Target, inputs: number, options: Partial<FuzzOptions> = {}) {
  return fuzz(target, { seed, coverage: NO_COVERAGE, goOn: (done) => done < inputs, ...options });
}

/** A decoder with a bug five right bytes deep; each of them is a branch of its own. */
const MAZE = `
  (input) => {
    if (input[0] !== 0x71) return "refused";
    if (input[1] !== 0x75) return "accepted";
    if (input[2] !== 0x6f) return "accepted";
    if (input[3] !== 0x72) return "accepted";
    if (input[4] === 0x75) throw new RangeError("lost in the maze");
    return "accepted";
  }
`;

function maze(): Target {
  const check = new Function(`return (${MAZE})`)() as Target["check"];
  return { name: "maze", seeds: () => [Uint8Array.of(0x71, 0, 0, 0, 0)], check };
}

/** The same maze, counting. */
function countingMaze(): { readonly target: Target; readonly coverage: Coverage } {
  const code = instrumented(`globalThis.fuzzedMaze = ${MAZE}`, "/maze.js");
  new Function(code)();
  const { fuzzedMaze } = globalThis as unknown as { readonly fuzzedMaze: Target["check"] };
  return { target: { ...maze(), check: fuzzedMaze }, coverage: coverageOf(layOut()) };
}

afterEach(() => {
  for (const name of [COVERAGE_VARIABLE, "fuzzedMaze"]) Reflect.deleteProperty(globalThis, name);
});

describe("the fuzzer", () => {
  test(`finds a bug behind five right bytes because it sees each branch (seed ${seed})`, async () => {
    const { target, coverage } = countingMaze();
    const { failure } = await run(target, MAZE_INPUTS, { coverage });
    expect(failure?.sentence).toBe("threw RangeError: lost in the maze");
    expect(Buffer.from(failure?.input ?? []).toString()).toBe("quoru");
  });

  test(`does not find it blind in as many inputs (seed ${seed})`, async () => {
    expect((await run(maze(), MAZE_INPUTS)).failure).toBeUndefined();
  });

  test("does the same for the same seed, and something else for another", async () => {
    const tried = async (seed: number) => {
      const inputs: string[] = [];
      const check = (input: Uint8Array) => {
        inputs.push(Buffer.from(input).toString("hex"));
        return `accepted ${input.length % 7}`;
      };
      await run({ ...maze(), check }, 300, { seed });
      return inputs.join(" ");
    };
    expect(await tried(7)).toBe(await tried(7));
    expect(await tried(7)).not.toBe(await tried(8));
  });

  test(`makes what fails small (seed ${seed})`, async () => {
    const check = (input: Uint8Array) => {
      must(!(input.includes(7) && input.includes(9)), "seven and nine do not go together");
      return "accepted";
    };
    const seeds = () => [Uint8Array.from({ length: 200 }, (_, at) => (at === 50 ? 7 : 1))];
    const { failure } = await run({ name: "pair", seeds, check }, 50_000);
    expect(failure?.sentence).toBe("seven and nine do not go together");
    expect([...(failure?.input ?? [])].sort()).toEqual([7, 9]);
  });

  test(`notices a decoder that believes a length before it looks (seed ${seed})`, async () => {
    const check = (input: Uint8Array) => {
      const claimed = (input[0] ?? 0) * 2 ** 13;
      return new Uint8Array(claimed).length > input.length ? "refused" : "accepted";
    };
    const { failure } = await run({ name: "bomb", seeds: () => [Uint8Array.of(0)], check }, 10_000);
    expect(failure?.sentence).toBe("judging the input takes memory far beyond its length");
  });

  test("notices an oracle whose own seeds are refused", async () => {
    const { failure } = await run({ ...maze(), check: () => "refused" }, 10);
    expect(failure?.sentence).toBe("a seed is not accepted: refused");
  });

  test("keeps mutants within their bound, and their originals as they were", () => {
    const random = randomStream(seed, "mutants");
    const corpus = [new Uint8Array(90).fill(1), new Uint8Array(3), new Uint8Array(0)];
    const words = [new Uint8Array(20).fill(5)];
    for (let times = 0; times < 20_000; times++) {
      const base = random.pick(corpus);
      const before = [...base];
      expect(mutate(base, random, { corpus, words, maxBytes: 100 }).length).toBeLessThanOrEqual(
        100,
      );
      expect([...base]).toEqual(before);
    }
  });
});

describe("hits of one counter", () => {
  test("are news when they fill a bucket for the first time", () => {
    const hits = new Uint8ClampedArray(4);
    const coverage = coverageOf({ hits, modules: 1 });
    const isNews = (count: number) => {
      coverage.clear();
      for (let times = 0; times < count; times++) hits[2] = (hits[2] as number) + 1;
      return coverage.isNew();
    };
    expect([0, 1, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 127, 128, 300].map(isNews)).toEqual([
      ...[false, true, false, true, true, true, false, true, false, true, false, true, false],
      ...[true, false],
    ]);
    expect(coverage.covered()).toBe(1);
  });
});

describe("a decoder stands", () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))(
    `mutants of valid inputs: %s (seed ${seed})`,
    async (_, target) => {
      const { failure, accepted } = await run(target, INPUTS);
      const hex = Buffer.from(failure?.input ?? []).toString("hex");
      expect(failure?.sentence, `input ${hex}`).toBeUndefined();
      expect(accepted).toBeGreaterThan(target.seeds().length);
    },
  );
});

test("the command reaches code in the built modules, and says how much", async () => {
  const command = join(import.meta.dirname, "..", "..", "dist", "test", "fuzz", "main.js");
  const flags = ["--inputs", "500", "--seed", `${seed}`, "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, [command, ...flags]);
  const lines = stdout.trim().split("\n");
  const targets = lines.slice(0, -1).map((line) => JSON.parse(line));
  expect(targets.map(({ target }) => target)).toEqual(TARGETS.map(({ name }) => name));
  for (const { covered } of targets) expect(covered).toBeGreaterThan(10);
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ type: "fuzz", seed, failures: [] });
});
