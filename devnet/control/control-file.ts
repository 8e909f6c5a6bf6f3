// control.json in the directory of a running devnet: where its control is, and the token that opens it. Only its owner may
// read it. It goes with the devnet; one that a killed devnet left behind is recognised by its dead process.

import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const CONTROL_FILE = "control.json";

export type ControlFile = {
  /** Such as `http://127.0.0.1:43127`. */
  readonly url: string;
  /** 32 bytes as 64 hex digits. */
  readonly token: string;
  readonly pid: number;
  readonly validators: number;
};

export type ReadControlFile =
  | { readonly found: "running"; readonly file: ControlFile }
  /** Its devnet is gone. */
  | { readonly found: "stale"; readonly pid: number }
  | { readonly found: "none" }
  | { readonly found: "damaged"; readonly why: string };

const PRIVATE_FILE = 0o600;
const TOKEN_BYTES = 32;
const MAX_CHARACTERS = 1_024;
const MAX_VALIDATORS = 64;

export function freshToken(): string {
  return randomBytes(TOKEN_BYTES).toString("hex");
}

/** Whole or not at all, and never readable for others, not even for a moment. */
export function writeControlFile(dir: string, file: ControlFile): void {
  const path = join(dir, CONTROL_FILE);
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${JSON.stringify(file)}\n`, { mode: PRIVATE_FILE, flag: "wx" });
  renameSync(draft, path);
}

/** Only the file with this token: another devnet may have put its own there. */
export function removeControlFile(dir: string, { token }: Pick<ControlFile, "token">): void {
  const read = readControlFile(dir);
  if (read.found === "running" && read.file.token === token) {
    rmSync(join(dir, CONTROL_FILE), { force: true });
  }
}

export function readControlFile(dir: string): ReadControlFile {
  let text: string;
  try {
    text = readFileSync(join(dir, CONTROL_FILE), "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { found: "none" };
    return { found: "damaged", why: message };
  }
  const file = controlFileIn(text);
  if (file === undefined) return { found: "damaged", why: "it says nothing useful" };
  return isAlive(file.pid) ? { found: "running", file } : { found: "stale", pid: file.pid };
}

function controlFileIn(text: string): ControlFile | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  let file: Partial<ControlFile> | null;
  try {
    file = JSON.parse(text);
  } catch {
    // The caller says that it is damaged; where exactly helps nobody.
    return undefined;
  }
  const { url, token, pid, validators } = file ?? {};
  const isSound =
    typeof url === "string" &&
    /^http:\/\/127\.0\.0\.1:[0-9]{1,5}$/.test(url) &&
    typeof token === "string" &&
    /^[0-9a-f]{64}$/.test(token) &&
    isCount(pid, Number.MAX_SAFE_INTEGER) &&
    isCount(validators, MAX_VALIDATORS);
  return isSound ? { url, token, pid, validators } : undefined;
}

function isCount(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Of another user, but there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
