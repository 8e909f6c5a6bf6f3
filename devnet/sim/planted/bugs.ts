// The planted bugs.

import type { PlantedBug } from "./planted-bug.ts";

export const BUGS: readonly PlantedBug[] = [];
