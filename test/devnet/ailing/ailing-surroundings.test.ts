// What a validator process stands on, told what is wrong with it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AilingSurroundings } from "../../../devnet/ailing/ailing-surroundings.ts";
import type { Ailments, Instruction, Report } from "../../../devnet/ailing/ailments.ts";
import { openDirectory } from "../../../devnet/directory/directory.ts";
import { nothingDeclared } from "../../../devnet/faults/index.ts";
import { ailmentsOf } from "../../../devnet/live/ailments-of.ts";
import type { Genesis } from "../../../node/chain/index.ts";

const WELL = ailmentsOf(nothingDeclared(4), 3, { seed: 1, isDown: () => false });
const HOUR_MS = 3_600_000;

let home: string;
let genesis: Genesis;
let reports: Report[];
let revision = 0;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "quorate-ailing-"));
  const opened = await openDirectory({
    dir: join(home, "devnet"),
    ephemeral: false,
    reset: false,
    recipe: { seed: "ailing" },
    rpcPort: 1_000,
    p2pPort: 2_000,
  });
  genesis = opened.genesis;
});

afterAll(() => rmSync(home, { recursive: true }));

beforeEach(() => {
  reports = [];
});

function told(ailments: Partial<Ailments>): Instruction {
  revision += 1;
  const recipe = { seed: "ailing", accounts: 10 };
  return { type: "ailments", ailments: { ...WELL, ...ailments }, revision, self: 3, recipe };
}

function ailing(ailments: Partial<Ailments> = {}): AilingSurroundings {
  return new AilingSurroundings(told(ailments), (report) => reports.push(report));
}

function offsetMs(wallMs: (() => number) | undefined): number {
  return Math.round(((wallMs?.() ?? 0) - Date.now()) / HOUR_MS);
}

describe("ailing surroundings", () => {
  test("have the clock that they were told before the validator starts, and after", () => {
    const host = ailing({ clock: { offsetMs: HOUR_MS, isFrozen: false } });
    const { wallMs } = host.surroundings(genesis);
    expect(offsetMs(wallMs)).toBe(1);
    host.obey(told({ clock: { offsetMs: -2 * HOUR_MS, isFrozen: false } }));
    expect(offsetMs(wallMs)).toBe(-2);
    host.obey(told({}));
    expect(offsetMs(wallMs)).toBe(0);
  });

  test("have the disk that they were told before the validator starts, and after", () => {
    const host = ailing({ disk: "full" });
    const { disk } = host.surroundings(genesis);
    const file = disk?.open(join(home, "file"), "create") ?? 0;
    const write = () => disk?.write(file, new Uint8Array(1), 0);
    expect(write).toThrow("ENOSPC");
    host.obey(told({}));
    write();
    disk?.close(file);
  });

  test("ask for a restart when a change of ways takes one, and for none otherwise", () => {
    const host = ailing();
    const { execution } = host.surroundings(genesis);
    execution?.({} as Parameters<typeof execution>[0]);
    host.obey(told({ ways: ["equivocate"], liars: [3] }));
    expect(reports).toEqual([]);
    host.obey(told({ ways: ["diverge"], liars: [3] }));
    expect(reports).toEqual([{ type: "restart-me", downMs: 0 }]);
  });

  test("ask once, whatever else they are told meanwhile", () => {
    const host = ailing();
    host.surroundings(genesis);
    host.obey(told({ ways: ["diverge"], liars: [3] }));
    host.obey(told({ ways: ["diverge"], liars: [3], disk: "full" }));
    expect(reports.length).toBe(1);
  });

  test("that were told before the start ask for nothing", () => {
    const host = ailing({ ways: ["equivocate"], liars: [3] });
    host.obey(told({ ways: ["flood"], liars: [3] }));
    host.surroundings(genesis);
    expect(reports).toEqual([]);
  });
});
