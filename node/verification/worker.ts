// The entry of a worker thread: answers each question, in order. Whatever it throws ends the thread, and with it the pool.

import { parentPort } from "node:worker_threads";
import { assert } from "../../crypto/index.ts";
import { nativeScheme } from "../../crypto/native/index.ts";
import { answerQuestion } from "./chunk.ts";

const port = parentPort;
assert(port !== null, "the verification worker runs in a worker thread");
const scheme = nativeScheme();

port.on("message", (question: ArrayBuffer) => {
  const answer = answerQuestion(question, scheme);
  port.postMessage(answer, [answer]);
});
