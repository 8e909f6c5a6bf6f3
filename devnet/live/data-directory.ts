// The data directory of a validator that stands still: lost, copied, put back. Keys and the mark that they have signed lie
// beside it and stay.

import { existsSync } from "node:fs";
import { cp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ValidatorPlan } from "../directory/index.ts";

const DATA = "data";
const COPY = "data.copy";

export function hasCopy({ dir }: ValidatorPlan): boolean {
  return existsSync(join(dir, COPY));
}

/** As after a crash at this moment: stores are written so that any moment will do. Replaces the copy before. */
export async function copyData({ dir }: ValidatorPlan): Promise<void> {
  const draft = join(dir, `${COPY}.new`);
  await rm(draft, { recursive: true, force: true });
  await cp(join(dir, DATA), draft, { recursive: true });
  await rm(join(dir, COPY), { recursive: true, force: true });
  await rename(draft, join(dir, COPY));
}

/** The copy stays, for another time. */
export async function restoreCopy(plan: ValidatorPlan): Promise<void> {
  await loseData(plan);
  await cp(join(plan.dir, COPY), join(plan.dir, DATA), { recursive: true });
}

export async function loseData({ dir }: ValidatorPlan): Promise<void> {
  await rm(join(dir, DATA), { recursive: true, force: true });
}
