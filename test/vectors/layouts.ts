// Every layout that WIRE.md describes, by the name that wire.json uses for it.

import {
  blockCodec,
  commitCertCodec,
  messageCodec,
  quorumCertCodec,
  timeoutCertCodec,
} from "../../consensus/index.ts";
import {
  type Codec,
  constant,
  list,
  merkleProofCodec,
  optional,
  signatureListCodec,
  struct,
  uint8,
  uint16,
  uint32,
  uint53,
  uint64,
  union,
  variableBytes,
} from "../../crypto/index.ts";
import { genesisCodec } from "../../node/chain/index.ts";
import {
  accountCodec,
  lastBlockCodec,
  leaseCodec,
  mapProofCodec,
  receiptCodec,
  recordCodec,
  recordedOffenceCodec,
} from "../../node/ledger/index.ts";
import { receiptProofCodec, stateProofCodec } from "../../node/proof/index.ts";
import { callCodec } from "../../node/transaction/index.ts";

export type Shape =
  | { readonly type: "point"; readonly x: number; readonly y: number }
  | { readonly type: "text"; readonly text: Uint8Array };

/** `list`, `optional`, `struct` and `union` stand for all of their kind. */
export const LAYOUTS = {
  uint8,
  uint16,
  uint32,
  uint53,
  uint64,
  "bytes, at most 4": variableBytes(4),
  "list of uint16, at most 3": list(uint16, 3),
  "optional uint8": optional(uint8),
  "union of point (7: uint8 x, uint8 y) and text (9: bytes, at most 4)": union<Shape>({
    point: [
      7,
      struct<Extract<Shape, { type: "point" }>>({ type: constant("point"), x: uint8, y: uint8 }),
    ],
    text: [
      9,
      struct<Extract<Shape, { type: "text" }>>({ type: constant("text"), text: variableBytes(4) }),
    ],
  }),
  signatureList: signatureListCodec,
  call: callCodec,
  genesis: genesisCodec,
  block: blockCodec,
  quorumCert: quorumCertCodec,
  commitCert: commitCertCodec,
  timeoutCert: timeoutCertCodec,
  message: messageCodec,
  receipt: receiptCodec,
  merkleProof: merkleProofCodec,
  mapProof: mapProofCodec,
  lastBlock: lastBlockCodec,
  account: accountCodec,
  record: recordCodec,
  lease: leaseCodec,
  offence: recordedOffenceCodec,
  stateProof: stateProofCodec,
  receiptProof: receiptProofCodec,
} as const;

export function layoutNamed(name: string): Codec<unknown> {
  const named: ReadonlyMap<string, unknown> = new Map(Object.entries(LAYOUTS));
  const layout = named.get(name);
  if (layout === undefined) throw new Error(`there is no layout ${name}`);
  return layout as Codec<unknown>;
}
