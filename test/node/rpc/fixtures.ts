// A fake node behind the real HTTP server.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { genesisQc } from "../../../consensus/index.ts";
import {
  type Address,
  address,
  epoch,
  type Hash,
  hash,
  height,
  nonce,
  publicKey,
  signature,
  signatureList,
  view,
} from "../../../crypto/index.ts";
import { createLogger } from "../../../node/logging/index.ts";
import {
  type BlockView,
  createRpc,
  type NodeApi,
  type NodeStatus,
  type RpcLimits,
  type TransactionStatus,
} from "../../../node/rpc/index.ts";
import { expectDocumented } from "./answers.ts";

export const hashOf = (byte: number): Hash => hash(new Uint8Array(32).fill(byte));
export const hexOf = (byte: number, count = 32): string =>
  `0x${byte.toString(16).padStart(2, "0").repeat(count)}`;
export const accountAddress: Address = address(new Uint8Array(20).fill(5));

/** The id that the fake node gives to bytes: their first byte, 32 times. */
const fakeId = (bytes: Uint8Array): Hash => hashOf(bytes[0] ?? 0);

export const finalStatus: Extract<TransactionStatus, { state: "final" }> = {
  state: "final",
  height: height(12),
  block: hashOf(0xb1),
  receipt: {
    transaction: hashOf(1),
    index: 3,
    result: "ok",
    code: "",
    feePaid: 18_446_744_073_709_551_615n,
    output: Uint8Array.of(0xca, 0xfe),
  },
};

const justify = genesisQc({ epoch: epoch(0), block: hashOf(0xa0) });

export const blockView: BlockView = {
  hash: hashOf(0xb1),
  block: {
    epoch: epoch(0),
    view: view(14),
    height: height(12),
    parent: hashOf(0xb0),
    justify,
    payload: hashOf(0xaa),
    timestampMs: 1_700_000_000_000,
    proposer: 2,
  },
  transactions: [hashOf(1), hashOf(2)],
  cert: {
    epoch: epoch(0),
    view: view(14),
    height: height(12),
    block: hashOf(0xb1),
    stateRoot: hashOf(0x55),
    signatures: signatureList([{ signer: 1, signature: signature(new Uint8Array(64).fill(9)) }]),
  },
};

export const nodeStatus: NodeStatus = {
  chainId: hashOf(0xc1),
  chainName: "fake",
  node: { role: "validator", index: 1, publicKey: publicKey(new Uint8Array(32).fill(0x11)) },
  version: "0.1.0",
  height: height(12),
  view: view(15),
  finalized: {
    height: height(12),
    hash: hashOf(0xb1),
    stateRoot: hashOf(0x55),
    timestampMs: 1_700_000_000_000,
  },
  validators: [{ publicKey: publicKey(new Uint8Array(32).fill(0x11)), power: 1 }],
  peers: [{ index: 0, connected: true }, { connected: false }],
  sync: { state: "synced" },
  pool: { count: 2, bytes: 500 },
  minFee: 1n,
};

/** What the fake node's proofs are made of. */
export const PROOF = Uint8Array.of(0xfe, 0xed);

/** Nothing stands under any key; proofs are of the height before the last. */
function stateView(asked: { readonly key: Uint8Array; readonly proof: boolean }) {
  const view = { key: asked.key, value: undefined };
  const proven = { ...view, height: height(11), proof: PROOF };
  return { ok: true, value: asked.proof ? proven : { ...view, height: height(12) } } as const;
}

/** Takes everything and keeps it pending; whatever a test says instead comes first. */
export function fakeApi(overrides: Partial<NodeApi> = {}): NodeApi {
  const submit: NodeApi["submit"] = async (bytes) => ({
    ok: true,
    hash: fakeId(bytes),
    status: { state: "pending" },
  });
  const api: NodeApi = {
    status: () => nodeStatus,
    submit,
    submitBatch: (transactions) => Promise.all(transactions.map((bytes) => api.submit(bytes))),
    transaction: () => ({ state: "pending" }),
    waitFor: async () => ({ state: "pending" }),
    account: () => ({ balance: 18_446_744_073_709_551_615n, nonce: nonce(7), height: height(12) }),
    state: (key, { proof }) => stateView({ key, proof }),
    query: ({ argument }, { proof }) => stateView({ key: argument, proof }),
    receiptProof: () => ({
      ok: true,
      value: { final: finalStatus, certifiedHeight: height(13), proof: PROOF },
    }),
    block: () => blockView,
    events: () => ({ tip: () => height(0), finalAt: () => undefined, subscribe: () => () => {} }),
    live: () => [],
    ready: () => [],
    metrics: async () => "quorate_height 12\n",
    ...overrides,
  };
  return api;
}

export type Served = {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
  /** What was logged, as objects. */
  readonly logged: readonly Record<string, unknown>[];
  /** The HTTP status of every answer so far. */
  readonly statuses: readonly number[];
};

/** Serves until the test is over. */
export async function serve(
  api: NodeApi = fakeApi(),
  limits: Partial<RpcLimits> = {},
): Promise<Served> {
  const logged: Record<string, unknown>[] = [];
  const statuses: number[] = [];
  const log = createLogger({
    level: "info",
    destination: { write: (line) => logged.push(JSON.parse(line)) },
  });
  const answered = (status: number) => statuses.push(status);
  const rpc = createRpc({ api, host: "127.0.0.1", port: 0, log, limits, answered });
  const { url, port } = await rpc.start();
  onTestFinished(rpc.stop);
  return { url, port, stop: rpc.stop, logged, statuses };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
export type Json = any;

/** Every answer is held against the document. */
export async function get(url: string): Promise<{ status: number; body: Json; answer: Response }> {
  const answer = await fetch(url);
  const body = (await answer.json()) as Json;
  expectDocumented({ method: "get", url }, answer, body);
  return { status: answer.status, body, answer };
}

export async function post(
  url: string,
  body: Uint8Array | string,
  type = typeof body === "string" ? "application/json" : "application/octet-stream",
): Promise<{ status: number; body: Json; answer: Response }> {
  const headers = { "content-type": type };
  const answer = await fetch(url, {
    method: "POST",
    body: body as string | Uint8Array<ArrayBuffer>,
    headers,
  });
  const answered = (await answer.json()) as Json;
  expectDocumented({ method: "post", url }, answer, answered);
  return { status: answer.status, body: answered, answer };
}

/** Opens a connection that the test writes bytes to, closed with it. */
export async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, "connect");
  return socket;
}

/** Everything that arrives until the other side ends the connection. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

export function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
} {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle?.(value) };
}
