// Yamux with the bounds that the library leaves open. It gathers a data frame until it is whole, however long its header
// says it is, and answers every ping and refused stream at once, into a buffer without end if the peer does not read.
// Whoever breaks one of these bounds loses the connection.

import { type YamuxMuxerInit, yamux } from "@chainsafe/libp2p-yamux";
import type { NetworkLimits } from "./limits.ts";
import { TokenBucket } from "./token-bucket.ts";

const MIB = 1024 * 1024;
/** How far a stream's window may open: what a peer can make us hold while we pause its stream. */
export const MAX_WINDOW_BYTES = 4 * MIB;
/** Of a data frame, which no window lets be longer, and of what came with it. */
const MAX_GATHERED_BYTES = MAX_WINDOW_BYTES + MIB;

/** Streams at once: opening one is dear. A peer that was paused opens its questions again, no more than these. */
const STREAM_BURST = 256;

const SYN = 1;
const PING = 2;

type Factories = ReturnType<typeof yamux>;
type Muxer = ReturnType<ReturnType<Factories>["createStreamMuxer"]>;

/** The parts of the library's muxer that it keeps to itself. */
type Inside = {
  readonly maConn: { maxWriteBufferLength?: number };
  readonly decoder: { readonly buffer: { readonly byteLength: number } };
  onData: (bytes: never) => void;
  handleFrame: (frame: Frame) => void;
};

type Frame = { readonly header: { readonly type: number; readonly flag: number } };

/** Those that a peer made us cut. */
const abused = new WeakSet<object>();

/** Was the connection cut for what its peer did below the streams? */
export function wasAbused(connection: object): boolean {
  const { muxer } = connection as { readonly muxer?: object };
  return muxer !== undefined && abused.has(muxer);
}

export function boundedYamux(init: YamuxMuxerInit, limits: NetworkLimits): Factories {
  const create = yamux(init);
  return () => {
    const factory = create();
    const createMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => bounded(createMuxer(connection), limits);
    return factory;
  };
}

/** What is thrown within the library's handlers of bytes ends muxer and connection. */
function bounded(muxer: Muxer, limits: NetworkLimits): Muxer {
  const inside = muxer as unknown as Inside;
  const { muxerFramesPerSecond, streamsPerSecond, connectionOutboundBytes } = limits;
  const frames = bucket(muxerFramesPerSecond);
  const streams = bucket(streamsPerSecond, STREAM_BURST);
  const refuse = (reason: string): never => {
    abused.add(muxer);
    throw new Error(reason);
  };
  inside.maConn.maxWriteBufferLength = connectionOutboundBytes;
  const handleFrame = inside.handleFrame.bind(muxer);
  inside.handleFrame = (frame) => {
    const nowMs = performance.now();
    if (!frames.take(nowMs)) refuse("too many frames on one connection");
    const { type, flag } = frame.header;
    const opens = type !== PING && (flag & SYN) === SYN;
    if (opens && !streams.take(nowMs)) refuse("too many streams on one connection");
    handleFrame(frame);
  };
  const onData = inside.onData.bind(muxer);
  inside.onData = (bytes) => {
    onData(bytes);
    if (inside.decoder.buffer.byteLength <= MAX_GATHERED_BYTES) return;
    refuse("a frame is longer than any window");
  };
  return muxer;
}

function bucket(perSecond: number, capacity = perSecond): TokenBucket {
  return new TokenBucket({ capacity, perSecond, nowMs: performance.now() });
}
