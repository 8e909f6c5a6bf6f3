// What each fault command does to a virtual devnet, and how it ends.

import { describe, expect, test } from "vitest";
import { FaultError } from "../../../devnet/faults/index.ts";
import {
  command,
  failedChecks,
  runningDevnet,
  stateOf,
  verdictOf,
  whatFailed,
} from "./fixtures.ts";

const height = (devnet: ReturnType<typeof runningDevnet>, node: number) =>
  stateOf(devnet, node).height();

describe("a process", () => {
  test("that is killed stays down until it is restarted", () => {
    const devnet = runningDevnet();
    command(devnet, "kill 2");
    devnet.run(2_000);
    expect(stateOf(devnet, 2).isRunning).toBe(false);
    expect(devnet.missing).toMatch(
      /^3 of 4 validators are up, 3 are needed; v2 is down \(killed\)/,
    );
    command(devnet, "restart 2");
    devnet.run(1_000);
    expect(height(devnet, 2)).toBe(height(devnet, 0));
  });

  test("that is restarted keeps its faults", () => {
    const devnet = runningDevnet();
    command(devnet, "skew 2 +5s");
    command(devnet, "lie 2 be-silent");
    command(devnet, "restart 2");
    devnet.run(500);
    const { clock, conduct, isRunning } = stateOf(devnet, 2);
    expect(isRunning).toBe(true);
    expect(clock.wallMs() - stateOf(devnet, 0).clock.wallMs()).toBe(5_000);
    expect(conduct).toBeDefined();
  });

  test("that is paused stands still and goes on where it was", () => {
    const devnet = runningDevnet();
    const before = height(devnet, 1);
    command(devnet, "pause 1");
    devnet.run(2_000);
    expect(height(devnet, 1)).toBe(before);
    expect(height(devnet, 0)).toBeGreaterThan(before + 3);
    command(devnet, "resume 1");
    devnet.run(1_000);
    expect(height(devnet, 1)).toBe(height(devnet, 0));
    expect(whatFailed(verdictOf(devnet))).toEqual([]);
  });

  test("that is paused while it starts again stands still as soon as it is there", () => {
    const devnet = runningDevnet();
    command(devnet, "restart 1");
    command(devnet, "pause 1");
    devnet.run(1_000);
    expect(stateOf(devnet, 1)).toMatchObject({ isRunning: true, isHeld: true });
  });

  test("that is killed while it is paused is not paused after its restart", () => {
    const devnet = runningDevnet();
    command(devnet, "pause 1");
    command(devnet, "restart 1");
    devnet.run(1_000);
    expect(stateOf(devnet, 1)).toMatchObject({ isRunning: true, isHeld: false });
  });
});

describe("a network", () => {
  test("that is parted in halves moves nowhere until it is healed", () => {
    const devnet = runningDevnet();
    command(devnet, "partition 0,1/2,3");
    devnet.run(500);
    const before = devnet.chronicle.height;
    devnet.run(3_000);
    expect(devnet.chronicle.height).toBe(before);
    expect(devnet.missing).toMatch(/partition 0,1\/2,3/);
    command(devnet, "heal");
    devnet.run(2_000);
    expect(height(devnet, 3)).toBeGreaterThan(before + 3);
  });

  test("leaves out who is in no group", () => {
    const devnet = runningDevnet();
    command(devnet, "partition 0,1,2");
    devnet.run(2_000);
    expect(height(devnet, 3)).toBeLessThan(height(devnet, 0));
    expect(devnet.healthy).toEqual([]);
  });

  test("goes on over whoever is in two groups", () => {
    const devnet = runningDevnet();
    command(devnet, "partition 0,1,2/2,3");
    expect(stateOf(devnet, 2).isRunning).toBe(true);
    const { network } = devnet.simulation;
    expect([network.isCut(2, 3), network.isCut(0, 3), network.isCut(0, 2)]).toEqual([
      ...[false, true, false],
    ]);
  });

  test("is cut in one direction only", () => {
    const devnet = runningDevnet();
    command(devnet, "cut 0 to 1,2");
    const { network } = devnet.simulation;
    expect([network.isCut(0, 1), network.isCut(0, 2), network.isCut(1, 0)]).toEqual([
      ...[true, true, false],
    ]);
    // Nobody's in particular: only a heal for all ends it.
    command(devnet, "heal 0,1,2");
    expect(network.isCut(0, 1)).toBe(true);
    command(devnet, "heal");
    expect(network.isCut(0, 1)).toBe(false);
  });

  test("has links that come and go until one of their ends is healed", () => {
    const devnet = runningDevnet();
    command(devnet, "flap 0 1 every 100ms");
    const { network } = devnet.simulation;
    const seen = Array.from({ length: 6 }, () => {
      const isCut = network.isCut(1, 0);
      devnet.run(100);
      return isCut;
    });
    expect(seen).toEqual([true, false, true, false, true, false]);
    command(devnet, "heal 1");
    devnet.run(300);
    expect([network.isCut(0, 1), network.isCut(1, 0)]).toEqual([false, false]);
  });

  test.each([
    "delay 2 150ms jitter 50ms",
    "lose all 10%",
    "duplicate all 20%",
    "throttle 3 10kB/s",
  ])("bears `%s`, and is another one for it (seed 1)", (text) => {
    const devnet = runningDevnet();
    const calm = runningDevnet();
    command(devnet, text);
    for (const each of [devnet, calm]) each.run(2_000);
    expect(devnet.simulation.network.delivered).not.toBe(calm.simulation.network.delivered);
    expect(whatFailed(verdictOf(devnet))).toEqual([]);
  });
});

