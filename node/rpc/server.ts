// The HTTP server around the routes: listening, limits of connections and time, rates, and an orderly end. A client that
// is slow, greedy or malformed costs its own connection and nothing else.

import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Log } from "../logging/index.ts";
import type { NodeApi } from "./api.ts";
import { Connections } from "./connections.ts";
import { EventReaders } from "./event-readers.ts";
import { Lane } from "./lane.ts";
import { DEFAULT_RPC_LIMITS, type RpcLimits } from "./limits.ts";
import { type Problem, problemStatus } from "./problems.ts";
import { RateLimit } from "./rate-limit.ts";
import { answerProblem, rawProblem, writeProblem } from "./responses.ts";
import { createRoutes } from "./routes.ts";
import { Waits } from "./waits.ts";

export type RpcOptions = {
  readonly api: NodeApi;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Log;
  /** What is not given is as in DEFAULT_RPC_LIMITS. */
  readonly limits?: Partial<RpcLimits>;
  /** Told of every answer. */
  readonly answered?: (status: number) => void;
};

export type Rpc = {
  /** Throws an RpcError when it cannot listen. */
  readonly start: () => Promise<{ readonly url: string; readonly port: number }>;
  /** Answers those who wait with the state so far, ends every stream of events, then every connection. */
  readonly stop: () => Promise<void>;
};

class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: "PORT_IN_USE" | "CANNOT_LISTEN";
  readonly remedy: string;

  constructor(fault: {
    readonly code: RpcError["code"];
    readonly what: string;
    readonly remedy: string;
    readonly cause: unknown;
  }) {
    super(fault.what, { cause: fault.cause });
    this.code = fault.code;
    this.remedy = fault.remedy;
  }
}

/** Headers beyond these are not looked at. */
const MAX_HEADERS = 64;

export function createRpc(options: RpcOptions): Rpc {
  const limits: RpcLimits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
  const connections = new Connections(limits);
  const waits = new Waits(limits.maxWaits);
  const readers = new EventReaders(limits);
  const server = createServer(
    serverOptions(limits),
    requestHandler({ options, limits, connections, waits, readers }),
  );
  server.maxConnections = limits.maxConnections;
  server.maxHeadersCount = MAX_HEADERS;
  server.setTimeout(limits.idleTimeoutMs);
  server.on("connection", (socket) => connections.admit(socket));
  server.on("clientError", (error: ParserError, socket) => {
    if (connections.isUnanswered(socket)) refuseBytes(error, socket);
    else socket.destroy();
  });
  return {
    start: () => listen(server, options),
    stop: () => stop({ server, connections, waits, readers, graceMs: limits.stopGraceMs }),
  };
}

function serverOptions(limits: RpcLimits): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.timeoutCheckIntervalMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    noDelay: true,
  };
}

type Parts = {
  readonly options: RpcOptions;
  readonly limits: RpcLimits;
  readonly connections: Connections;
  readonly waits: Waits;
  readonly readers: EventReaders;
};

function requestHandler({ options, limits, connections, waits, readers }: Parts) {
  const { api, log, answered } = options;
  const lane = new Lane();
  const rates = new RateLimit({ ...limits, now: () => performance.now() });
  const charge = (incoming: IncomingMessage, cost: number): Problem | undefined => {
    const verdict = rates.take(incoming.socket.remoteAddress ?? "", cost);
    if (verdict.ok) return undefined;
    return { code: "RATE_LIMITED", details: { retryAfterMs: verdict.retryAfterMs } };
  };
  const routes = createRoutes({
    api,
    limits,
    log,
    waits,
    readers,
    charge: ({ incoming }, cost) => charge(incoming, cost),
  });
  const listener = getRequestListener(routes.fetch, {
    errorHandler: (error) => {
      if (error instanceof RequestError)
        return answerProblem({ code: "INVALID_REQUEST", detail: `${error.message}.` });
      log.error({ err: error }, "a request failed");
      return answerProblem({ code: "INTERNAL" });
    },
  });
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (answered !== undefined) outgoing.once("finish", () => answered(outgoing.statusCode));
    if (!connections.begin(incoming, outgoing)) {
      outgoing.shouldKeepAlive = false;
      writeProblem(outgoing, {
        code: "RATE_LIMITED",
        detail: "Too many requests on one connection wait for their answers.",
        details: { limit: limits.maxRequestsInFlight },
      });
      return;
    }
    lane.enter(() => {
      // Who has gone in the meantime is answered by nobody.
      if (outgoing.destroyed) return;
      const limited = charge(incoming, 1);
      if (limited !== undefined) return writeProblem(outgoing, limited);
      listener(incoming, outgoing).catch((err: unknown) => log.error({ err }, "an answer failed"));
    });
  };
}

type ParserError = Error & { readonly code?: string };

/** Answers what the HTTP parser gave up on, and hangs up. */
function refuseBytes(error: ParserError, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const problem = problemOfParser(error.code);
  const status = STATUS_CODES[problemStatus(problem.code)] ?? "Error";
  socket.end(rawProblem(problem, status), () => socket.destroy());
}

function problemOfParser(code: string | undefined): Problem {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return { code: "REQUEST_TIMEOUT" };
  if (code === "HPE_HEADER_OVERFLOW") return { code: "HEADERS_TOO_LARGE" };
  return { code: "INVALID_REQUEST", detail: "These bytes are not HTTP." };
}

function listen(server: Server, { host, port }: RpcOptions): ReturnType<Rpc["start"]> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => reject(listenError(error, { host, port }));
    server.once("error", refuse);
    server.listen({ host, port }, () => {
      server.off("error", refuse);
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      const name = host.includes(":") ? `[${host}]` : host;
      resolve({ url: `http://${name}:${bound}`, port: bound });
    });
  });
}

function listenError(
  cause: Error & { readonly code?: string },
  { host, port }: { readonly host: string; readonly port: number },
): RpcError {
  if (cause.code === "EADDRINUSE") {
    const what = `port ${port} of ${host} is taken by another process`;
    const remedy = "Stop that process, or choose another port with --rpc-port.";
    return new RpcError({ code: "PORT_IN_USE", what, remedy, cause });
  }
  const what = `cannot listen on port ${port} of ${host} (${cause.message})`;
  const remedy = "Choose an address of this machine and a port from 1024 on.";
  return new RpcError({ code: "CANNOT_LISTEN", what, remedy, cause });
}

async function stop(parts: {
  readonly server: Server;
  readonly connections: Connections;
  readonly waits: Waits;
  readonly readers: EventReaders;
  readonly graceMs: number;
}): Promise<void> {
  const { server, connections, waits, readers, graceMs } = parts;
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    waits.stop();
    readers.stop();
    const end = () => {
      clearTimeout(patience);
      server.closeAllConnections();
    };
    const patience = setTimeout(end, graceMs);
    connections.whenQuiet(end);
  });
}
