// What an ailing validator stands on: a network, a clock, a disk and an execution that obey the instruction it got last.

import type { Genesis } from "../../node/chain/index.ts";
import type { RunningValidator, Surroundings } from "../../node/runtime/index.ts";
import { nodeDisk } from "../../node/storage/index.ts";
import type { Ailments, Instruction, Report } from "./ailments.ts";
import { FaultyClock } from "./faulty-clock.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { type Liar, liarOfDevnet } from "./liar.ts";
import { FaultyWire, REAL_CLOCK } from "./wire.ts";

export class AilingSurroundings {
  readonly #report: (report: Report) => void;
  readonly #wire = new FaultyWire(REAL_CLOCK);
  readonly #disk = new FaultyDisk(nodeDisk);
  readonly #clock = new FaultyClock(() => Date.now());
  #instruction: Instruction;
  /** Honest, as long as it is told no ways. */
  #liar: Liar | undefined;

  constructor(first: Instruction, report: (report: Report) => void) {
    this.#report = report;
    this.#instruction = first;
    this.#apply(first.ailments);
  }

  /** For the one validator of this process, which starts as it was told until now. */
  surroundings(genesis: Genesis): Partial<Surroundings> {
    const { self, recipe, ailments } = this.#instruction;
    const liar = liarOfDevnet({
      genesis,
      self,
      recipe,
      liars: () => this.#instruction.ailments.liars,
      seed: ailments.seed,
      ways: ailments.ways,
      restart: (downMs) => this.#report({ type: "restart-me", downMs }),
      broke: (way, error) => this.#report({ type: "broke", way, reason: String(error) }),
    });
    this.#liar = liar;
    return {
      createNetwork: (options, handlers) => liar.createNetwork(options, handlers, this.#wire.carry),
      execution: liar.execution,
      wallMs: this.#clock.wallMs,
      disk: this.#disk.disk,
    };
  }

  started(validator: RunningValidator): void {
    this.#liar?.attach(validator);
  }

  /** In force when this returns, but for what takes the restart that is asked for. */
  obey(instruction: Instruction): void {
    const before = this.#instruction.ailments;
    this.#instruction = instruction;
    const { ailments } = instruction;
    this.#apply(ailments);
    if (this.#liar === undefined || sameLies(before, ailments)) return;
    const { needsRestart } = this.#liar.setWays(ailments.ways, ailments.seed);
    if (needsRestart) this.#report({ type: "restart-me", downMs: 0 });
  }

  #apply({ links, seed, clock, disk }: Ailments): void {
    this.#wire.setConditions(links, seed);
    this.#clock.setCondition(clock);
    this.#disk.setCondition(disk);
  }
}

function sameLies(before: Ailments, after: Ailments): boolean {
  const lies = ({ ways, liars, seed }: Ailments) => JSON.stringify({ ways, liars, seed });
  return lies(before) === lies(after);
}
