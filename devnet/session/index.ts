// One run of a live devnet: what was commanded and seen, what it came to, and the recording that runs it again.

export { Load } from "./load.ts";
export { Session } from "./session.ts";
