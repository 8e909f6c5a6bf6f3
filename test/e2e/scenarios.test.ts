// Ready scenarios of each kind on real processes of the built command, one after the other: each holds and ends by itself.

import { afterEach, describe, expect, test } from "vitest";
import type { Verdict } from "../../devnet/verdict/index.ts";
import { freePorts } from "./ports.ts";
import { Command, stopAll } from "./processes.ts";

afterEach(stopAll);

describe("a ready scenario holds on real processes", () => {
  test.each([
    ["of a split network", "split-in-half"],
    ["of a disk", "disk-full"],
    ["of a clock", "clock-gone"],
    ["of more liars than a chain can bear", "too-many-liars"],
  ])("%s: %s", async (_, name) => {
    const { rpcPort, p2pPort } = await freePorts(4);
    const ports = ["--rpc-port", String(rpcPort), "--p2p-port", String(p2pPort)];
    const command = new Command(["devnet", ...ports, "--scenario", name]);
    const { safety, liveness, expectations, ok } = await command.line<Verdict>("verdict");
    const failed = [...safety, ...liveness, ...expectations].filter((check) => !check.ok);
    const { exitCode } = await command.ended;
    expect({ failed, ok, exitCode }).toEqual({ failed: [], ok: true, exitCode: 0 });
  });
});
