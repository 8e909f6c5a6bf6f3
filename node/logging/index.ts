// The node's log.

export { createLogger, type Log, type LoggerOptions, type LogLevel } from "./logger.ts";
