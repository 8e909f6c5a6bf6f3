// What happens when the reader of stdout goes away. A command has then nobody to work for and ends; a running node has
// better things to do than talk, and goes on.

import { EXIT_CODES } from "./exit-codes.ts";

let isIgnored = false;

/** Once, before anything is written. */
export function exitOnBrokenPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isIgnored && error.code === "EPIPE") return;
    process.exit(error.code === "EPIPE" ? EXIT_CODES.done : EXIT_CODES.unexpected);
  });
}

export function ignoreBrokenPipe(): void {
  isIgnored = true;
}
