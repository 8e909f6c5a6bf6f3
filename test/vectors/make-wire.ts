// Writes test/vectors/wire.json again, from the root of the checkout: node dist/test/vectors/make-wire.js

import { writeFileSync } from "node:fs";
import { vectorText } from "./vector.ts";
import { WIRE_FILE, wireVectors } from "./wire-vectors.ts";

writeFileSync(WIRE_FILE, vectorText(wireVectors()));
process.stdout.write(`${WIRE_FILE}\n`);
