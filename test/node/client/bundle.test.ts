// What a browser loads to submit and verify: one minified file, compressed. The bundler is the one that the test runner
// brings along.

import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

type Bundler = {
  readonly rolldown: (options: object) => Promise<{
    readonly generate: (options: object) => Promise<{ readonly output: readonly Chunk[] }>;
    readonly close: () => Promise<void>;
  }>;
};

type Chunk = {
  readonly code: string;
  readonly isEntry: boolean;
  readonly imports: readonly string[];
  readonly fileName: string;
};

const root = resolve(import.meta.dirname, "../../..");
const MOST_BYTES = 25_000;

async function bundler(): Promise<Bundler> {
  let from = createRequire(import.meta.url);
  for (const name of ["vitest", "vite"]) from = createRequire(from.resolve(name));
  return (await import(pathToFileURL(from.resolve("rolldown")).href)) as Bundler;
}

test("the client that submits and verifies is at most 25 kB for a browser to load", async () => {
  const { rolldown } = await bundler();
  const input = join(root, "node/client/index.ts");
  // Loaded when blocks are watched or searched, and only then.
  const external = /block-(?:watch|search)\.ts$/;
  const bundle = await rolldown({
    input: "entry",
    external,
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId: (id: string) => (id === "entry" ? id : null),
        load: (id: string) =>
          id === "entry"
            ? `export { createClient, keyFromSecret } from ${JSON.stringify(input)};`
            : null,
      },
    ],
  });
  const { output } = await bundle.generate({ minify: true });
  await bundle.close();
  expect(output).toHaveLength(1);
  const [chunk] = output;
  expect(chunk?.code).not.toMatch(/node:|zod|hono/);
  expect(gzipSync(`${chunk?.code}`, { level: 9 }).length).toBeLessThanOrEqual(MOST_BYTES);
});
