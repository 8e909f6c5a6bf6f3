// The mempool floor: pending transactions, bounded and fair. Knows nothing of what a transaction means.

export {
  type AddResult,
  type AdmissionContext,
  DEFAULT_POOL_LIMITS,
  type PoolEntry,
  type PoolLimits,
  type PoolRefusal,
} from "./entry.ts";
export { type CommittedBlock, Pool } from "./pool.ts";
export type { SelectionBudget } from "./selection.ts";