describe("a disk", () => {
  test("that is full brings its validator down, which cannot start until it is healed", () => {
    const devnet = runningDevnet();
    command(devnet, "fill-disk 2");
    devnet.run(1_000);
    expect(stateOf(devnet, 2).isRunning).toBe(false);
    expect(devnet.missing).toMatch(/v2 is down \(disk: /);
    command(devnet, "heal 2");
    devnet.run(1_000);
    expect(height(devnet, 2)).toBe(height(devnet, 0));
    expect(whatFailed(verdictOf(devnet))).toEqual([]);
  });

  test("that fails one sync brings its validator down, which can start again", () => {
    const devnet = runningDevnet();
    command(devnet, "break-disk 2");
    devnet.run(1_000);
    expect(stateOf(devnet, 2).isRunning).toBe(false);
    command(devnet, "restart 2");
    devnet.run(1_000);
    expect(height(devnet, 2)).toBe(height(devnet, 0));
  });

  test("that is lost makes its validator unreliable and not dishonest", () => {
    const devnet = runningDevnet();
    command(devnet, "lose-disk 2");
    expect(height(devnet, 2)).toBe(0);
    devnet.run(2_000);
    expect([devnet.standing.isReliable(2), devnet.standing.isHonest(2)]).toEqual([false, true]);
    expect(height(devnet, 2)).toBe(height(devnet, 0));
    expect(whatFailed(verdictOf(devnet))).toEqual([]);
  });

  test("that is put back old makes its validator dishonest", () => {
    const devnet = runningDevnet();
    command(devnet, "copy-disk 2");
    const before = height(devnet, 2);
    devnet.run(2_000);
    command(devnet, "rewind-disk 2");
    devnet.run(51);
    expect(height(devnet, 2)).toBe(before);
    expect(devnet.standing.isHonest(2)).toBe(false);
    expect(failedChecks(verdictOf(devnet, { noOtherCulprits: false }))).toEqual([]);
  });

  test("is not put back without a copy", () => {
    const devnet = runningDevnet();
    expect(() => command(devnet, "rewind-disk 2")).toThrow(FaultError);
    expect(() => command(devnet, "rewind-disk 2")).toThrow(/`copy-disk 2` before/);
    expect(devnet.standing.isHonest(2)).toBe(true);
  });
});

describe("a clock", () => {
  test("is ahead by as much as was said last, and right after a heal", () => {
    const devnet = runningDevnet();
    const ahead = () => stateOf(devnet, 1).clock.wallMs() - stateOf(devnet, 0).clock.wallMs();
    command(devnet, "skew 1 +1h");
    command(devnet, "skew 1 -3s");
    expect(ahead()).toBe(-3_000);
    command(devnet, "heal 1");
    expect(ahead()).toBe(0);
  });

  test("stands still", () => {
    const devnet = runningDevnet();
    command(devnet, "freeze 1");
    const before = stateOf(devnet, 1).clock.wallMs();
    devnet.run(1_000);
    expect(stateOf(devnet, 1).clock.wallMs()).toBe(before);
    expect(whatFailed(verdictOf(devnet))).toEqual([]);
  });
});

describe("a liar", () => {
  test("may begin to compute something else while it runs, and halts by itself", () => {
    const devnet = runningDevnet();
    command(devnet, "lie 3 diverge");
    devnet.run(6_000);
    const verdict = verdictOf(devnet, { halted: [3] });
    expect(whatFailed(verdict)).toEqual([]);
    expect(verdict.sights[3]).toMatchObject({ state: "halted" });
  });

  test("lies in other ways when it is told to, and in none once it repents", () => {
    const devnet = runningDevnet();
    command(devnet, "lie 3 equivocate");
    const first = stateOf(devnet, 3).conduct;
    command(devnet, "lie 3 be-slow");
    expect(stateOf(devnet, 3).conduct).not.toBe(first);
    command(devnet, "repent 3");
    expect(stateOf(devnet, 3).conduct).toBeUndefined();
    const { liars } = verdictOf(devnet);
    expect(liars).toEqual([{ validator: 3, ways: ["equivocate", "be-slow"] }]);
  });

  test("acts no more once it has repented", () => {
    const devnet = runningDevnet({ load: { perSecond: 0 } });
    command(devnet, "lie 3 flood");
    devnet.run(500);
    command(devnet, "repent 3");
    devnet.run(500);
    const flooded = devnet.simulation.network.delivered;
    devnet.run(1_000);
    const quiet = runningDevnet({ load: { perSecond: 0 } });
    const before = quiet.simulation.network.delivered;
    quiet.run(1_000);
    const rate = quiet.simulation.network.delivered - before;
    expect(devnet.simulation.network.delivered - flooded).toBeLessThan(1.5 * rate);
  });
});

test.each([
  [{ verb: "kill", who: [4] }, /there is no validator 4: they are numbered 0 to 3/],
  [{ verb: "partition", groups: [[0, 1], [7]] }, /there is no validator 7/],
  [{ verb: "lie", who: [3], ways: ["equivocat"] }, /do you mean "equivocate"\?/],
  [{ verb: "resume", who: [2] }, /v2 is not paused/],
  [{ verb: "repent", who: [1, 2] }, /v1, v2 do not lie/],
] as const)("an unsound command is refused and changes nothing: %j", async (unsound, message) => {
  const devnet = runningDevnet();
  await expect(devnet.obey(unsound)).rejects.toThrow(message);
  expect(devnet.healthy).toEqual([0, 1, 2, 3]);
});
