// The load of a scenario against a chain that is a small HTTP server: every transfer that it takes is final at once.

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addressOf, hash, publicKey, secretKey, toHex } from "../../../crypto/index.ts";
import { createSigner } from "../../../crypto/native/index.ts";
import { Load } from "../../../devnet/session/load.ts";
import { decodeSignedTransaction } from "../../../node/transaction/index.ts";

const ACCOUNTS = [0, 1].map((index) => {
  const secret = secretKey(new Uint8Array(32).fill(index + 1));
  const signer = createSigner(secret);
  return { name: `dev${index}`, publicKey: publicKey(signer.publicKey), secretKey: secret };
});
const HASH = toHex(hash(new Uint8Array(32)));
/** Nobody listens there. */
const DEAD = "http://127.0.0.1:1";

type Taken = { readonly sender: string; readonly nonce: number; readonly bytes: string };

let server: Server;
let url: string;
let load: Load | undefined;
let taken: Taken[];
/** So many waits for the end are cut short, as by a validator that is killed. */
let broken: number;
let isEnough: () => void;

beforeEach(async () => {
  taken = [];
  broken = 0;
  isEnough = () => {};
  server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? "";
    bodyOf(incoming).then(
      (body) => {
        if (path.startsWith("/v1/txs?") && broken > 0) {
          broken -= 1;
          take(body);
          incoming.socket.destroy();
          return;
        }
        outgoing.setHeader("content-type", "application/json");
        outgoing.end(JSON.stringify(answerTo(path, body)));
      },
      () => outgoing.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  load?.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function answerTo(path: string, body: Buffer): unknown {
  if (path === "/v1/status") {
    const finalized = { height: 9, hash: HASH, stateRoot: HASH };
    const pool = { count: 0, bytes: 0 };
    const rest = { validators: [], peers: [], pool };
    return { chainId: HASH, version: "1", height: 9, view: 9, finalized, ...rest };
  }
  if (path.startsWith("/v1/accounts/")) {
    const address = path.split("/").at(-1) ?? "";
    // Behind its own chain: the sender knows better what it has sent.
    return { address, balance: "1000", nonce: 0 };
  }
  if (path === "/v1/txs/batch") {
    for (let at = 0; at < body.length; ) {
      const length = body.readUInt32BE(at);
      take(body.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    return { results: [] };
  }
  take(body);
  return { hash: HASH, state: "final", result: "ok", height: 10 };
}

function take(body: Buffer): void {
  const decoded = decodeSignedTransaction(new Uint8Array(body));
  if (!decoded.ok) throw new Error("these bytes are no transaction");
  const { transaction } = decoded.value;
  const { nonce } = transaction;
  taken.push({ sender: toHex(transaction.sender), nonce, bytes: body.toString("hex") });
  isEnough();
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function start(urls: readonly string[]): void {
  load = new Load({
    chainId: hash(new Uint8Array(32)),
    accounts: ACCOUNTS,
    fee: 1n,
    perSecond: 200,
    urls: () => urls,
    onFailure: (error) => {
      throw error;
    },
  });
  load.start();
}

/** So many of each account. */
function until(count: number): Promise<void> {
  return new Promise((resolve) => {
    isEnough = () => {
      if ([0, 1].every((account) => noncesOf(account).length >= count)) resolve();
    };
    isEnough();
  });
}

function noncesOf(account: number): readonly number[] {
  const [one, other] = ACCOUNTS;
  const key = (account === 0 ? one : other)?.publicKey;
  const sender = key === undefined ? "" : toHex(addressOf(key));
  return taken.filter((each) => each.sender === sender).map(({ nonce }) => nonce);
}

function countedUp(nonces: readonly number[]): readonly number[] {
  return Array.from({ length: nonces.length }, (_, nonce) => nonce);
}

test("a load sends the transfers of each account in the order of its nonces", async () => {
  start([url]);
  await until(50);
  for (const account of [0, 1]) {
    const nonces = noncesOf(account);
    expect(nonces).toEqual(countedUp(nonces));
  }
});

test("a load finds a validator that lives", async () => {
  start([DEAD, url]);
  await until(1);
  expect(noncesOf(0)[0]).toBe(0);
  expect(noncesOf(1)[0]).toBe(0);
});

test("what a validator took with it when it died is sent again, byte for byte", async () => {
  broken = 1;
  start([url]);
  await until(30);
  const byPlace = new Map<string, Set<string>>();
  for (const { sender, nonce, bytes } of taken) {
    const place = `${sender} ${nonce}`;
    byPlace.set(place, (byPlace.get(place) ?? new Set()).add(bytes));
  }
  expect(byPlace.size).toBeLessThan(taken.length);
  for (const bytes of byPlace.values()) expect(bytes.size).toBe(1);
});
