// What a node is told: its configuration, the strict JSON that people write, and how a process says how it ended.

export { type ConfigFlags, type ConfigSources, loadConfig, type NodeConfig } from "./config.ts";
export { ConfigError } from "./config-error.ts";
export type { ConfigFile } from "./config-file.ts";
export { EXIT_CODES, type ExitCode, exitCodeOf } from "./exit-codes.ts";
export {
  integerIn,
  type JsonRefusal,
  listOf,
  parseStrictJson,
  strictObject,
  textLike,
} from "./strict-json.ts";
export { readTextFile, type TextFile } from "./text-file.ts";
