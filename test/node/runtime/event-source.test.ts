// The events of the chain, read from real stores.

import { describe, expect, test } from "vitest";
import { commitCertCodec } from "../../../consensus/index.ts";
import { encode, type Height, height, view } from "../../../crypto/index.ts";
import type { Receipt } from "../../../node/ledger/index.ts";
import type { Occurrence } from "../../../node/rpc/index.ts";
import { EventSource } from "../../../node/runtime/event-source.ts";
import { receiptRecords } from "../../../node/runtime/transaction-record.ts";
import { openBlockStore, openStateStore } from "../../../node/storage/index.ts";
import { blockWithBodiesCodec } from "../../../node/sync/index.ts";
import { block, committee, transfer, whole } from "../replica/fixtures.ts";
import { chain as identity, newFolder } from "../storage/fixtures.ts";

const carried = [0, 1, 2].map((nonce) => transfer({ nonce }));
const made = block(1, { with: carried });
const { hash } = whole(made, carried);
const cert = committee.commitCert(made);

const receipts = carried.map(({ id }, index): Receipt => {
  const result = (["ok", "skipped", "failed"] as const)[index] ?? "ok";
  const code = result === "ok" ? "" : "why-not";
  return { transaction: id, index, result, code, feePaid: 1n, output: Uint8Array.of(index) };
});

/** Stores at genesis, and a source that tells what is in them. */
async function opened() {
  const directory = newFolder();
  const { store: blockStore } = await openBlockStore({ directory, identity });
  const stateStore = openStateStore({ directory, identity });
  const stateRoot = cert.stateRoot;
  stateStore.commit({ height: height(0), stateRoot, changes: [], transactions: [] });
  const source = new EventSource({ blockStore, stateStore }, height(0));
  const finalize = () => {
    const bytes = encode(blockWithBodiesCodec, {
      block: made,
      bodies: carried.map((transaction) => transaction.bytes),
    });
    blockStore.putBlock({ hash, height: height(1), bytes });
    const certificate = encode(commitCertCodec, cert);
    blockStore.finalize({ hash, height: height(1), certificate });
  };
  const commit = () => {
    const records = receiptRecords(height(1), receipts);
    stateStore.commit({ height: height(1), stateRoot, changes: [], ...records });
  };
  const index = () => {
    commit();
    source.indexed(height(1));
  };
  const close = () => Promise.all([blockStore.close(), stateStore.close()]);
  return { source, blockStore, stateStore, finalize, commit, index, close };
}

describe("the source of events", () => {
  test("tells of a block with its certificate and with every receipt, also of what was skipped", async () => {
    const { source, finalize, index, close } = await opened();
    finalize();
    index();
    const transactions = carried.map(({ id }) => id);
    const events = source.finalAt(height(1));
    expect(events?.block).toEqual({ block: made, hash, transactions, cert });
    expect(events?.receipts).toEqual(receipts);
    await close();
  });

  test("tells nothing of a block whose receipts are not there yet", async () => {
    const { source, finalize, close } = await opened();
    finalize();
    expect(source.tip()).toBe(0);
    expect(source.finalAt(height(1))).toBeUndefined();
    await close();
  });

  test("tells nothing beyond its tip, whatever the stores have", async () => {
    const { source, finalize, commit, close } = await opened();
    finalize();
    commit();
    expect(source.finalAt(height(1))).toBeUndefined();
    await close();
  });

  test("wakes those who listen once both are there, and only as long as they listen", async () => {
    const { source, finalize, index, close } = await opened();
    const heard: [Occurrence["type"], Height][] = [];
    const unsubscribe = source.subscribe(({ type }) => heard.push([type, source.tip()]));
    finalize();
    expect(heard).toEqual([]);
    index();
    expect(heard).toEqual([["final", 1]]);
    unsubscribe();
    source.enteredView(view(2), 2);
    expect(heard).toHaveLength(1);
    await close();
  });

  test("tells the same after a restart", async () => {
    const { source, finalize, index, blockStore, stateStore, close } = await opened();
    finalize();
    index();
    await stateStore.flushed();
    const restarted = new EventSource({ blockStore, stateStore }, height(1));
    expect(restarted.tip()).toBe(1);
    expect(restarted.finalAt(height(1))).toEqual(source.finalAt(height(1)));
    await close();
  });

  test("tells nothing of genesis and of what is not final", async () => {
    const { source, finalize, index, close } = await opened();
    finalize();
    index();
    expect(source.finalAt(height(0))).toBeUndefined();
    expect(source.finalAt(height(2))).toBeUndefined();
    await close();
  });

  test("reads a block once for all who follow the chain", async () => {
    const { source, finalize, index, close } = await opened();
    finalize();
    index();
    expect(source.finalAt(height(1))).toBe(source.finalAt(height(1)));
    await close();
  });
});
