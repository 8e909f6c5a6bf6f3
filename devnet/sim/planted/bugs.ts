// The planted bugs: each can be written by mistake, and many have been. What masks a bug is planted with it.

import { CERTIFICATE_BUGS } from "./certificate-bugs.ts";
import { DURABILITY_BUGS } from "./durability-bugs.ts";
import { ENGINE_BUGS } from "./engine-bugs.ts";
import { LEDGER_BUGS } from "./ledger-bugs.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { RULE_BUGS } from "./rule-bugs.ts";
import { SYNC_BUGS } from "./sync-bugs.ts";

export const BUGS: readonly PlantedBug[] = [
  ...RULE_BUGS,
  ...CERTIFICATE_BUGS,
  ...ENGINE_BUGS,
  ...DURABILITY_BUGS,
  ...LEDGER_BUGS,
  ...SYNC_BUGS,
];
