// Every decoder of the product that reads bytes or text from outside, in the order of the floors.
//
// Left out: `node/verification/chunk.ts` (private to one process, asserts), HTTP and libp2p framing (theirs, and tested
// over real sockets), readers that only wrap JSON.parse around files of our own (devnet recipe, halt marker), LMDB keys.

import { CONSENSUS_TARGETS } from "./consensus-targets.ts";
import { PROOF_TARGETS } from "./proof-targets.ts";
import { STATE_TARGETS } from "./state-targets.ts";
import { STORAGE_TARGETS } from "./storage-targets.ts";
import type { Target } from "./target.ts";
import { TEXT_TARGETS } from "./text-targets.ts";
import { WIRE_TARGETS } from "./wire-targets.ts";

export const TARGETS: readonly Target[] = [
  ...CONSENSUS_TARGETS,
  ...WIRE_TARGETS,
  ...STATE_TARGETS,
  ...PROOF_TARGETS,
  ...STORAGE_TARGETS,
  ...TEXT_TARGETS,
];
