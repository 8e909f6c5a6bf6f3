// HTTP by hand, for what no client library would send: bytes in, the answer that comes back or the end of the connection.

import type { Socket } from "node:net";
import { expect } from "vitest";
import type { Behaviour, HostileCase } from "./case.ts";
import type { HostileChain } from "./chain.ts";
import { type Bytes, dial } from "./sockets.ts";

export type Answer =
  | {
      readonly status: number;
      readonly head: string;
      readonly body: string;
      /** Of a problem document. */
      readonly code: string | undefined;
    }
  /** The node hung up and said nothing. */
  | "hung-up";

/** The first whole answer on the connection. */
export function answerOn(socket: Socket): Promise<Answer> {
  return new Promise((resolve) => {
    let text = "";
    const settle = (answer: Answer) => {
      socket.off("data", onData);
      socket.off("close", onClose);
      resolve(answer);
    };
    const onData = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const answer = wholeAnswer(text);
      if (answer !== undefined) settle(answer);
    };
    const onClose = () => settle(wholeAnswer(text) ?? "hung-up");
    socket.on("data", onData);
    if (socket.closed) onClose();
    else socket.once("close", onClose);
  });
}

/** One connection, these bytes, one answer. */
export async function exchange(port: number, bytes: Bytes): Promise<Answer> {
  const socket = await dial(port);
  const answer = answerOn(socket);
  socket.write(bytes);
  const got = await answer;
  socket.destroy();
  return got;
}

function wholeAnswer(all: string): Answer | undefined {
  const text = all.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, "");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end).toLowerCase();
  const status = Number(/^http\/1\.1 ([0-9]{3})/.exec(head)?.[1] ?? Number.NaN);
  const body = text.slice(end + 4);
  const length = /\r\ncontent-length: ([0-9]+)/.exec(head)?.[1];
  if (length !== undefined && body.length < Number(length)) return undefined;
  const isProblem = head.includes("content-type: application/problem+json");
  const code = isProblem ? (JSON.parse(body) as { readonly code: string }).code : undefined;
  return { status, head, body, code };
}

export type Expected =
  | { readonly status: number; readonly code?: string }
  | "hung-up"
  /** With nothing but a refusal, and not by a crash. */
  | "refused";

export type BytesCase = {
  readonly name: string;
  readonly behaviour?: Behaviour;
  readonly bytes: Bytes | ((chain: HostileChain) => Bytes);
  readonly answer: Expected;
};

/** A case that is bytes in, answer out. */
export function bytesCase({ name, behaviour = 17, bytes, answer }: BytesCase): HostileCase {
  const run = async (chain: HostileChain) => {
    const sent = typeof bytes === "function" ? bytes(chain) : bytes;
    expectAnswer(await exchange(chain.rpcPort, sent), answer);
  };
  return { name, behaviour, run };
}

export function expectAnswer(got: Answer, expected: Expected): void {
  if (expected === "hung-up") expect(got).toBe("hung-up");
  else if (expected === "refused") {
    if (got === "hung-up") return;
    expect(got.status).toBeGreaterThanOrEqual(400);
    expect(got.status).toBeLessThan(500);
  } else expect(got).toMatchObject(expected);
}
