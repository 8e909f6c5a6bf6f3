// All vectors of the wire, as wire.json holds them. Deterministic: fixed seeds, no clock.

import { toHex } from "../../crypto/index.ts";
import { addressRefusals, codecEncodings, codecRefusals, keyVectors } from "./codec-vectors.ts";
import {
  certificateVectors,
  consensusEncodings,
  genesisVector,
  signatureVectors,
} from "./consensus-vectors.ts";
import { receiptProofVectors, stateProofVectors } from "./proof-vectors.ts";
import { smallChain } from "./small-chain.ts";
import {
  entryVectors,
  keyExamples,
  mapVectors,
  previousVectors,
  receiptRefusals,
  receiptVectors,
  treeRefusals,
  treeVectors,
  valueEncodings,
} from "./state-vectors.ts";
import {
  callEncodings,
  callRefusals,
  transactionRefusals,
  transactionVectors,
} from "./transaction-vectors.ts";
import type { Encoding, Refusal } from "./vector.ts";

export type WireVectors = ReturnType<typeof wireVectors>;

export const WIRE_FILE = "test/vectors/wire.json";

export function wireVectors() {
  const chain = smallChain();
  const encodings: Readonly<Record<string, readonly Encoding[]>> = {
    ...codecEncodings(),
    call: callEncodings(chain),
    ...consensusEncodings(chain),
    ...valueEncodings(chain),
  };
  const refusals: Readonly<Record<string, readonly Refusal[]>> = {
    ...codecRefusals(),
    call: callRefusals(chain),
    receipt: receiptRefusals(chain),
  };
  return {
    about: "Test vectors of node/WIRE.md, made by test/vectors/make-wire.ts. Play keys only.",
    keys: keyVectors(chain),
    addressRefusals: addressRefusals(chain),
    encodings,
    refusals,
    transactions: transactionVectors(chain),
    transactionRefusals: transactionRefusals(chain),
    genesis: genesisVector(chain),
    blockHashes: [chain.first, chain.second, chain.third].map(({ hash }) => toHex(hash)),
    signatures: signatureVectors(chain),
    certificates: certificateVectors(chain),
    receipts: receiptVectors(chain),
    trees: treeVectors(chain),
    treeRefusals: treeRefusals(chain),
    map: mapVectors(),
    entries: entryVectors(chain),
    keyExamples: keyExamples(),
    previous: previousVectors(chain),
    stateProofs: stateProofVectors(chain),
    receiptProofs: receiptProofVectors(chain),
  };
}
