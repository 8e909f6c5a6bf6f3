// A live validator: `startValidator` wires everything under `node/` together.

export { HaltError } from "./halt.ts";
export { type RunningValidator, startValidator, type ValidatorOptions } from "./runtime.ts";
