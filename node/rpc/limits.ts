// What one client may cost this node. Every default stands here.

export type RpcLimits = {
  /** Open connections; more are closed as they come. */
  readonly maxConnections: number;
  /** Of those, from one remote address. This machine itself may use them all. */
  readonly maxConnectionsPerAddress: number;
  /** Requests of one connection that are not answered yet (HTTP pipelining); the next one ends the connection. */
  readonly maxRequestsInFlight: number;
  /** A request's headers together. */
  readonly maxHeaderBytes: number;
  /** For the headers, from the first byte or the connection. */
  readonly headersTimeoutMs: number;
  /** For the whole request. */
  readonly requestTimeoutMs: number;
  /** How often the two above are looked at. */
  readonly timeoutCheckIntervalMs: number;
  /** An idle connection is kept this long. */
  readonly keepAliveTimeoutMs: number;
  /** A connection on which neither side sends anything; longer than `maxWaitMs`. */
  readonly idleTimeoutMs: number;
  readonly maxBatchTransactions: number;
  /** A batch's body: raw bytes, or about half of it in JSON. */
  readonly maxBatchBytes: number;
  /** The largest `timeoutMs` of a request. */
  readonly maxWaitMs: number;
  readonly defaultWaitMs: number;
  /** Requests that wait at once; beyond, the state so far is answered without waiting. */
  readonly maxWaits: number;
  /** Streams of events that are open at once. */
  readonly maxEventStreams: number;
  /** Of those, to one remote address. This machine itself may read them all. */
  readonly maxEventStreamsPerAddress: number;
  /** A stream says something at least this often. */
  readonly eventHeartbeatMs: number;
  /** Token bucket of one remote address: sustained rate, and twice as many at once. A batch costs its transactions. */
  readonly requestsPerSecond: number;
  /** The same for this machine itself, so that even a runaway script leaves the node alive. */
  readonly loopbackRequestsPerSecond: number;
  /** Addresses with a bucket that is not full; the one that asked longest ago is forgotten first. */
  readonly maxRememberedAddresses: number;
  /** How long requests under way may take to end once the server stops. */
  readonly stopGraceMs: number;
};

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  maxConnections: 1_024,
  maxConnectionsPerAddress: 256,
  maxRequestsInFlight: 64,
  maxHeaderBytes: 8 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  timeoutCheckIntervalMs: 1_000,
  keepAliveTimeoutMs: 60_000,
  idleTimeoutMs: 90_000,
  maxBatchTransactions: 1_000,
  maxBatchBytes: 4 * 1024 * 1024,
  maxWaitMs: 60_000,
  defaultWaitMs: 10_000,
  maxWaits: 10_000,
  maxEventStreams: 512,
  maxEventStreamsPerAddress: 64,
  eventHeartbeatMs: 15_000,
  requestsPerSecond: 2_000,
  loopbackRequestsPerSecond: 100_000,
  maxRememberedAddresses: 10_000,
  stopGraceMs: 250,
};
