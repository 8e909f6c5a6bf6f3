// All that must hold of a simulated run, judged by observers that share no code with the engine.

import type { ValidatorIndex } from "../../../consensus/index.ts";
import type { MemorySample, Observation } from "../observation.ts";
import { accountability } from "./accountability.ts";
import { agreement } from "./agreement.ts";
import { atMostOnce } from "./at-most-once.ts";
import { conservation } from "./conservation.ts";
import { contiguity } from "./contiguity.ts";
import { evidence } from "./evidence.ts";
import type { Guilt } from "./guilt.ts";
import { halts } from "./halts.ts";
import { liveness } from "./liveness.ts";
import { memory } from "./memory.ts";
import { noDoubleSign } from "./no-double-sign.ts";
import type { Oracle, Premises, Report } from "./oracle.ts";
import { stateRoots } from "./state-roots.ts";
import { validity } from "./validity.ts";

export type { Guilt } from "./guilt.ts";
export type { Calls, Premises } from "./oracle.ts";

export type Oracles = {
  readonly observe: (seen: Observation) => void;
  readonly sample: (sample: MemorySample) => void;
  /** The faults are over; `maxView` is the highest that an honest node is in. */
  readonly healed: (atMs: number, maxView: number) => void;
  /** After the last observation, once. `wentOn`: no violation cut the run short; none was found unless told otherwise. */
  readonly conclude: (wentOn?: boolean) => void;
  /** The validators proven to have broken the rules, so far, and by what. */
  readonly culprits: () => ReadonlyMap<ValidatorIndex, Guilt>;
};

export function createOracles(
  premises: Premises,
  report: (oracle: string, what: string) => void,
): Oracles {
  let hasReported = false;
  const make = <T extends Oracle>(maker: (premises: Premises, report: Report) => T): T => {
    const oracle = maker(premises, (what) => {
      hasReported = true;
      report(oracle.name, what);
    });
    return oracle;
  };
  const watched = make(liveness);
  const measured = make(memory);
  const court = make(accountability);
  const oracles = [
    make(agreement),
    make(contiguity),
    make(stateRoots),
    make(validity),
    make(atMostOnce),
    make(conservation),
    make(noDoubleSign),
    make(evidence),
    make(halts),
    watched,
    court,
  ];
  return {
    observe: (seen) => {
      // The network is no node, and faults are nobody's statements.
      if (seen.type === "fault") return;
      for (const { observe } of oracles) observe(seen);
    },
    sample: measured.sample,
    healed: watched.healed,
    conclude: (wentOn = !hasReported) => {
      court.conclude?.();
      // A run that another violation cut short had no time to make progress.
      if (wentOn) watched.conclude?.();
    },
    culprits: court.culprits,
  };
}
