// Which tests judge a mutant: those of the engine that are told event by event. Whole networks over many seeds would find
// most mutants too, but late, and without saying what broke.

import { defineConfig } from "vitest/config";

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  test: {
    include: ["test/consensus/**/*.test.ts"],
    exclude: ["test/consensus/*network.test.ts", "test/consensus/properties.test.ts"],
    testTimeout: 60_000,
  },
});
