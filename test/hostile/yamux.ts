// Yamux frames by hand, below the library's own accounts of streams and windows.

import { closed } from "../node/network/fixture.ts";
import type { Attacker } from "./attacker.ts";

export const DATA = 0;
export const WINDOW = 1;
export const PING = 2;
export const GO_AWAY = 3;
export const SYN = 1;
export const ACK = 2;
export const FIN = 4;
export const RST = 8;

export type Frame = {
  readonly type: number;
  readonly flag?: number;
  readonly stream?: number;
  readonly length?: number;
  readonly body?: Uint8Array;
  readonly version?: number;
};

/** The parts of the library's connection that it keeps to itself. */
type Inside = {
  readonly muxer: {
    handleFrame(): void;
    readonly maConn: {
      send(bytes: Uint8Array): boolean;
      onDrain(): Promise<void>;
    };
  };
};

export function encoded({
  type,
  flag = 0,
  stream = 0,
  length,
  body,
  version = 0,
}: Frame): Uint8Array {
  const bytes = new Uint8Array(12 + (body?.length ?? 0));
  const data = new DataView(bytes.buffer);
  data.setUint8(0, version);
  data.setUint8(1, type);
  data.setUint16(2, flag);
  data.setUint32(4, stream);
  data.setUint32(8, length ?? body?.length ?? 0);
  if (body !== undefined) bytes.set(body, 12);
  return bytes;
}

/** The encrypted connection. The muxer on our side is told nothing more, or it would hang up over what it did not ask for. */
function inside({ connection }: Attacker): Inside["muxer"]["maConn"] {
  const { muxer } = connection as unknown as Inside;
  muxer.handleFrame = () => {};
  return muxer.maConn;
}

/** Sends bytes below the muxer, as long as the victim lets us; how often that was. */
export async function spill(one: Attacker, bytes: Uint8Array, times: number): Promise<number> {
  const wire = inside(one);
  let sent = 0;
  for (; sent < times && one.connection.status === "open"; sent++) {
    try {
      if (!wire.send(bytes)) await Promise.race([wire.onDrain(), closed(one.connection)]);
    } catch {
      // The victim has hung up in the meantime.
      return sent;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
}
