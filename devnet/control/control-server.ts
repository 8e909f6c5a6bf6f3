// The HTTP interface to a running devnet: on the loopback address only, for whoever can read the devnet's token.
//   POST /v1/faults   a command, as text or {"do":"kill 2"}; answered once it is done
//   GET  /v1/faults   what is in force, who runs, which verbs and ways to lie there are
//   POST /v1/heal     the same as the command `heal`
//   GET  /v1/verdict  what the run came to so far
// Nothing here is for browsers: no answer allows another origin to read it, and a name that is not ours is refused.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { VERB_HELP } from "../faults/index.ts";
import type { CommandLine, Obeyed } from "./command-line.ts";
import { freshToken } from "./control-file.ts";
import { type Problem, problemJson, problemStatus } from "./problems.ts";
import { commandText, emptyBody, hostProblem, tokenProblem } from "./requests.ts";
import type { Subject } from "./subject.ts";

export type ControlOptions = {
  readonly subject: Subject;
  readonly commands: CommandLine;
  /** 0 takes any. */
  readonly port: number;
};

export type Control = {
  readonly url: string;
  /** 32 random bytes in hex. */
  readonly token: string;
  /** Ends every connection. */
  readonly stop: () => Promise<void>;
};

const LOOPBACK = "127.0.0.1";
const MAX_CONNECTIONS = 16;
const MAX_REQUESTS_PER_CONNECTION = 1_000;
const MAX_HEADERS = 64;
const SERVER_OPTIONS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
};

type Answer = { readonly status: number; readonly value: unknown };
type Page = (incoming: IncomingMessage) => Answer | Promise<Answer>;

/** Rejects as `listen` does when the port is taken. */
export async function createControl(options: ControlOptions): Promise<Control> {
  const token = freshToken();
  const pages = pagesOf(options);
  const server = createServer(SERVER_OPTIONS, (incoming, outgoing) => {
    answerTo(incoming, { token, pages }).then(
      (answer) => write(outgoing, answer),
      (error: unknown) => write(outgoing, problem({ code: "INTERNAL", detail: `${error}` })),
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = MAX_HEADERS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  const port = await listen(server, options.port);
  return { url: `http://${LOOPBACK}:${port}`, token, stop: () => stop(server) };
}

function pagesOf({ subject, commands }: ControlOptions): ReadonlyMap<string, Page> {
  const obeyed = (result: Obeyed) => answerOf(result, subject);
  return new Map<string, Page>([
    ["GET /v1/faults", () => ({ status: 200, value: faultsOf(subject) })],
    ["GET /v1/verdict", async () => ({ status: 200, value: await subject.verdict() })],
    [
      "POST /v1/faults",
      async (incoming) => {
        const body = await commandText(incoming);
        return body.ok ? obeyed(await commands.say(body.text)) : problem(body.problem);
      },
    ],
    [
      "POST /v1/heal",
      async (incoming) => {
        const body = await emptyBody(incoming);
        return body.ok ? obeyed(await commands.say("heal")) : problem(body.problem);
      },
    ],
  ]);
}

function faultsOf(subject: Subject) {
  const { validators: count, ways } = subject;
  const { declared, validators } = subject.overview();
  return { type: "faults", count, declared, validators, verbs: VERB_HELP, ways };
}

function answerOf(obeyed: Obeyed, subject: Subject): Answer {
  if (obeyed.ok) {
    const { command, text } = obeyed;
    const { declared } = subject.overview();
    return { status: 200, value: { type: "obeyed", command, text, declared } };
  }
  const { refusal, what } = obeyed;
  const detail = `${what}.`;
  if (refusal === "busy") return problem({ code: "BUSY", detail });
  if (refusal === "failed") {
    const remedy = obeyed.remedy && `${obeyed.remedy}.`;
    return problem({ code: "NOT_POSSIBLE", detail, ...(remedy === undefined ? {} : { remedy }) });
  }
  const { at, nearest } = obeyed;
  const { validators } = subject;
  const details = { at, validators, ...(nearest === undefined ? {} : { nearest }) };
  return problem({ code: codeOf(what), detail, details });
}

function codeOf(what: string): Problem["code"] {
  if (what.startsWith("there is no verb")) return "UNKNOWN_VERB";
  return what.startsWith("there is no validator") ? "NO_SUCH_VALIDATOR" : "INVALID_COMMAND";
}

async function answerTo(
  incoming: IncomingMessage,
  { token, pages }: { readonly token: string; readonly pages: ReadonlyMap<string, Page> },
): Promise<Answer> {
  const unwelcome = hostProblem(incoming) ?? tokenProblem(incoming, token);
  if (unwelcome !== undefined) return problem(unwelcome);
  const { method = "", url = "" } = incoming;
  const page = pages.get(`${method} ${url}`);
  if (page !== undefined) return await page(incoming);
  const methods = ["GET", "POST"].filter((other) => pages.has(`${other} ${url}`));
  if (methods.length === 0) return problem({ code: "NOT_FOUND", detail: "No such path." });
  const allow = methods.join(", ");
  return problem({ code: "METHOD_NOT_ALLOWED", detail: `Take ${allow}.`, details: { allow } });
}

function problem(what: Problem): Answer {
  return { status: problemStatus(what), value: problemJson(what) };
}

function write(outgoing: ServerResponse, { status, value }: Answer): void {
  if (outgoing.destroyed || outgoing.headersSent) return;
  const { allow } = (value as { readonly details?: { readonly allow?: string } }).details ?? {};
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  const isProblem = status >= 400;
  outgoing.writeHead(status, {
    "content-type": isProblem ? "application/problem+json" : "application/json",
    "content-length": body.length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(status === 401 && { "www-authenticate": "Bearer" }),
    ...(allow !== undefined && { allow }),
    // What is left of a body that nobody reads would be taken for the next request.
    ...(isProblem && { connection: "close" }),
  });
  outgoing.end(body);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
