// node/WIRE.md against the vectors and the sources: no hex on the page that is not in wire.json, no domain left out.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { WIRE_FILE } from "./wire-vectors.ts";

const page = readFileSync("node/WIRE.md", "utf8");
const vectors = readFileSync(WIRE_FILE, "utf8");

/** Domains of what never leaves a process, or belongs to the network and the tools. */
const ELSEWHERE = [
  "quorate/verified-certificate/1",
  "quorate/gossip/other/1",
  "quorate/determinism/1",
  "quorate/development-key/1",
];

/** Bytes as hex, in groups with a space between; a group may be shortened to its first and last four bytes. */
const SHOWN_BYTES =
  /(?<![\w./])(?:[0-9a-f]{2})+(?:…[0-9a-f]{8})?(?: (?:[0-9a-f]{2})+(?:…[0-9a-f]{8})?)*(?![\w./])/g;

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(`${folder}/${name}`, "utf8"));
}

function allOf(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((found) => found[1] ?? found[0]))].sort();
}

describe("WIRE.md", () => {
  test("shows bytes of the vectors, and no others", () => {
    const shown = [...page.matchAll(SHOWN_BYTES)].map(([run]) => run.replaceAll(" ", ""));
    const long = shown.filter((run) => run.length >= 16);
    expect(long.length).toBeGreaterThan(30);
    expect(
      long.filter((run) => !new RegExp(run.replaceAll("…", "[0-9a-f]*")).test(vectors)),
    ).toEqual([]);
  });

  test("names every domain of the sources that a client meets", () => {
    const sources = ["crypto", "consensus", "mempool", "node"].flatMap(sourcesIn).join("\n");
    const used = allOf(sources, /domain\("([^"]+)"\)/g);
    const named = allOf(page, /^\| `(quorate\/[a-z/-]+\/\d+)`/gm);
    expect(named).toEqual(used.filter((name) => !ELSEWHERE.includes(name)));
  });
});
