// What runs inside a validator process of a devnet that may be made ill: `quorate node` has none of it.

export type {
  Ailments,
  Instruction,
  LinkConditions,
  Report,
} from "./ailments.ts";
