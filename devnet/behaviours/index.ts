// Byzantine behaviours: small strategies around an honest replica, the same ones in the simulator and in a live devnet.

export type { Behaviour, Control, Delivery, NodeId, Tactics } from "./behaviour.ts";
export { Conduct } from "./conduct.ts";
export { BEHAVIOURS, MIXED_BEHAVIOURS, WAYS, wayOf } from "./lies.ts";
export { statementOf } from "./statement.ts";
