// GET /v1/events: the chain as server-sent events, from any height on and resumable after any event. Exact: every event
// of the asked topics once, in the order of the chain, however often the connection breaks and however slow the reader.

import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import { type Height, height, next } from "../../crypto/index.ts";
import type { Log } from "../logging/index.ts";
import type { EventFeed, NodeApi } from "./api.ts";
import { bookmark, type EventPosition } from "./event-frames.ts";
import type { EventReaders } from "./event-readers.ts";
import { streamEvents } from "./event-stream.ts";
import type { RpcLimits } from "./limits.ts";
import type { Problem } from "./problems.ts";
import { checked } from "./request.ts";
import { answerProblem, OPEN_EVENTS_HEADERS } from "./responses.ts";
import { type EventsQuery, eventsHeaders, eventsQuery } from "./schemas.ts";

export type EventsOptions = {
  readonly api: NodeApi;
  readonly limits: RpcLimits;
  readonly log: Log;
  readonly readers: EventReaders;
};

type Call = Context<{ Bindings: HttpBindings }>;

/** Genesis is final by definition: nothing happened there. */
const FIRST_HEIGHT: Height = height(1);
/** What readers wait before they connect again. */
const RETRY_MS = 1_000;
/** A reader that is gone without a word is found by the operating system, which asks after this long. */
const KEEP_ALIVE_MS = 60_000;

/** The path's answer. The stream writes to the connection itself, for only that says when there is room for more. */
export function eventsPage({ api, limits, log, readers }: EventsOptions) {
  return (call: Call): Response => {
    const query = checked(eventsQuery, call.req.query());
    if (!query.ok) return answerProblem(query.problem);
    const headers = checked(eventsHeaders, lastEventIdOf(call));
    if (!headers.ok) return answerProblem(headers.problem);
    const feed = api.events();
    const opening = openingOf(feed, query.value, headers.value["last-event-id"]);
    const { start } = opening;
    if (start.height <= feed.tip() && feed.finalAt(start.height) === undefined) {
      return answerProblem(pruned(start.height));
    }
    const { incoming, outgoing } = call.env;
    const address = incoming.socket.remoteAddress ?? "";
    const refusal = readers.refusal(address);
    if (refusal !== undefined) return answerProblem(refusal);
    if (call.req.method === "HEAD") return new Response(null, { headers: OPEN_EVENTS_HEADERS });
    // Silence of the reader is no reason to hang up: it may be slow, and there may be nothing to say.
    incoming.socket.setTimeout(0).setKeepAlive(true, KEEP_ALIVE_MS);
    outgoing.writeHead(200, OPEN_EVENTS_HEADERS);
    const { topics } = query.value;
    const { turns } = readers;
    const { eventHeartbeatMs: heartbeatMs } = limits;
    readers
      .hold({ outgoing, address }, (signal) => {
        const common = { feed, sink: outgoing, topics, heartbeatMs, turns };
        return streamEvents({ ...common, ...opening, signal });
      })
      .then(
        () => outgoing.end(),
        (err: unknown) => {
          log.error({ err, path: call.req.path }, "a stream of events failed");
          outgoing.destroy();
        },
      );
    return RESPONSE_ALREADY_SENT;
  };
}

function lastEventIdOf(call: Call) {
  const given = call.req.header("last-event-id");
  return given === undefined ? {} : { "last-event-id": given };
}

/** Where the reader begins, and the first thing it is told. */
function openingOf(
  feed: EventFeed,
  { from }: EventsQuery,
  lastSeen: EventPosition | undefined,
): { readonly start: EventPosition; readonly preamble: string } {
  const preamble = `retry: ${RETRY_MS}\n\n`;
  if (lastSeen !== undefined) {
    const { height, index } = lastSeen;
    return { start: notBeforeTheFirst({ height, index: index + 1 }), preamble };
  }
  if (from !== undefined) {
    return { start: notBeforeTheFirst({ height: height(from), index: 0 }), preamble };
  }
  const tip = feed.tip();
  const last = feed.finalAt(tip)?.receipts.length ?? 0;
  const start = notBeforeTheFirst({ height: next(tip), index: 0 });
  return { start, preamble: preamble + bookmark({ height: tip, index: last }) };
}

function notBeforeTheFirst(position: EventPosition): EventPosition {
  return position.height < FIRST_HEIGHT ? { height: FIRST_HEIGHT, index: 0 } : position;
}

function pruned(height: Height): Problem {
  const detail = `The events of height ${height} are no longer here.`;
  return { code: "PRUNED", detail, details: { height } };
}
