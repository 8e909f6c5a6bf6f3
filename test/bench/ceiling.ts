// The signature ceiling: how many transactions a second four validators on this machine could check if they did nothing
// else. Every core verifies with the fastest back end for a moment; each validator checks every transaction once.

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { secretKey } from "../../crypto/index.ts";
import { createSigner, nativeScheme } from "../../crypto/native/index.ts";

export type Ceiling = {
  readonly cores: number;
  /** All cores together. */
  readonly verifiesPerSecond: number;
  readonly transactionsPerSecond: number;
};

const PROGRAM = fileURLToPath(import.meta.url);
const DURATION_MS = 1_500;
const MESSAGE_BYTES = 200;
const KEYS = 64;

export async function measureCeiling(validators: number): Promise<Ceiling> {
  const cores = availableParallelism();
  const rates = await Promise.all(Array.from({ length: cores }, measureOne));
  const verifiesPerSecond = rates.reduce((sum, rate) => sum + rate, 0);
  return { cores, verifiesPerSecond, transactionsPerSecond: verifiesPerSecond / validators };
}

function measureOne(): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(PROGRAM, { workerData: { task: "verify" } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** Checks a second on this thread. */
function verifyForAWhile(): number {
  const scheme = nativeScheme();
  const checks = Array.from({ length: KEYS }, (_, index) => {
    const signer = createSigner(secretKey(new Uint8Array(32).fill(index + 1)));
    const message = new Uint8Array(MESSAGE_BYTES).fill(index);
    return { publicKey: signer.publicKey, message, signature: signer.sign(message) };
  });
  let count = 0;
  const start = performance.now();
  while (performance.now() - start < DURATION_MS) {
    for (const check of checks) if (scheme.verifyQuick(check)) count += 1;
  }
  return (count / (performance.now() - start)) * 1_000;
}

if (!isMainThread && (workerData as { readonly task?: string } | null)?.task === "verify") {
  parentPort?.postMessage(verifyForAWhile());
}
