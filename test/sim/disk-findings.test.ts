// What the simulated disk found in the real storage code stays mended.

import { describe, expect, test } from "vitest";
import { randomStream } from "../../devnet/random/index.ts";
import { VirtualFiles } from "../../devnet/sim/disk/index.ts";
import { openSafetyLog, type SafetyLog } from "../../node/storage/index.ts";

const identity = new Uint8Array(32);
const record = (fill: number) => new Uint8Array(400).fill(fill);

function started(files: VirtualFiles): SafetyLog {
  files.powerOn();
  return openSafetyLog("/validator", identity, files);
}

describe("a safety record that a restart has found", () => {
  // A failed sync leaves pages that count as clean: a later sync writes nothing and says that all is well.
  test.each(Array.from({ length: 40 }, (_, seed) => seed))(
    "after a failed sync is there after a power cut, too (seed %i)",
    (seed) => {
      const files = new VirtualFiles({ random: randomStream(seed, "disk") });
      const first = started(files);
      first.persist(record(1));
      files.fail("sync", "EIO");
      expect(() => first.persist(record(2))).toThrow("EIO");
      files.kill();
      const believed = started(files).last?.[0];
      files.cutPower();
      expect(started(files).last?.[0]).toBe(believed);
    },
  );
});
