// A devnet that only remembers what it was told, for whoever tests what stands before it.

import type { Overview, Subject } from "../../../devnet/control/index.ts";
import { type FaultCommand, FaultError, formatCommand } from "../../../devnet/faults/index.ts";
import type { Verdict } from "../../../devnet/verdict/index.ts";

export const HELD: Verdict = {
  type: "verdict",
  ok: true,
  scenario: "a session",
  backend: "live",
  seed: 7,
  validators: 4,
  liars: [],
  safety: [],
  liveness: [],
  expectations: [],
  culprits: [],
  sights: [],
  reached: { height: 12, transactions: 3, ms: 4_000 },
  replay: "quorate sim x.yaml --seed 7",
};

export class FakeDevnet implements Subject {
  readonly validators = 4;
  readonly ways = ["equivocate", "be-silent"];
  readonly obeyed: string[] = [];
  underWay = 0;
  mostUnderWay = 0;
  #gate: Promise<void> = Promise.resolve();

  /** Commands wait from then on, until the function that it returns is called. */
  stall(): () => void {
    let open = () => {};
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  async obey(command: FaultCommand): Promise<void> {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await this.#gate;
    this.underWay -= 1;
    if (command.verb === "rewind-disk") {
      throw new FaultError("NO_COPY", "no copy was made of the disk of v2", "copy-disk 2");
    }
    this.obeyed.push(formatCommand(command));
  }

  overview(): Overview {
    return {
      declared: this.obeyed.map((text) => ({ text, atMs: 1_000 })),
      validators: [{ validator: 0, pid: 123, state: "running" }],
    };
  }

  verdict(): Verdict {
    return HELD;
  }
}
