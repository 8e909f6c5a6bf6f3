// Bugs in how a validator comes by what it misses: bodies, blocks, runs of final blocks.

import type { PlantedBug } from "./planted-bug.ts";

const INQUIRIES = "node/replica/inquiries";
const ACCEPTANCE = "node/sync/acceptance";
const REPLICA = "node/replica/replica";

export const SYNC_BUGS: readonly PlantedBug[] = [
  {
    name: "run-accepted-without-its-certificate",
    why: "The certificate of a run of final blocks is not checked: a liar's history is taken for the chain's.",
    edits: [
      {
        module: ACCEPTANCE,
        find: "const verified = known.verifier.verifyCommitCert(answer.cert);",
        replace: "const verified = { ok: true, message: answer.cert };",
      },
    ],
  },
  {
    name: "run-may-have-gaps",
    why: "The blocks of a run need not follow each other, only the last one is certified.",
    edits: [
      {
        module: ACCEPTANCE,
        find: "if (block.height !== parent.height + 1 || !equalBytes(block.parent, parent.hash)) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    name: "fetched-block-not-checked",
    why: "Any block is taken for the one that was asked for, and the question is settled.",
    edits: [
      {
        module: ACCEPTANCE,
        find: "if (whole.ok && !equalBytes(whole.value.hash, hash)) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    name: "bodies-not-bound-to-their-block",
    why: "Bodies of another block are taken for this one's.",
    edits: [
      {
        module: ACCEPTANCE,
        find: "if (!equalBytes(payloadHash(ids, hashLayer), block.payload)) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    name: "ids-not-bound-to-the-proposal",
    why: "The list of transactions that comes with a proposal need not be the one that its payload hash names.",
    edits: [
      {
        module: REPLICA,
        find: "carriesItsPayload(proposal, ids, this.#options.hashers?.hashLayer)",
        replace: "true",
      },
    ],
  },
  {
    name: "empty-answer-ends-the-search-for-a-block",
    why: "One validator that says it has nothing is enough to stop asking.",
    edits: [
      {
        module: INQUIRIES,
        find: "if (!accepted.ok) return this.#askNext(id); this.#asks.settle(keyOf(question)); return this.#options.deliver([accepted.value], undefined);",
        replace:
          "if (!accepted.ok) return; this.#asks.settle(keyOf(question)); return this.#options.deliver([accepted.value], undefined);",
      },
    ],
  },
  {
    name: "empty-answer-ends-the-search-for-bodies",
    why: "Whoever answers without the bodies is the last to be asked.",
    edits: [{ module: INQUIRIES, find: "this.#askNext(id, rest);", replace: ";" }],
  },
  {
    name: "nobody-asked-twice",
    why: "When everyone was asked in vain, nobody is asked again.",
    edits: [
      {
        module: INQUIRIES,
        find: "else if (this.#asks.waiting === 1) {",
        replace: "else if (false) {",
      },
    ],
  },
  {
    name: "bodies-never-pulled",
    why: "A validator waits for gossip to bring the bodies that a leader withheld.",
    edits: [{ module: REPLICA, find: 'this.#setTimer("pull", PULL_GRACE_MS);', replace: "" }],
  },
  {
    name: "catch-up-stops-after-one-run",
    why: "A validator that is far behind asks for one run of blocks and thinks it is there.",
    edits: [
      {
        module: INQUIRIES,
        find: "if (this.#catchUpTo !== undefined && height < this.#catchUpTo) this.catchUp(this.#catchUpTo);",
        replace: "if (false) {}",
      },
    ],
  },
];
