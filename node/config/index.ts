// What a node is told: its configuration, and the strict JSON that people write.

export { type ConfigFlags, type ConfigSources, loadConfig, type NodeConfig } from "./config.ts";
export { ConfigError } from "./config-error.ts";
export type { ConfigFile } from "./config-file.ts";
export {
  integerIn,
  type JsonRefusal,
  listOf,
  parseStrictJson,
  strictObject,
  textLike,
} from "./strict-json.ts";
export { readTextFile, type TextFile } from "./text-file.ts";
