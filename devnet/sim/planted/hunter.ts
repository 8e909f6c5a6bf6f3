// A process of its own for one planted bug: plants it, then lets the suite loose until something notices.

import { register } from "node:module";
import { BUGS } from "./bugs.ts";
import type { PatchData } from "./patch-loader.ts";

const [name = "", seconds = "60", seed = "1"] = process.argv.slice(2);
const bug = BUGS.find((each) => each.name === name);
if (bug === undefined && name !== "none") throw new Error(`no bug is called ${name}`);

const root = new URL("../../../", import.meta.url).href;
const data: PatchData = { root, edits: bug?.edits ?? [] };
register("./patch-loader.js", { parentURL: import.meta.url, data });

// From here on, whatever is loaded carries the bug.
const { hunt } = await import("./hunt.js");
process.stdout.write(`${JSON.stringify(hunt({ seed: Number(seed), seconds: Number(seconds) }))}\n`);
