// What a run came to: the report of a simulated and of a live devnet alike.

export { statementText } from "./statement-text.ts";
export { type Check, type Culprit, isSound, type Sight, type Verdict } from "./verdict.ts";
export { verdictText } from "./wording.ts";
