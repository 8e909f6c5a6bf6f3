// The server's connections: how many there are, from where, and how many requests each has under way. Refuses what goes
// beyond the limits and says when all is quiet.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { isLoopback } from "./rate-limit.ts";

export type ConnectionLimits = {
  readonly maxConnectionsPerAddress: number;
  readonly maxRequestsInFlight: number;
};

type Connection = {
  readonly address: string;
  requests: number;
  /** The newest. */
  answer: ServerResponse | undefined;
};

export class Connections {
  readonly #limits: ConnectionLimits;
  /** One entry for each open socket, so bounded by the server's own limit. */
  readonly #open = new Map<Duplex, Connection>();
  readonly #byAddress = new Map<string, number>();
  #requests = 0;
  #whenQuiet: (() => void) | undefined;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** False, and the socket is gone, when its address has too many already. */
  admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? "";
    const count = (this.#byAddress.get(address) ?? 0) + 1;
    if (count > this.#limits.maxConnectionsPerAddress && !isLoopback(address)) {
      socket.destroy();
      return false;
    }
    this.#byAddress.set(address, count);
    this.#open.set(socket, { address, requests: 0, answer: undefined });
    socket.once("close", () => this.#forget(socket));
    return true;
  }

  /** Counts the request until its answer is out; false when its connection has too many under way. */
  begin({ socket }: IncomingMessage, outgoing: ServerResponse): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined) return false;
    connection.requests += 1;
    connection.answer = outgoing;
    this.#requests += 1;
    outgoing.once("close", () => {
      connection.requests -= 1;
      this.#requests -= 1;
      if (this.#requests === 0) this.#whenQuiet?.();
    });
    return connection.requests <= this.#limits.maxRequestsInFlight;
  }

  /** May bytes be written to the socket that are no answer of a ServerResponse, without garbling one? */
  isUnanswered(socket: Duplex): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined || connection.requests === 0) return true;
    return connection.requests === 1 && connection.answer?.headersSent === false;
  }

  /** Calls back as soon as no request is under way. */
  whenQuiet(callback: () => void): void {
    if (this.#requests === 0) callback();
    else this.#whenQuiet = callback;
  }

  #forget(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    this.#open.delete(socket);
    const left = (this.#byAddress.get(connection.address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(connection.address);
    else this.#byAddress.set(connection.address, left);
  }
}
