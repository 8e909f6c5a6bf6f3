// config.json: what one node is told about itself and its surroundings. What all nodes of a chain must share stands in
// its genesis instead. Every key is optional; the defaults and ranges stand here.

import { isIPv4, isIPv6 } from "node:net";
import { availableParallelism } from "node:os";
import { z } from "zod";
import { DEFAULT_POOL_LIMITS } from "../../mempool/index.ts";
import { integerIn, listOf, strictObject, textLike } from "./strict-json.ts";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const listenAddress = z.string().refine((text) => isTcpAddress(text, ["ip4", "ip6"]), {
  error: "a TCP multiaddr such as /ip4/0.0.0.0/tcp/5000",
});
const peerAddress = z
  .string()
  .refine((text) => isTcpAddress(text, ["ip4", "ip6", "dns", "dns4", "dns6"]), {
    error: "a TCP multiaddr such as /ip4/192.0.2.7/tcp/5000 or /dns4/v1.example/tcp/5000",
  });
const filePath = textLike(/^[^\0]{1,4096}$/, "a path, relative to the node's directory");
const hostName = textLike(/^[A-Za-z0-9.:_-]{1,253}$/, "a host name or an IP address");

/** At most this many worker threads check signatures; half the cores, and 1..4 of them, by default. */
const MAX_VERIFY_WORKERS = 64;

function defaultVerifyWorkers(): number {
  return Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)));
}

export const configSchema = strictObject({
  genesis: filePath.default("genesis.json"),
  /** Chain, state and safety log. */
  dataDir: filePath.default("data"),
  /** Only validators run: without it a node does not start. */
  validatorKey: filePath.optional(),
  networkKey: filePath.default("network.key"),
  /** A module that exports the state machine which genesis names. Absent: the built-in ledger. */
  application: filePath.optional(),
  rpc: strictObject({
    host: hostName.default("127.0.0.1"),
    /** 0 takes any free port. */
    port: integerIn(0, 65_535).default(4_000),
    maxConnections: integerIn(1, 65_535).default(1_024),
    /** Sustained, for one remote address; twice as many at once. */
    requestsPerSecond: integerIn(1, 10_000_000).default(2_000),
    /** The same for this machine itself. */
    loopbackRequestsPerSecond: integerIn(1, 10_000_000).default(100_000),
  }).prefault({}),
  p2p: strictObject({
    listen: listOf(listenAddress, { least: 1, most: 16 }).default(["/ip4/127.0.0.1/tcp/5000"]),
    /** Where the other validators are; those who are missing here must dial us. */
    peers: listOf(
      strictObject({
        /** Position in the genesis's validators. */
        index: integerIn(0, 255),
        addresses: listOf(peerAddress, { least: 1, most: 16 }),
      }),
      { least: 0, most: 256 },
    ).default([]),
  }).prefault({}),
  log: strictObject({
    level: z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(", ")}` }).default("info"),
  }).prefault({}),
  pool: strictObject({
    maxCount: integerIn(1, 1_000_000).default(DEFAULT_POOL_LIMITS.maxCount),
    maxBytes: integerIn(65_536, 2 ** 31).default(DEFAULT_POOL_LIMITS.maxBytes),
  }).prefault({}),
  /** 0 checks on the main thread. */
  verifyWorkers: integerIn(0, MAX_VERIFY_WORKERS).default(defaultVerifyWorkers),
});

/** `/<kind>/<host>/tcp/<port>` and nothing more: peers are known by the keys in genesis, not by their addresses. */
function isTcpAddress(text: string, kinds: readonly string[]): boolean {
  const [before, kind, host = "", transport, port = "", ...rest] = text.split("/");
  if (before !== "" || transport !== "tcp" || rest.length > 0) return false;
  if (kind === undefined || !kinds.includes(kind)) return false;
  if (!/^(?:0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65_535) return false;
  if (kind === "ip4") return isIPv4(host);
  if (kind === "ip6") return isIPv6(host);
  return /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(host);
}

/** What may stand in config.json. */
export type ConfigFile = z.input<typeof configSchema>;
/** The same with every default in place. */
export type ConfigValues = z.output<typeof configSchema>;
