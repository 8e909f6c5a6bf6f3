// An account as one node proves it: nothing is shown that the certificate of a quorum does not bear out.

import { readFile } from "node:fs/promises";
import { formatAddress, toHex } from "../../crypto/index.ts";
import { nativeScheme } from "../../crypto/native/index.ts";
import { createClient } from "../client/index.ts";
import { readGenesis } from "../genesis/index.ts";
import type { Environment } from "./output.ts";
import { addressFrom } from "./values.ts";

export type AccountQuestion = {
  readonly rpc: string;
  /** The file to believe. */
  readonly genesis: string;
  readonly env: Environment;
};

/** @throws {ClientError} when the node cannot be asked, or what it says does not hold */
export async function provenAccount(name: string, { rpc, genesis, env }: AccountQuestion) {
  const who = addressFrom(name, env);
  // For its errors: what is wrong with the file, and where.
  await readGenesis(genesis);
  const client = createClient({
    urls: [rpc],
    genesis: await readFile(genesis, "utf8"),
    scheme: nativeScheme(),
  });
  const { address, balance, nonce, key, height, timestampMs } = await client.account(who);
  return {
    address: formatAddress(address),
    balance: balance.toString(),
    nonce,
    ...(key === undefined ? {} : { key: toHex(key) }),
    height,
    time: new Date(timestampMs).toISOString(),
  };
}
