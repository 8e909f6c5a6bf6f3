// The link to one validator: one connection, a direct stream each way, requests, strikes, and a watchdog that renews
// what is stuck. When two connections to the same peer exist, both sides drop the same one.

import { Conduct } from "./conduct.ts";
import type { NetworkHandlers, NetworkLog, RequestOptions, Wire } from "./contract.ts";
import { Dialer } from "./dialer.ts";
import { NetworkError, reasonOf } from "./errors.ts";
import { FrameReceiver } from "./frame-receiver.ts";
import { FrameSender } from "./frame-sender.ts";
import type { Connection, Stream } from "./libp2p-types.ts";
import type { NetworkLimits } from "./limits.ts";
import { RequestClient } from "./request-client.ts";
import { RequestServer } from "./request-server.ts";
import type { RosterEntry } from "./roster.ts";
import type { Counters } from "./stats.ts";
import { TokenBucket } from "./token-bucket.ts";

export type Protocols = { readonly frames: string; readonly requests: string };

export type LinkContext = {
  readonly limits: NetworkLimits;
  readonly counters: Counters;
  readonly log: NetworkLog;
  readonly handlers: NetworkHandlers;
  readonly wire: Wire | undefined;
  readonly protocols: Protocols;
  /** Our index is lower than the peer's. */
  readonly isLower: boolean;
  readonly dial: (entry: RosterEntry, signal: AbortSignal) => Promise<void>;
  /** The peer has subscribed to all our topics. */
  readonly hears: (peerName: string) => boolean;
};

/** Streams a peer may open for frames: a burst, then this many a second. One is enough. */
const STREAM_BURST = 16;
const STREAMS_PER_SECOND = 2;
/** Connections a peer may open to us: a burst, then this many a second. An honest one that finds no footing needs fewer. */
const CONNECTION_BURST = 32;
const CONNECTIONS_PER_SECOND = 2;
/** Gossipsub opens its stream to a peer about when the peer's subscriptions arrive, and tells nobody. */
const RECHECK_MS = 10;

export class Link {
  readonly #entry: RosterEntry;
  readonly #context: LinkContext;
  readonly #dialer: Dialer;
  readonly #conduct: Conduct;
  readonly #sender: FrameSender;
  readonly #server: RequestServer;
  readonly #client: RequestClient;
  readonly #frameRate: TokenBucket;
  readonly #streamRate: TokenBucket;
  readonly #connectionRate: TokenBucket;
  #connection: Connection | undefined;
  #openedAtMs = 0;
  #openingFrames = false;
  #receiver: FrameReceiver | undefined;
  #announced = false;
  #recheck: NodeJS.Timeout | undefined;
  #misses = 0;

