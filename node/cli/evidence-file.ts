// What `quorate verify` is given: the JSON answer of a node, or the bytes of a proof, raw or as 0x-hex text.

import { createReadStream } from "node:fs";
import { fromHex } from "../../crypto/index.ts";
import { CommandFailure, usageFailure } from "./failure.ts";

export type Evidence = {
  readonly proof: Uint8Array;
  /** What stood beside the proof; undefined for the bare bytes. */
  readonly answer?: Readonly<Record<string, unknown>>;
};

/** The largest proof in hex, twice over. */
const MAX_FILE_BYTES = 512 * 1024;

/** `-` is stdin. @throws {CommandFailure} for what is no evidence at all */
export async function readEvidence(file: string): Promise<Evidence> {
  const content = await readBounded(file);
  const text = new TextDecoder("latin1").decode(content).trim();
  if (text.startsWith("{")) return answerIn(text, file);
  if (!text.startsWith("0x")) return { proof: content };
  const proof = fromHex(text);
  if (proof === undefined) throw usageFailure(`${file} holds no proper hex`);
  return { proof };
}

function answerIn(text: string, file: string): Evidence {
  const answer = parsed(text, file);
  const proof = typeof answer.proof === "string" ? fromHex(answer.proof) : undefined;
  if (proof !== undefined) return { proof, answer };
  throw usageFailure(
    `${file} holds an answer without a proof`,
    "ask with ?proof=1, or for /v1/txs/HASH/proof",
  );
}

function parsed(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usageFailure(`${file} holds no JSON: ${why}`);
  }
}

async function readBounded(file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = file === "-" ? process.stdin : createReadStream(file);
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_FILE_BYTES) break;
    }
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
    const message = `${file} cannot be read${reason}`;
    throw new CommandFailure({
      message,
      remedy: "check the path",
      exitCode: 2,
      code: "FILE",
      cause,
    });
  }
  if (length > MAX_FILE_BYTES) throw usageFailure(`${file} is too large to be a proof`);
  return new Uint8Array(Buffer.concat(chunks));
}
