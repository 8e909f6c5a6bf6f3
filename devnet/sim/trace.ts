// A run as text: one line an observation. The hash of all lines is the run's identity; the lines themselves make a
// recording that can be read event by event.

import { ascii, domain, hashIn, toHex } from "../../crypto/index.ts";
import { statementOf } from "../behaviours/index.ts";
import type { Observation } from "./observation.ts";

const TRACE_DOMAIN = domain("quorate/simulated-trace/1");
/** Lines are hashed in bundles: one hash a line would cost more than the run. */
const LINES_PER_HASH = 256;

export class Trace {
  readonly #keep: number;
  readonly #kept: string[] = [];
  #bundle: string[] = [];
  #state: Uint8Array = new Uint8Array();
  #count = 0;

  /** Keeps the newest `keep` lines for a recording. */
  constructor(keep = 0) {
    this.#keep = keep;
  }

  get count(): number {
    return this.#count;
  }

  get lines(): readonly string[] {
    return this.#kept.slice(-this.#keep);
  }

  add(seen: Observation): void {
    const line = lineOf(seen);
    this.#count += 1;
    this.#bundle.push(line);
    if (this.#bundle.length >= LINES_PER_HASH) this.#fold();
    if (this.#keep === 0) return;
    this.#kept.push(line);
    if (this.#kept.length > 2 * this.#keep) this.#kept.splice(0, this.#kept.length - this.#keep);
  }

  /** Covers every line so far, in order. */
  hash(): string {
    this.#fold();
    return toHex(this.#state);
  }

  #fold(): void {
    if (this.#bundle.length === 0) return;
    this.#state = hashIn(TRACE_DOMAIN, this.#state, ascii(this.#bundle.join("\n")));
    this.#bundle = [];
  }
}

/** `1234.5 v2 signed vote view 7 height 6 a1b2c3d4`. */
export function lineOf(seen: Observation): string {
  const who = seen.by < 0 ? "network" : `v${seen.by}`;
  return `${Math.round(seen.atMs * 1_000) / 1_000} ${who} ${detailsOf(seen)}`;
}

function detailsOf(seen: Observation): string {
  switch (seen.type) {
    case "signed":
      return `signed ${statementOf(seen.message)}`;
    case "heard":
      return `heard ${seen.message} view ${seen.view} from v${seen.from}`;
    case "final": {
      const { block, hash, stateRoot, transactions } = seen.final;
      const what = `height ${block.height} view ${block.view} block ${short(hash)}`;
      return `final ${what} state ${short(stateRoot)} transactions ${transactions.length}`;
    }
    case "view":
      return `entered view ${seen.view}`;
    case "gave-up":
      return `gave up view ${seen.view}`;
    case "evidence": {
      const { offender, view, first, second } = seen.evidence;
      const pair = `${statementOf(first)} / ${statementOf(second)}`;
      return `holds evidence against v${offender} in view ${view}: ${pair}`;
    }
    case "penalised":
      return `penalised v${seen.peer}: ${seen.reason}`;
    case "started":
      return `started at height ${seen.height}`;
    case "crashed":
      return `crashed: ${seen.why}`;
    case "threw":
      return `threw: ${seen.why}`;
    case "refused-to-start":
      return `refused to start: ${seen.why}`;
    case "halted":
      return `halted: ${seen.halt.reason} at height ${seen.halt.height}`;
    case "fault":
      return `fault ${seen.what}`;
  }
}

function short(hash: Uint8Array): string {
  return toHex(hash.subarray(0, 4)).slice(2);
}