  constructor(entry: RosterEntry, context: LinkContext) {
    this.#entry = entry;
    this.#context = context;
    const { limits, counters, handlers, log, protocols } = context;
    const nowMs = performance.now();
    const onFault = (reason: string) => this.penalise(reason);
    this.#conduct = new Conduct(limits, nowMs);
    this.#sender = new FrameSender({ limits, counters, onFault });
    this.#server = new RequestServer({
      limits,
      counters,
      onRequest: async (request) => {
        const answer = await handlers.onRequest(entry.index, request);
        await this.#carried(answer);
        return answer;
      },
      onFault,
      onFailure: (reason) => log.debug({ peer: entry.index, reason }, "request not answered"),
    });
    this.#client = new RequestClient({
      limits,
      protocol: protocols.requests,
      connection: () => this.#connection,
      onFault,
    });
    const { framesPerSecond } = limits;
    const frameRate = { capacity: framesPerSecond, perSecond: framesPerSecond, nowMs };
    this.#frameRate = new TokenBucket(frameRate);
    const streamRate = { capacity: STREAM_BURST, perSecond: STREAMS_PER_SECOND, nowMs };
    this.#streamRate = new TokenBucket(streamRate);
    const connectionRate = {
      capacity: CONNECTION_BURST,
      perSecond: CONNECTIONS_PER_SECOND,
      nowMs,
    };
    this.#connectionRate = new TokenBucket(connectionRate);
    this.#dialer = this.#newDialer();
  }

  get isConnected(): boolean {
    return this.#announced;
  }

  get isBanned(): boolean {
    return this.#conduct.isBanned(performance.now());
  }

  /** Looks for a connection until `stop`. */
  start(): void {
    if (this.#connection === undefined) this.#want();
  }

  stop(): void {
    this.#drop("the network stops");
    this.#dialer.rest("cut-off");
  }

  /** A connection was opened by either side. */
  attach(connection: Connection): void {
    if (connection.status !== "open") return;
    if (connection.direction === "inbound" && !this.#connectionRate.take(performance.now())) {
      connection.abort(new Error("too many connections"));
      return this.penalise("too many connections");
    }
    if (this.#connection?.status === "open" && !this.#prefers(connection)) {
      connection.abort(new Error("a connection is there already"));
      return;
    }
    this.#drop("a newer connection replaces this one");
    this.#connection = connection;
    this.#openedAtMs = performance.now();
    this.#dialer.rest(connection.direction === "outbound" ? "finishing" : "cut-off");
    this.#openFrames(connection);
  }

  /** A connection was closed. */
  lost(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#drop("the connection was closed");
    this.#want();
  }

  /** The peer opened a stream for its frames: the newest replaces the one before, which may be half dead. */
  acceptFrames(stream: Stream, connection: Connection): void {
    if (connection !== this.#connection) return stream.abort(new Error("not on this connection"));
    if (!this.#streamRate.take(performance.now())) {
      stream.abort(new Error("too many streams"));
      return this.penalise("too many streams");
    }
    this.#receiver?.close(new Error("a newer stream replaces this one"));
    const { limits, counters, handlers } = this.#context;
    this.#receiver = new FrameReceiver(stream, {
      limits,
      counters,
      rate: this.#frameRate,
      onFrame: (frame) => handlers.onFrame(this.#entry.index, frame),
      onFault: (reason) => this.penalise(reason),
    });
  }

  /** The peer opened a stream for a request. Never rejects. */
  async acceptRequest(stream: Stream, connection: Connection): Promise<void> {
    if (connection === this.#connection) await this.#server.serve(stream);
    else stream.abort(new Error("not on this connection"));
  }

  send(frame: Uint8Array): void {
    const { wire } = this.#context;
    if (wire === undefined) return this.#sendNow(frame);
    wire(this.#entry.index, frame.length, () => this.#sendNow(frame));
  }

  request(bytes: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    if (this.#context.wire === undefined) return this.#client.request(bytes, options);
    return new Promise((resolve, reject) => {
      // What the wire swallows ends as what the peer swallows does.
      const { timeoutMs } = options;
      const late = new NetworkError("timeout", `no answer within ${timeoutMs} ms`);
      const timer = setTimeout(() => reject(late), timeoutMs);
      this.#carried(bytes)
        .then(() => this.#client.request(bytes, options))
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  penalise(reason: string): void {
    const { counters, log } = this.#context;
    const peer = this.#entry.index;
    counters.strikes += 1;
    log.warn({ peer, reason }, "strike against a validator");
    if (this.#conduct.strike(performance.now())) this.#shutOut(reason);
  }

  /** Bans the peer at once, for what cannot be an accident. */
  ban(reason: string): void {
    if (this.isBanned) return;
    this.#conduct.ban(performance.now());
    this.#shutOut(reason);
  }

  /** Something that decides whether the peer counts as connected may have changed. */
  update(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#announced || !this.#sender.isOpen) return;
    if (!this.#context.hears(this.#entry.name)) return;
    if (!hasGossipStream(connection)) {
      clearTimeout(this.#recheck);
      this.#recheck = setTimeout(() => this.update(), RECHECK_MS);
      return;
    }
    this.#announced = true;
    this.#context.log.info({ peer: this.#entry.index }, "validator connected");
    this.#context.handlers.onPeer(this.#entry.index, "connected");
  }

  /** The watchdog's turn. */
  check(nowMs: number): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { limits } = this.#context;
    this.#receiver?.checkDeadline(nowMs);
    const { fullSinceMs } = this.#sender;
    if (fullSinceMs !== undefined && nowMs - fullSinceMs >= limits.stalledSendMs) {
      return this.#hangUp("the peer does not read");
    }
    if (nowMs - this.#openedAtMs >= limits.crossingMs) this.#dialer.forget();
    if (this.#sender.isOpen && hasGossipStream(connection)) {
      this.#misses = 0;
      return this.update();
    }
    // Under load the streams of a new connection take their time: hanging up then would only add to the load.
    const isNew = !this.#announced && nowMs - this.#openedAtMs < limits.handshakeMs;
    if (!isNew) this.#misses += 1;
    if (this.#misses >= limits.watchdogChecks) this.#hangUp("a stream is stuck or missing");
    else if (!this.#sender.isOpen) this.#openFrames(connection);
  }

  #shutOut(reason: string): void {
    const { counters, limits, log } = this.#context;
    const { banMs } = limits;
    counters.bans += 1;
    log.warn({ peer: this.#entry.index, reason, banMs }, "validator banned for a while");
    this.#drop("banned");
    this.#dialer.want(banMs);
  }

  #sendNow(frame: Uint8Array): void {
    if (this.#connection === undefined) this.#context.counters.framesUndeliverable += 1;
    else this.#sender.send(frame);
  }

  /** Never, if the wire swallows it. */
  async #carried(bytes: Uint8Array): Promise<void> {
    const { wire } = this.#context;
    if (wire === undefined) return;
    await new Promise<void>((resolve) => wire(this.#entry.index, bytes.length, resolve));
  }

  #newDialer(): Dialer {
    const { limits, counters, log, isLower, dial } = this.#context;
    const peer = this.#entry.index;
    return new Dialer({
      limits,
      dialsFirst: isLower,
      dial: (signal) => dial(this.#entry, signal),
      onAttempt: (attempt) => {
        counters.dials += 1;
        if (attempt > 1) counters.redials += 1;
      },
      onFailure: (error, attempt) => {
        log.debug({ peer, attempt, reason: reasonOf(error) }, "dial failed");
      },
    });
  }

  #want(): void {
    if (this.#entry.addresses.length > 0) this.#dialer.want();
  }

  /**
   * Two connections of about the same age crossed each other: both sides keep the one that the lower index dialled.
   * Otherwise the older one is most likely dead at the other end, for nobody dials over a link that works.
   */
  #prefers(connection: Connection): boolean {
    const isOld = performance.now() - this.#openedAtMs >= this.#context.limits.crossingMs;
    if (isOld || connection.direction === this.#connection?.direction) return true;
    return (connection.direction === "outbound") === this.#context.isLower;
  }

  #openFrames(connection: Connection): void {
    if (this.#openingFrames) return;
    this.#openingFrames = true;
    const { protocols, limits } = this.#context;
    connection
      .newStream(protocols.frames, { signal: AbortSignal.timeout(limits.handshakeMs) })
      .then(
        (stream) => {
          this.#openingFrames = false;
          if (this.#connection !== connection) return this.#reopenFrames(stream);
          this.#sender.open(stream);
          this.update();
        },
        (error: unknown) => {
          this.#openingFrames = false;
          if (this.#connection === connection) this.#framesRefused(error);
          else this.#reopenFrames();
        },
      );
  }

  /** The connection was replaced while its stream was being opened. */
  #reopenFrames(stream?: Stream): void {
    stream?.abort(new Error("the connection was replaced"));
    if (this.#connection !== undefined) this.#openFrames(this.#connection);
  }

  #framesRefused(error: unknown): void {
    const { log } = this.#context;
    const peer = this.#entry.index;
    if (error instanceof Error && error.name === "UnsupportedProtocolError") {
      log.warn({ peer }, "validator runs another chain or version; compare genesis and release");
      this.#hangUp("no protocol in common");
    } else log.debug({ peer, reason: reasonOf(error) }, "direct stream not opened");
  }

  #hangUp(reason: string): void {
    this.#context.counters.resets += 1;
    this.#context.log.info({ peer: this.#entry.index, reason }, "link renewed");
    this.#drop(reason);
    this.#want();
  }

  #drop(reason: string): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const error = new Error(reason);
    this.#connection = undefined;
    this.#misses = 0;
    clearTimeout(this.#recheck);
    this.#sender.close(error);
    this.#receiver?.close(error);
    this.#receiver = undefined;
    connection.abort(error);
    if (!this.#announced) return;
    this.#announced = false;
    this.#context.log.info({ peer: this.#entry.index, reason }, "validator disconnected");
    this.#context.handlers.onPeer(this.#entry.index, "disconnected");
  }
}

/** Gossipsub never reopens a stream that was aborted, as long as the connection lives. */
function hasGossipStream(connection: Connection): boolean {
  return connection.streams.some(
    (stream) =>
      stream.direction === "outbound" &&
      stream.protocol.startsWith("/meshsub/") &&
      stream.writeStatus === "writable",
  );
}
