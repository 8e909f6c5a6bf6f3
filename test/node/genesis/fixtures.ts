// A small genesis, and its JSON to spoil.

import {
  type Address,
  address,
  formatAddress,
  type PublicKey,
  publicKey,
} from "../../../crypto/index.ts";
import {
  BUILT_IN_APPLICATION,
  DEFAULT_CONSENSUS_PARAMS,
  DEFAULT_LEDGER_PARAMS,
  type Genesis,
} from "../../../node/chain/index.ts";
import { genesisJson } from "../../../node/genesis/index.ts";

export const keyOf = (byte: number): PublicKey => publicKey(new Uint8Array(32).fill(byte));
export const addressAt = (byte: number): Address => address(new Uint8Array(20).fill(byte));
export const addressText = (byte: number): string => formatAddress(addressAt(byte));

export const genesis: Genesis = {
  version: 1,
  name: "testnet-1",
  genesisTimeMs: 1_700_000_000_000,
  validators: [
    { publicKey: keyOf(1), networkKey: keyOf(2), power: 1 },
    { publicKey: keyOf(3), networkKey: keyOf(4), power: 5 },
  ],
  accounts: [
    { address: addressAt(9), balance: 1_000n },
    { address: addressAt(8), balance: 18_446_744_073_709_550_615n },
  ],
  consensus: DEFAULT_CONSENSUS_PARAMS,
  ledger: DEFAULT_LEDGER_PARAMS,
  application: BUILT_IN_APPLICATION,
};

// biome-ignore lint/suspicious/noExplicitAny: tests reach into JSON to spoil it
type Json = any;

/** The text of `genesis` after a change to its JSON. */
export function changed(change: (json: Json) => void): string {
  const json: Json = JSON.parse(genesisJson(genesis));
  change(json);
  return JSON.stringify(json);
}
