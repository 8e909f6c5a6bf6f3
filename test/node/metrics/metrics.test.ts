// What Prometheus reads.

import { describe, expect, test } from "vitest";
import { createMetrics, type Sample } from "../../../node/metrics/index.ts";

function metrics(sample: Partial<Sample> = {}) {
  const standing: Sample = {
    height: 12,
    view: 15,
    poolCount: 3,
    poolBytes: 700,
    peers: 2,
    network: { gossipAccepted: 5, strikes: 0 },
    ...sample,
  };
  return createMetrics({ sample: () => standing, processMetrics: false });
}

describe("the metrics", () => {
  test("sample how things stand when they are read", async () => {
    let height = 1;
    const sample = () => ({ ...standing, height });
    const standing = { height, view: 15, poolCount: 3, poolBytes: 700, peers: 2, network: {} };
    const made = createMetrics({ sample, processMetrics: false });
    height = 12;
    const text = await made.text();
    for (const line of [
      "quorate_height 12",
      "quorate_view 15",
      "quorate_pool_transactions 3",
      "quorate_pool_bytes 700",
      "quorate_peers 2",
    ]) {
      expect(text).toContain(`\n${line}\n`);
    }
  });

  test("show the network's counters without adding them up twice", async () => {
    const made = metrics();
    await made.text();
    const text = await made.text();
    expect(text).toContain('quorate_network_events_total{event="gossipAccepted"} 5\n');
    expect(text).toContain('quorate_network_events_total{event="strikes"} 0\n');
  });

  test("count commits, their transactions and how long they took", async () => {
    const made = metrics();
    made.committed({ transactions: 10, latencyMs: 4 });
    made.committed({ transactions: 5, latencyMs: 40 });
    const text = await made.text();
    expect(text).toContain("\nquorate_blocks_committed_total 2\n");
    expect(text).toContain("\nquorate_transactions_committed_total 15\n");
    expect(text).toContain('quorate_commit_latency_seconds_bucket{le="0.005"} 1\n');
    expect(text).toContain('quorate_commit_latency_seconds_bucket{le="0.05"} 2\n');
  });

  test("count each of the other things apart", async () => {
    const made = metrics();
    made.viewTimedOut();
    made.persisted(0.3);
    made.admitted();
    made.refused("nonce-gap");
    made.refused("nonce-gap");
    made.evidence();
    made.rpcAnswered(202);
    const text = await made.text();
    for (const line of [
      "quorate_views_timed_out_total 1",
      'quorate_persist_latency_seconds_bucket{le="0.0005"} 1',
      'quorate_persist_latency_seconds_bucket{le="0.00025"} 0',
      "quorate_transactions_admitted_total 1",
      'quorate_transactions_refused_total{reason="nonce-gap"} 2',
      "quorate_evidence_total 1",
      'quorate_rpc_answers_total{status="202"} 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  test("explain themselves", async () => {
    const text = await metrics().text();
    const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const explained = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
    expect(names.size).toBeGreaterThanOrEqual(14);
    expect(explained).toEqual(names);
  });

  test("of two nodes in one process are apart", async () => {
    const [first, second] = [metrics(), metrics()];
    first.evidence();
    expect(await second.text()).toContain("\nquorate_evidence_total 0\n");
  });

  test("include the process unless told otherwise", async () => {
    const sample = () => ({
      height: 0,
      view: 0,
      poolCount: 0,
      poolBytes: 0,
      peers: 0,
      network: {},
    });
    expect(await createMetrics({ sample }).text()).toContain("process_resident_memory_bytes");
    expect(await metrics().text()).not.toContain("process_resident_memory_bytes");
  });
});
