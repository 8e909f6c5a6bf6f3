// Bugs in what must be on disk before something is signed, and in what is made of it after a restart.

import type { PlantedBug } from "./planted-bug.ts";

const SAFETY_LOG = "node/storage/safety-log";
const REPLICA = "node/replica/replica";
const DRIVER = "devnet/sim/validator";

export const DURABILITY_BUGS: readonly PlantedBug[] = [
  {
    name: "signs-before-durable",
    why: "The driver signs at once, while the record of what it signs is still on its way to the disk.",
    edits: [
      {
        module: DRIVER,
        find: "this.#unsent.push(effect);",
        replace: "this.#signAndSend(effect);",
      },
    ],
  },
  {
    name: "first-safety-record-not-written",
    why: "Nothing is on disk until the first signature: a block may be there without a record of what was signed.",
    edits: [
      {
        module: DRIVER,
        find: "if (opened.ok && opened.safety === undefined) {",
        replace: "if (false) {",
      },
    ],
  },
  {
    name: "safety-log-without-sync",
    why: "What was signed stands in the system's cache when the signature leaves.",
    edits: [{ module: SAFETY_LOG, find: "this.#disk.dataSync(this.#file);", replace: "" }],
  },
  {
    name: "safety-log-opened-as-found",
    why: "After a failed sync the log is read from the cache and believed: the disk never had it.",
    edits: [
      {
        module: SAFETY_LOG,
        find: "...installSafetyFile(disk, common, found.last)",
        replace:
          '...(found.position === undefined ? installSafetyFile(disk, common, found.last) : { file: disk.open(path, "write"), seed: found.seed, position: found.position, filledTo: found.filledTo })',
      },
    ],
  },
  {
    name: "failed-write-of-the-safety-log-ignored",
    why: "A validator goes on signing after its disk refused to write what it signs.",
    edits: [
      {
        module: SAFETY_LOG,
        find: "this.#last = record.slice(); } catch (error) { throw this.#poison(error); }",
        replace: "this.#last = record.slice(); } catch {}",
      },
    ],
  },
  {
    name: "safety-record-of-the-flush-before",
    why: "A flush writes the state that was current when the flush before it began.",
    edits: [
      {
        module: "devnet/sim/disk/simulated-disk",
        find: "this.#safety = undefined; safetyLog.persist(encode(safetyStateCodec, safety));",
        replace:
          "this.#safety = undefined; safetyLog.persist(encode(safetyStateCodec, this.late ?? safety)); this.late = safety;",
      },
    ],
  },
  {
    name: "final-proposal-repeated-after-a-restart",
    why: "A leader that comes back repeats a proposal that is final already and whose payload is gone.",
    edits: [
      {
        module: REPLICA,
        find: "if (block.height <= this.#engine.tip.height) return; const isSelected",
        replace: "const isSelected",
      },
    ],
  },
  {
    name: "stored-blocks-forgotten-on-restart",
    why: "Blocks that a vote promised to keep are on disk, and not looked at after a restart.",
    edits: [
      { module: REPLICA, find: "this.#deliver(this.#options.stored, undefined);", replace: "" },
    ],
  },
  {
    name: "votes-without-keeping-the-block",
    why: "A vote does not make its block durable: after a power cut everywhere nobody has what was certified.",
    edits: [
      {
        module: "consensus/voting",
        find: "if (verdict.ok) this.#commitment.store(node);",
        replace: "",
      },
      {
        module: "consensus/commit-voting",
        find: "for (const node of nodes) this.#commitment.store(node);",
        replace: "",
      },
    ],
  },
];
