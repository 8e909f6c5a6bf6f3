// Connections and requests by hand, as attackers make them: for the cases and for the benchmark under attack.

import { connect, type Socket } from "node:net";

export type Bytes = string | Uint8Array;

export const HOST = "host: node\r\n";
export const RAW = "content-type: application/octet-stream\r\n";
export const JSON_TYPE = "content-type: application/json\r\n";

export function get(path: string, headers = ""): string {
  return `GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`;
}

export function post(path: string, body: Bytes, headers = JSON_TYPE): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const head = `POST ${path} HTTP/1.1\r\n${HOST}${headers}content-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** Opens a connection; errors of its own end are what attackers live with. */
export function dial(port: number, localAddress?: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** Resolves when the node has ended the connection. Reads and forgets what comes until then. */
export function ended(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

/** So many connections, in groups that a listening port has room for; those that were refused are left out. */
export async function crowd(count: number, open: (index: number) => Promise<Socket>) {
  const sockets: Socket[] = [];
  let gone = 0;
  while (sockets.length + gone < count) {
    const size = Math.min(200, count - sockets.length - gone);
    const opened = await Promise.all(
      Array.from({ length: size }, (_, at) =>
        open(sockets.length + gone + at).catch(() => undefined),
      ),
    );
    for (const socket of opened) {
      if (socket === undefined) gone += 1;
      else sockets.push(socket);
    }
  }
  return {
    sockets,
    /** How many the node has hung up on or never let in. */
    refused: () => gone + sockets.filter((socket) => socket.closed || socket.destroyed).length,
    leave: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
