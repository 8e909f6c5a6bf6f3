// A devnet of real processes inside a test, by the same interface as one on virtual time.

import { relative, resolve } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { keyOf, readTask } from "../../devnet/examples/task-board.ts";
import { createDevnet, type Devnet } from "../../devnet/testing/index.ts";
import { eventually } from "./eventually.ts";

/** From the working directory, as a test would name it; the validators run elsewhere. */
const BOARD = relative(
  process.cwd(),
  resolve(import.meta.dirname, "../../dist/devnet/examples/task-board.js"),
);

let net: Devnet | undefined;

afterEach(async () => {
  await net?.stop();
  net = undefined;
});

describe("a devnet of processes", () => {
  test("runs an application of one's own under a liar, and proves it (seed 7)", async () => {
    net = await createDevnet({
      ...{ processes: true, application: BOARD },
      ...{ validators: 4, seed: 7, baseTimeoutMs: 500 },
    });
    const accused: number[] = [];
    const heights: number[] = [];
    net.on("evidence", ({ validator }) => accused.push(validator));
    net.on("block", ({ height }) => heights.push(height));
    await net.lie(3, "equivocate");
    await net.append({ do: "open", task: "build", title: "Build it" });
    const claims = [0, 1].map((from) => net?.call({ do: "claim", task: "build" }, { from }));
    const results = (await Promise.all(claims)).map((receipt) => receipt?.result);
    expect(results.sort()).toEqual(["failed", "ok"]);
    expect(readTask(await net.read(keyOf("build")))?.state).toBe("claimed");
    await expect(net.call("junk")).rejects.toMatchObject({ code: "REFUSED", reason: "not-json" });
    await expect(net.lie(3, "equivocat")).rejects.toMatchObject({ code: "BAD_FAULT" });
    const misspelt: object = { culprit: [3] };
    await expect(net.mustHold(misspelt)).rejects.toThrow(/do you mean "culprits"\?$/);
    await expect(net.run(Number.NaN)).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    await expect(net.rewindDisk(1)).rejects.toMatchObject({ code: "BAD_FAULT", reason: "NO_COPY" });
    await net.until(() => accused.length > 0);
    const verdict = await net.verdict({ culprits: [3] });
    expect(verdict).toMatchObject({ ok: true, backend: "live", culprits: [{ validator: 3 }] });
    expect(accused).toEqual([3]);
    expect(heights).toEqual(heights.map((_, at) => (heights[0] ?? 0) + at));
  });

  test("says who is missing when a call is not final in time", async () => {
    net = await createDevnet({ processes: true, baseTimeoutMs: 500 });
    await net.kill([2, 3]);
    const late = net.transfer({ to: 1, amount: 5, timeoutMs: 1_500 });
    await expect(late).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(late).rejects.toThrow(/v2 down, v3 down; declared: kill 2/);
    await net.heal();
    // Whoever leads first may have come back with an empty pool.
    await eventually({
      what: "the transfer to be final",
      probe: async () => ((await net?.account(1))?.balance === 1_000_000_005n ? true : undefined),
    });
  });
});

test("processes are handed no state machine", async () => {
  const stateMachine = { name: "any", decode: () => ({ ok: false, code: "no" }) as const };
  const options = {
    processes: true,
    stateMachine: { ...stateMachine, execute: () => ({ ok: true }) as const },
  };
  await expect(createDevnet(options)).rejects.toThrow(/name the module that exports it/);
});
