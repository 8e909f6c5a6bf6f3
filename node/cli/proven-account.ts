// An account as one node proves it: nothing is shown that the certificate of a quorum does not bear out.

import { readFile } from "node:fs/promises";
import { formatAddress, fromHex, HASH_BYTES, toHex } from "../../crypto/index.ts";
import { nativeScheme } from "../../crypto/native/index.ts";
import { chainIdOf, type Genesis } from "../chain/index.ts";
import { ClientError, createClient } from "../client/index.ts";
import { readGenesis } from "../genesis/index.ts";
import { clientOf } from "./asking.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import type { Environment } from "./output.ts";
import { addressFrom } from "./values.ts";

export type AccountQuestion = {
  readonly rpc: string;
  /** The file to believe. */
  readonly genesis: string;
  readonly env: Environment;
};

/** `code` of a ClientError that says nothing about the chain. */
const UNANSWERED: readonly string[] = ["UNREACHABLE", "NO_ANSWER"];

/**
 * @throws {ClientError} when the node cannot be asked, or what it says does not hold
 * @throws {CommandFailure} WRONG_GENESIS when it does not hold because the two are of different chains
 */
export async function provenAccount(name: string, question: AccountQuestion) {
  const { rpc, genesis, env } = question;
  const who = addressFrom(name, env);
  const believed = await readGenesis(genesis);
  const client = createClient({
    urls: [rpc],
    genesis: await readFile(genesis, "utf8"),
    scheme: nativeScheme(),
  });
  const account = await client.account(who).catch(async (error: unknown) => {
    throw (await otherChain(error, believed, question)) ?? error;
  });
  const { address, balance, nonce, key, height, timestampMs } = account;
  return {
    address: formatAddress(address),
    balance: balance.toString(),
    nonce,
    ...(key === undefined ? {} : { key: toHex(key) }),
    height,
    time: new Date(timestampMs).toISOString(),
  };
}

/** A node that says itself that it is of another chain lies about nothing: somebody took the wrong file, or the wrong node. */
async function otherChain(
  error: unknown,
  believed: Genesis,
  { rpc, genesis }: AccountQuestion,
): Promise<CommandFailure | undefined> {
  if (!(error instanceof ClientError) || UNANSWERED.includes(error.code)) return undefined;
  const client = await clientOf(rpc);
  // Whoever cannot be asked for this either has failed already, in words of its own.
  const answer = await client.status().catch(() => undefined);
  const chainId = toHex(chainIdOf(believed));
  if (!answer?.ok || fromHex(answer.value.chainId)?.length !== HASH_BYTES) return undefined;
  if (answer.value.chainId === chainId) return undefined;
  return new CommandFailure({
    message: `the node at ${client.url} is of another chain than ${genesis}`,
    remedy:
      `the node's  ${answer.value.chainId}\n${genesis}  ${chainId}\n` +
      "name the genesis of the node's chain with --genesis, or a node of this one with --rpc",
    exitCode: EXIT_CODES.wrongGenesis,
    code: "WRONG_GENESIS",
    cause: error,
  });
}
