// Validators on real ports, honest about a test chain unless a test makes them lie.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import {
  decode,
  formatAddress,
  fromHex,
  type Hash,
  parseAddress,
  toHex,
} from "../../../crypto/index.ts";
import {
  createClient,
  type LightClientOptions,
  type Suspicion,
} from "../../../node/client/index.ts";
import { accountCodec, accountKey, EMPTY_ACCOUNT } from "../../../node/ledger/index.ts";
import {
  found,
  receiptProofHex,
  signedFrom,
  stateProofHex,
  type TestChain,
} from "./chain-fixture.ts";

// biome-ignore lint/suspicious/noExplicitAny: lies reach into JSON to spoil it
export type Json = any;

export type Reply = { readonly status: number; readonly body: Json };

/** What it says instead; undefined: the truth. */
export type LieAbout = (request: {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  readonly truth: () => Promise<Reply>;
}) => Promise<Reply | undefined> | Reply | undefined;

/** What its stream says instead of one honest event; an empty list leaves it out. */
export type StreamLie = (page: Json, height: number) => readonly Json[];

export type ValidatorOptions = {
  readonly lie?: LieAbout;
  readonly streamLie?: StreamLie;
  /** A stream breaks after so many events. */
  readonly breakAfter?: number;
  /** A transaction is final as soon as it arrives. */
  readonly executes?: boolean;
};

const NOT_FOUND: Reply = problem(404, "NOT_FOUND");

export function problem(status: number, code: string, details: Json = {}): Reply {
  return { status, body: { code, status, title: code, retryable: false, details } };
}

export type TestValidator = { readonly url: string; readonly requests: string[] };

/** Serves until the test is over. */
export async function serve(
  chain: TestChain,
  options: ValidatorOptions = {},
): Promise<TestValidator> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(chain, options, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests };
}

async function answer(
  chain: TestChain,
  options: ValidatorOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(`${request.url}`, "http://node");
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = new Uint8Array(Buffer.concat(chunks));
  if (url.pathname === "/v1/events") return stream(chain, options, url, response);
  const truth = async () => honest(chain, options, url, body);
  const { pathname: path, searchParams: query } = url;
  const reply = (await options.lie?.({ path, query, body, truth })) ?? (await truth());
  const text = JSON.stringify(reply.body);
  response.writeHead(reply.status, { "content-type": "application/json" }).end(text);
}

function honest(chain: TestChain, options: ValidatorOptions, url: URL, body: Uint8Array): Reply {
  const [, , page, name = "", detail] = url.pathname.split("/");
  if (page === "accounts") return accountPage(chain, name);
  if (page === "state") return statePage(chain, found(fromHex(name)));
  if (page === "blocks") return blockPage(chain, Number(name));
  if (page === "txs" && detail === "proof") return receiptPage(chain, found(fromHex(name)) as Hash);
  if (page === "txs" && name === "") return submission(chain, options, body);
  return NOT_FOUND;
}

export function accountPage(chain: TestChain, text: string, at = chain.tip()): Reply {
  const parsed = parseAddress(text);
  if (!parsed.ok) return problem(400, "INVALID_REQUEST");
  const address = parsed.value;
  const proof = chain.stateProof(accountKey(address), at);
  const holds = Buffer.compare(proof.proof.leaf.key, proof.key) === 0;
  const decoded = holds ? decode(accountCodec, proof.proof.leaf.value) : undefined;
  const { balance, nonce } = decoded?.ok ? decoded.value : EMPTY_ACCOUNT;
  return {
    status: 200,
    body: {
      address: formatAddress(address),
      balance: `${balance}`,
      nonce,
      height: at,
      proof: stateProofHex(proof),
    },
  };
}

function statePage(chain: TestChain, key: Uint8Array): Reply {
  const held = chain.ledger.reader().get(key);
  const value = held === undefined ? null : toHex(held);
  const proof = stateProofHex(chain.stateProof(key));
  return { status: 200, body: { key: toHex(key), value, height: chain.tip(), proof } };
}

function blockPage(chain: TestChain, height: number): Reply {
  if (!(height >= 1 && height <= chain.tip())) return NOT_FOUND;
  return { status: 200, body: chain.blockPage(height) };
}

function receiptPage(chain: TestChain, id: Hash): Reply {
  const proof = chain.receiptProof(id);
  if (proof === undefined) return NOT_FOUND;
  return { status: 200, body: { hash: toHex(id), proof: receiptProofHex(proof) } };
}

function submission(chain: TestChain, { executes = true }: ValidatorOptions, body: Uint8Array) {
  const signed = signedFrom(body);
  const hash = toHex(signed.id);
  const known = chain.find(signed.id);
  if (known === undefined) {
    const { nonce, sender } = signed.transaction;
    const value = chain.ledger.reader().get(accountKey(sender));
    const decoded = value === undefined ? undefined : decode(accountCodec, value);
    const expected = decoded?.ok ? decoded.value.nonce : 0;
    if (nonce < expected) return problem(409, "NONCE_TOO_LOW", { expected });
    if (nonce > expected) return { ...problem(409, "NONCE_GAP", { expected }) };
    if (!executes) return { status: 202, body: { hash, state: "pending" } };
    chain.advance([signed]);
  }
  return { status: 200, body: { hash, state: "final", result: "ok" } };
}

/** As much of the chain as there is, then silence. */
function stream(
  chain: TestChain,
  { streamLie, breakAfter = Number.POSITIVE_INFINITY }: ValidatorOptions,
  url: URL,
  response: ServerResponse,
): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write("retry: 1000\n\n: heartbeat\n\n");
  const from = Math.max(1, Number(url.searchParams.get("from")));
  let sent = 0;
  for (let height = from; height <= chain.tip(); height++) {
    const page = chain.blockPage(height);
    for (const said of streamLie?.(page, height) ?? [page]) {
      if (sent === breakAfter) {
        response.write('event: block\ndata: {"half', () => response.destroy());
        return;
      }
      sent += 1;
      response.write(`id: ${height}.0\nevent: block\ndata: ${JSON.stringify(said)}\n\n`);
    }
  }
  if (sent === breakAfter) response.end();
}

/** A client of these validators that takes the chain's last block for now. */
export function clientOf(
  chain: TestChain,
  validators: readonly TestValidator[],
  options: Partial<LightClientOptions> = {},
) {
  const suspicions: Suspicion[] = [];
  const client = createClient({
    urls: validators.map(({ url }) => url),
    genesis: chain.genesisText,
    clock: chain.nowMs,
    rounds: 1,
    onSuspicion: (suspicion) => suspicions.push(suspicion),
    ...options,
  });
  return { client, suspicions };
}
