// Fault commands: the one vocabulary of what can be done to a devnet.

export {
  type FaultCommand,
  type FaultTarget,
  type FaultVerb,
  makesUnreliable,
  type Victim,
  type Victims,
  victimsOf,
} from "./command.ts";
