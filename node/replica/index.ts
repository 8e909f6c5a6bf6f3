// A validator without clock, network and disk: what the live node and the simulator both drive.

export type {
  Admission,
  AdmissionRefusal,
  FinalBlock,
  ReplicaEffect,
  ReplicaEvent,
  Timer,
} from "./protocol.ts";
export { Replica, type ReplicaOptions, type ReplicaStatus, type Whereabouts } from "./replica.ts";
export type { BlockLimits } from "./voting-conditions.ts";
