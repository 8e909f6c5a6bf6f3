// Counting connections and what is under way on them.

import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { Connections } from "../../../node/rpc/connections.ts";

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

const socketFrom = (address: string) => new FakeSocket(address) as unknown as Socket;

const begin = (connections: Connections, socket: Socket) => {
  const outgoing = Object.assign(new EventEmitter(), { headersSent: false });
  const began = connections.begin(
    { socket } as IncomingMessage,
    outgoing as unknown as ServerResponse,
  );
  return { began, outgoing };
};

describe("an address", () => {
  test("may not have more connections than its share, and others still may", () => {
    const connections = new Connections({ maxConnectionsPerAddress: 2, maxRequestsInFlight: 1 });
    const sockets = [1, 2, 3].map(() => socketFrom("192.0.2.1"));
    expect(sockets.map((socket) => connections.admit(socket))).toEqual([true, true, false]);
    expect(sockets.map((socket) => socket.destroyed)).toEqual([false, false, true]);
    expect(connections.admit(socketFrom("192.0.2.2"))).toBe(true);
  });

  test("has its share again once one is closed, and not before", () => {
    const connections = new Connections({ maxConnectionsPerAddress: 1, maxRequestsInFlight: 1 });
    const first = socketFrom("192.0.2.1");
    connections.admit(first);
    expect(connections.admit(socketFrom("192.0.2.1"))).toBe(false);
    expect(connections.admit(socketFrom("192.0.2.1"))).toBe(false);
    first.destroy();
    expect(connections.admit(socketFrom("192.0.2.1"))).toBe(true);
  });

  test("of this machine has no share", () => {
    const connections = new Connections({ maxConnectionsPerAddress: 1, maxRequestsInFlight: 1 });
    expect(connections.admit(socketFrom("127.0.0.1"))).toBe(true);
    expect(connections.admit(socketFrom("127.0.0.1"))).toBe(true);
  });
});

describe("a connection", () => {
  const limits = { maxConnectionsPerAddress: 1, maxRequestsInFlight: 2 };

  test("has room for another request once one is answered", () => {
    const connections = new Connections(limits);
    const socket = socketFrom("192.0.2.1");
    connections.admit(socket);
    const first = begin(connections, socket);
    expect(first.began).toBe(true);
    expect(begin(connections, socket).began).toBe(true);
    const third = begin(connections, socket);
    expect(third.began).toBe(false);
    third.outgoing.emit("close");
    first.outgoing.emit("close");
    expect(begin(connections, socket).began).toBe(true);
  });

  test("that was never admitted gets nothing", () => {
    expect(begin(new Connections(limits), socketFrom("192.0.2.1")).began).toBe(false);
  });

  test("can take a raw answer only while no other has begun", () => {
    const connections = new Connections(limits);
    const socket = socketFrom("192.0.2.1");
    connections.admit(socket);
    expect(connections.isUnanswered(socket)).toBe(true);
    const { outgoing } = begin(connections, socket);
    expect(connections.isUnanswered(socket)).toBe(true);
    outgoing.headersSent = true;
    expect(connections.isUnanswered(socket)).toBe(false);
  });
});

describe("quiet", () => {
  const limits = { maxConnectionsPerAddress: 1, maxRequestsInFlight: 2 };

  test("is told when the last answer is out", () => {
    const connections = new Connections(limits);
    const socket = socketFrom("192.0.2.1");
    connections.admit(socket);
    const [first, second] = [begin(connections, socket), begin(connections, socket)];
    let quiet = 0;
    connections.whenQuiet(() => {
      quiet += 1;
    });
    first.outgoing.emit("close");
    expect(quiet).toBe(0);
    second.outgoing.emit("close");
    expect(quiet).toBe(1);
  });

  test("is told at once when nothing is under way", () => {
    let quiet = 0;
    new Connections(limits).whenQuiet(() => {
      quiet += 1;
    });
    expect(quiet).toBe(1);
  });
});
