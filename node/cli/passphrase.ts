// Where a passphrase comes from: QUORATE_PASSPHRASE, else the person at the terminal, unseen. Never a flag: other users
// of a machine can read the flags of every process.

import { CommandFailure } from "./failure.ts";
import type { Environment } from "./output.ts";

const MAX_PASSPHRASE_CHARACTERS = 1_024;
const ENTER = ["\r", "\n", "\u0004"];
const ERASE = ["\u007f", "\b"];
const INTERRUPT = "\u0003";

export async function askPassphrase(prompt: string, env: Environment): Promise<string> {
  const given = env.QUORATE_PASSPHRASE;
  if (given !== undefined) return given;
  if (process.stdin.isTTY && process.stderr.isTTY) return await typed(prompt);
  throw new CommandFailure({
    message: "a passphrase is needed and there is no terminal to ask at",
    exitCode: 2,
    code: "USAGE",
    remedy: "set QUORATE_PASSPHRASE",
  });
}

/** Asks twice, for a file that nobody could open after a typing error. */
export async function choosePassphrase(env: Environment): Promise<string> {
  const first = await askPassphrase("passphrase for the new key file: ", env);
  if (env.QUORATE_PASSPHRASE !== undefined) return first;
  if (first === (await askPassphrase("the same again: ", env))) return first;
  throw new CommandFailure({
    message: "the two passphrases differ",
    exitCode: 2,
    code: "USAGE",
    remedy: "run the command again; nothing was written",
  });
}

function typed(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  let text = "";
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      stdin.off("data", read);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      settle();
    };
    const read = (chunk: string) => {
      for (const character of chunk) {
        if (character === INTERRUPT) {
          const failure = new CommandFailure({ message: "interrupted", exitCode: 130 });
          return finish(() => reject(failure));
        }
        if (ENTER.includes(character)) return finish(() => resolve(text));
        if (ERASE.includes(character)) text = [...text].slice(0, -1).join("");
        else if (text.length < MAX_PASSPHRASE_CHARACTERS) text += character;
      }
    };
    stdin.on("data", read);
    stdin.resume();
  });
}
