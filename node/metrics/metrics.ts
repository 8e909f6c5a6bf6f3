// The node's Prometheus metrics, one list of them all, behind recorders with names. Gauges are sampled when somebody
// scrapes; whatever is recorded while the node works costs an addition. No label has more than a few dozen values.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** How things stand at the moment of a scrape. */
export type Sample = {
  /** Of the last final block. */
  readonly height: number;
  readonly view: number;
  readonly poolCount: number;
  readonly poolBytes: number;
  /** Connected now. */
  readonly peers: number;
  /** The network's own counters since the start: gossip, frames, requests, dials, strikes. Names of the program. */
  readonly network: Readonly<Record<string, number>>;
};

type GaugeName = Exclude<keyof Sample, "network">;

export type MetricsOptions = {
  readonly sample: () => Sample;
  /** Memory, CPU, event loop, garbage collection of the process; on unless a test does without. */
  readonly processMetrics?: boolean;
};

export type Metrics = {
  readonly viewTimedOut: () => void;
  /** A final block: how many transactions, and how long since the block's timestamp. */
  readonly committed: (commit: {
    readonly transactions: number;
    readonly latencyMs: number;
  }) => void;
  /** A durable write of safety state or block, start to end. */
  readonly persisted: (durationMs: number) => void;
  readonly admitted: () => void;
  /** `reason` is a literal of the program, never text from outside. */
  readonly refused: (reason: string) => void;
  readonly evidence: () => void;
  /** An answer of the RPC, by HTTP status. */
  readonly rpcAnswered: (status: number) => void;
  /** Prometheus's text format. */
  readonly text: () => Promise<string>;
};

const LATENCY_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PERSIST_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1];

/** A registry of its own: several nodes may live in one process. */
export function createMetrics({ sample, processMetrics = true }: MetricsOptions): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  registerGauges(registry, sample);
  registerNetwork(registry, sample);
  const count = (name: string, help: string) => new Counter({ name, help, registers: [registry] });
  const viewsTimedOut = count("quorate_views_timed_out_total", "Views this validator gave up");
  const blocks = count("quorate_blocks_committed_total", "Blocks that became final");
  const transactions = count(
    "quorate_transactions_committed_total",
    "Transactions in final blocks",
  );
  const admitted = count("quorate_transactions_admitted_total", "Transactions the pool took in");
  const evidence = count(
    "quorate_evidence_total",
    "Proofs that a validator signed what it must not",
  );
  const refused = new Counter({
    name: "quorate_transactions_refused_total",
    help: "Transactions that were not taken in",
    labelNames: ["reason"],
    registers: [registry],
  });
  const rpcAnswers = new Counter({
    name: "quorate_rpc_answers_total",
    help: "Answers of the HTTP interface",
    labelNames: ["status"],
    registers: [registry],
  });
  const commitLatency = new Histogram({
    name: "quorate_commit_latency_seconds",
    help: "From a block's timestamp until it was final here",
    buckets: LATENCY_BUCKETS_S,
    registers: [registry],
  });
  const persistLatency = new Histogram({
    name: "quorate_persist_latency_seconds",
    help: "How long a durable write took",
    buckets: PERSIST_BUCKETS_S,
    registers: [registry],
  });
  return {
    viewTimedOut: () => viewsTimedOut.inc(),
    committed: (commit) => {
      blocks.inc();
      transactions.inc(commit.transactions);
      commitLatency.observe(commit.latencyMs / 1_000);
    },
    persisted: (durationMs) => persistLatency.observe(durationMs / 1_000),
    admitted: () => admitted.inc(),
    refused: (reason) => refused.inc({ reason }),
    evidence: () => evidence.inc(),
    rpcAnswered: (status) => rpcAnswers.inc({ status }),
    text: () => registry.metrics(),
  };
}

function registerGauges(registry: Registry, sample: () => Sample): void {
  const gauges: Readonly<Record<GaugeName, readonly [name: string, help: string]>> = {
    height: ["quorate_height", "Height of the last final block"],
    view: ["quorate_view", "View that this validator is in"],
    poolCount: ["quorate_pool_transactions", "Pending transactions"],
    poolBytes: ["quorate_pool_bytes", "Bytes of the pending transactions"],
    peers: ["quorate_peers", "Connected peers"],
  };
  for (const key of Object.keys(gauges) as GaugeName[]) {
    const [name, help] = gauges[key];
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => gauge.set(sample()[key]),
    });
  }
}

function registerNetwork(registry: Registry, sample: () => Sample): void {
  const counter: Counter<"event"> = new Counter({
    name: "quorate_network_events_total",
    help: "What the network counts: gossip, frames, requests, dials, strikes (bytes where the name says so)",
    labelNames: ["event"],
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const [event, count] of Object.entries(sample().network)) counter.inc({ event }, count);
    },
  });
}
