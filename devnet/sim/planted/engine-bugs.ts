// Bugs in the engine's course: views, timeouts, the block tree, what a restart remembers.

import type { Edit, PlantedBug } from "./planted-bug.ts";

const ENGINE = "consensus/engine";

/** What the engine takes for its durable state at a start. */
function restartWith(state: string): Edit {
  return {
    module: ENGINE,
    find: "this.#safety = options.safety;",
    replace: `const { lastVote, lastTimeout, highTc, lastCommitVote, ...rest } = options.safety; this.#safety = ${state};`,
  };
}

export const ENGINE_BUGS: readonly PlantedBug[] = [
  {
    name: "last-vote-forgotten-on-restart",
    why: "A validator that comes back votes again in the view it had voted in (asonnino/hotstuff, malachite #850).",
    edits: [restartWith("{ ...rest, lastVotedView: 0, lastTimeout, highTc, lastCommitVote }")],
  },
  {
    name: "last-timeout-forgotten-on-restart",
    why: "A validator that comes back vouches for a block of a view that it had given up.",
    edits: [restartWith("{ ...rest, lastVote, highTc, lastCommitVote }")],
  },
  {
    name: "timeout-certificate-forgotten-on-restart",
    why: "A validator that comes back falls behind the view it had given up, and can give up nothing there.",
    edits: [restartWith("{ ...rest, lastVote, lastTimeout, lastCommitVote }")],
  },
  {
    name: "all-forgotten-on-restart",
    why: "A validator that comes back has signed nothing, as far as it knows.",
    edits: [restartWith("{ ...rest, lastVotedView: 0, lockedView: 0, lastProposed: undefined }")],
  },
  {
    name: "timeouts-without-certificate",
    why: "Timeouts do not carry the TC that opened their view: a straggler never joins it.",
    edits: [
      {
        module: ENGINE,
        find: "...(named.view + 1 === this.#view || highTc === undefined ? {} : { highTc }),",
        replace: "",
      },
      {
        module: "consensus/verification",
        find: 'if (highQc.view + 1 !== content.view && highTc === undefined) return "skips-a-view-without-proof";',
        replace: "",
      },
    ],
  },
  {
    name: "timeouts-never-repeated",
    why: "A timeout is sent once: when it is lost, the view never ends.",
    edits: [
      {
        module: ENGINE,
        find: 'this.#effects.push({ type: "restart-timer", view: this.#view, timeoutMs: this.#timeoutMs(), });',
        replace: "",
      },
    ],
  },
  {
    name: "view-timer-without-a-cap",
    why: "View timers grow with every view of the chain, and without a bound: hours in the end (Besu: 4,096 s).",
    edits: [
      {
        module: "consensus/pacemaker",
        find: "Math.min(BACKOFF ** exponent, MAX_BACKOFF)",
        replace: "BACKOFF ** exponent",
      },
      {
        module: ENGINE,
        find: "const behind = this.#view - this.#commitment.tip.view;",
        replace: "const behind = this.#view;",
      },
    ],
  },
  {
    name: "child-committed-before-parent",
    why: "Of two blocks that become final at once the newer one goes first.",
    edits: [
      {
        module: "consensus/commitment",
        find: "const nodes = this.#halted ? undefined : this.#reachable();",
        replace: "const nodes = this.#halted ? undefined : this.#reachable()?.toReversed();",
      },
      {
        module: "consensus/chain",
        find: 'assert(equalBytes(block.parent, this.tip.hash), "a commit extends the tip");',
        replace: "",
      },
      {
        module: "consensus/chain",
        find: 'assert(block.height === this.tip.height + 1, "heights are contiguous");',
        replace: "",
      },
    ],
  },
  {
    name: "chain-walked-by-height",
    why: "Ancestors are looked up by number: a block of a dead fork has the same number.",
    edits: [
      {
        module: "consensus/chain",
        find: "const node = this.#nodes.get(hash); if (node === undefined) { return nodes.at(-1)",
        replace:
          "const node = nodes.length === 0 ? this.#nodes.get(hash) : [...this.#nodes.values()].find(({ block }) => block.height === nodes.at(-1).block.height - 1); if (node === undefined) { return nodes.at(-1)",
      },
      {
        module: "consensus/chain",
        find: 'assert(equalBytes(block.parent, this.tip.hash), "a commit extends the tip");',
        replace: "",
      },
    ],
  },
  {
    name: "asks-for-a-block-once",
    why: "A block whose first request came to nothing is never asked for again.",
    edits: [
      {
        module: "consensus/commitment",
        find: "this.#asked.clear(); this.#chain.pruneForks",
        replace: "this.#chain.pruneForks",
      },
    ],
  },
  {
    name: "votes-without-bodies",
    why: "A block is voted for before its bodies are here: nobody may ever have them.",
    edits: [
      {
        module: "consensus/voting",
        find: "if (node === undefined || !node.payloadHeld)",
        replace: "if (node === undefined)",
      },
    ],
  },
  {
    name: "votes-against-its-own-refusal",
    why: "The verdict over a block's payload is not asked for.",
    edits: [
      {
        module: "consensus/voting",
        find: "if (node.refusal !== undefined)",
        replace: "if (false)",
      },
    ],
  },
  {
    name: "certificates-below-the-view-are-dropped",
    why: "A QC of a view that is over is not looked at: nothing is ever vouched for after a timeout certificate.",
    edits: [
      {
        module: ENGINE,
        find: "this.#safety = withCertificates(this.#safety, { qc });",
        replace:
          "if (qc.view < this.#view) return; this.#safety = withCertificates(this.#safety, { qc });",
      },
    ],
  },
];
