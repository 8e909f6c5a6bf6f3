// Gossipsub's RPCs by hand: what the library would never put together.

import { RPC } from "@chainsafe/libp2p-gossipsub/message";
import { concatBytes } from "../../crypto/index.ts";

type Rpc = Parameters<typeof RPC.encode>[0];

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.of(...bytes, rest);
}

export function framed(bytes: Uint8Array): Uint8Array {
  return concatBytes(varint(bytes.length), bytes);
}

export function rpc(parts: Partial<NonNullable<Rpc>>): Uint8Array {
  return framed(RPC.encode({ subscriptions: [], messages: [], ...parts }));
}

export function control(parts: object): Uint8Array {
  const none = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] };
  return rpc({ control: { ...none, ...parts } });
}

export function said(topic: string, ...datas: readonly Uint8Array[]): Uint8Array {
  return rpc({ messages: datas.map((data) => ({ topic, data })) });
}
