// A replicated log to embed in a program.

export { AppendError, type Appended, type AppendOptions } from "./append.ts";
export type { EntriesOptions, Entry } from "./entries.ts";
export {
  createReplicatedLog,
  type ReplicatedLog,
  type ReplicatedLogOptions,
} from "./replicated-log.ts";
