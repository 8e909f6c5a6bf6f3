// Fault commands: the one vocabulary of what can be done to a devnet.

export { formatDuration, parseDuration, quoted } from "./amounts.ts";
export type { Context as WordsContext } from "./clause.ts";
export {
  dueViews,
  type FaultCommand,
  type FaultTarget,
  type FaultVerb,
  makesUnreliable,
  mayFail,
  type Victim,
  type Victims,
  victimsOf,
} from "./command.ts";
export {
  type Declared,
  type Direction,
  declare,
  type Flap,
  isCutOff,
  nothingDeclared,
  requireSomethingToEnd,
  type SendingFaults,
  syncHasFailed,
  type ValidatorFaults,
  WELL,
} from "./declared.ts";
export { FaultError, type FaultErrorCode } from "./fault-error.ts";
export { nearest } from "./nearest.ts";
export { Standing } from "./standing.ts";
export {
  formatCommand,
  MAX_VALIDATORS,
  type ParsedCommand,
  parseCommand,
  VERB_HELP,
  type VerbHelp,
  verbOf,
} from "./words.ts";
