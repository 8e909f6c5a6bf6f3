// Small text files that a node reads once, whole: bounded before a byte is read.

import { type FileHandle, open } from "node:fs/promises";

export type TextFile =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly refusal: "missing" | "not-utf8" }
  | { readonly ok: false; readonly refusal: "too-large"; readonly bytes: number }
  | { readonly ok: false; readonly refusal: "unreadable"; readonly cause: unknown };

export async function readTextFile(path: string, maxBytes: number): Promise<TextFile> {
  let file: FileHandle | undefined;
  let bytes: Uint8Array;
  try {
    file = await open(path, "r");
    const { size } = await file.stat();
    if (size > maxBytes) return { ok: false, refusal: "too-large", bytes: size };
    const buffer = new Uint8Array(size);
    const { bytesRead } = await file.read(buffer, 0, size, 0);
    bytes = buffer.subarray(0, bytesRead);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { ok: false, refusal: "missing" };
    return { ok: false, refusal: "unreadable", cause: error };
  } finally {
    await file?.close();
  }
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    // A fatal decoder throws for nothing else.
    return { ok: false, refusal: "not-utf8" };
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
