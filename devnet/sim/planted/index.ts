// Deliberately broken variants, and the hunt that must notice each of them.

export { BUGS } from "./bugs.ts";
export type { Catch, HuntResult } from "./hunt.ts";
export type { Edit, PlantedBug } from "./planted-bug.ts";
