// `quorate devnet` as a person sees it: what it says, its keys, its end.

export type { DevnetOptions, Part } from "./part.ts";
export { runDevnet } from "./run.ts";
