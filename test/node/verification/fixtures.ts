// Transactions good and bad, and worker files that misbehave on purpose.

import {
  addressOf,
  concatBytes,
  hash,
  height,
  nonce,
  publicKey,
  type Signer,
  secretKey,
  signature,
} from "../../../crypto/index.ts";
import { createSigner } from "../../../crypto/native/index.ts";
import { type SignedTransaction, signTransaction } from "../../../node/transaction/index.ts";

export const chainId = hash(new Uint8Array(32).fill(1));
const otherChainId = hash(new Uint8Array(32).fill(2));

const alice = createSigner(secretKey(new Uint8Array(32).fill(7)));

export function signed(
  number: number,
  { chain = chainId, signer = alice, callBytes = 33 } = {},
): SignedTransaction {
  const unsigned = {
    chainId: chain,
    sender: addressOf(signer.publicKey),
    publicKey: signer.publicKey,
    nonce: nonce(number),
    fee: 1n,
    validUntilHeight: height(100),
    call: new Uint8Array(callBytes).fill(number),
  };
  return signTransaction(unsigned, signer);
}

export function signedRange(count: number): readonly SignedTransaction[] {
  return Array.from({ length: count }, (_, number) => signed(number));
}

/** Key and R are the neutral point and S is 0: valid by ZIP-215, refused by every library's own check. */
const nobody: Signer = {
  publicKey: publicKey(Uint8Array.of(1, ...new Uint8Array(31))),
  sign: () => signature(Uint8Array.of(1, ...new Uint8Array(63))),
};

export const signedWithSmallOrder = signed(0, { signer: nobody });

export const wronglySigned = flipped(signed(0).bytes, -1 - 40);
export const onOtherChain = signed(0, { chain: otherChainId }).bytes;
export const truncated = signed(0).bytes.slice(0, 100);
export const trailing = concatBytes(signed(0).bytes, Uint8Array.of(0));
export const ofUnknownVersion = flipped(signed(0).bytes, 0);

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] as number) ^ 0x80;
  return copy;
}

/** The real worker. Threads cannot run TypeScript, so these tests want a build first, as `npm test` does. */
export const builtWorker = new URL("../../../dist/node/verification/worker.js", import.meta.url);
export const builtIndex = new URL("../../../dist/node/verification/index.js", import.meta.url);

export const silentWorker = workerOf("port.on('message', () => {});");
export const throwingWorker = workerOf("port.on('message', () => { throw new Error('boom'); });");
export const endingWorker = workerOf("port.on('message', () => process.exit(3));");
export const unstartableWorker = workerOf("throw new Error('no libsodium today');");

/** Accepts everything; instead of an id it tells the number of the question and how many transactions it held. */
export const tellingWorker = workerOf(`
  let questions = 0;
  port.on('message', (question) => {
    const bytes = new Uint8Array(question);
    let count = 0;
    for (let at = 1; at < bytes.length; at += 2 + bytes[at] * 256 + bytes[at + 1]) count += 1;
    const answer = new Uint8Array(33 * count).fill(1, 0, count);
    for (let index = 0; index < count; index++) answer.set([questions, count], count + 32 * index);
    questions += 1;
    port.postMessage(answer.buffer, [answer.buffer]);
  });`);

function workerOf(body: string): URL {
  const source = `import { parentPort as port } from 'node:worker_threads';\n${body}`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
