// A validator without clock, network and disk: what the live node and the simulator both drive.

export type { Inventory, Whereabouts } from "./inventory.ts";
export type { ReplicaOptions, ReplicaStatus } from "./options.ts";
export type {
  Admission,
  AdmissionRefusal,
  FinalBlock,
  Moment,
  ReplicaEffect,
  ReplicaEvent,
  Timer,
} from "./protocol.ts";
export { Replica } from "./replica.ts";
export type { BlockLimits } from "./voting-conditions.ts";
