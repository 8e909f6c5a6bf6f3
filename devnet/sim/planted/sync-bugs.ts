// Bugs in how a validator comes by what it misses: bodies, blocks, runs of final blocks.

import type { PlantedBug } from "./planted-bug.ts";

const INQUIRIES = "node/replica/inquiries";
const REPLICA = "node/replica/replica";

export const SYNC_BUGS: readonly PlantedBug[] = [
  {
    name: "empty-answer-ends-the-search-for-bodies",
    why: "Whoever answers without the bodies is the last to be asked.",
    edits: [{ module: INQUIRIES, find: "this.#askNext(id, rest);", replace: ";" }],
  },
  {
    name: "bodies-never-pulled",
    why: "A validator waits for gossip to bring the bodies that a leader withheld.",
    edits: [{ module: REPLICA, find: 'this.#setTimer("pull", PULL_GRACE_MS);', replace: "" }],
  },
];
