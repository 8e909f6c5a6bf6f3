// What arrives at the HTTP port and is no sound request: request lines, headers, lengths, chunks, other protocols.

import type { CaseTable } from "./case.ts";
import { bytesCase } from "./http.ts";
import { noise } from "./noise.ts";
import { get, HOST, JSON_TYPE, post, RAW } from "./sockets.ts";

const NOT_HTTP = { status: 400, code: "INVALID_REQUEST" };
const HEADERS = { status: 431, code: "HEADERS_TOO_LARGE" };
const NOT_FOUND = { status: 404, code: "NOT_FOUND" };
const MIB = 1024 * 1024;

function chunked(chunks: string): string {
  return `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}transfer-encoding: chunked\r\n\r\n${chunks}`;
}

function withLength(length: string, body = ""): string {
  return `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: ${length}\r\n\r\n${body}`;
}

export const requestLines: CaseTable = {
  surface: "an HTTP port at which malformed requests arrive",
  cases: [
    bytesCase({ name: "zero bytes", bytes: new Uint8Array(64), answer: NOT_HTTP }),
    bytesCase({ name: "random bytes", bytes: noise(4_096), answer: "refused" }),
    bytesCase({
      name: "a TLS greeting",
      bytes: Uint8Array.of(0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, 13, 10, 13, 10),
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "the HTTP/2 preface",
      bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "an upgrade to HTTP/2 in clear text",
      bytes: get("/livez", "connection: upgrade, http2-settings\r\nupgrade: h2c\r\n"),
      answer: { status: 200 },
    }),
    bytesCase({
      name: "an upgrade to a web socket",
      bytes: get(
        "/v1/events",
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
          "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
      ),
      answer: { status: 200 },
    }),
    bytesCase({
      name: "a method that does not exist",
      bytes: `BREW /v1/status HTTP/1.1\r\n${HOST}\r\n`,
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "a method that no path has",
      bytes: `DELETE /v1/status HTTP/1.1\r\n${HOST}\r\n`,
      answer: { status: 405, code: "METHOD_NOT_ALLOWED" },
    }),
    bytesCase({
      name: "TRACE",
      bytes: `TRACE /v1/status HTTP/1.1\r\n${HOST}\r\n`,
      answer: "refused",
    }),
    bytesCase({
      name: "CONNECT to somewhere else",
      bytes: `CONNECT 192.0.2.1:22 HTTP/1.1\r\n${HOST}\r\n`,
      answer: "refused",
    }),
    bytesCase({
      name: "a version that does not exist",
      bytes: `GET /livez HTTP/9.9\r\n${HOST}\r\n`,
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "a request without a host",
      bytes: "GET /livez HTTP/1.1\r\n\r\n",
      answer: "refused",
    }),
    bytesCase({
      name: "two hosts, neither of which decides anything",
      bytes: `GET /livez HTTP/1.1\r\n${HOST}host: other\r\n\r\n`,
      answer: { status: 200 },
    }),
    bytesCase({
      name: "a host with a path and a user in it",
      bytes: "GET /livez HTTP/1.1\r\nhost: a@b/../c\r\n\r\n",
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "a target that is another site's address",
      bytes: `GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\n${HOST}\r\n`,
      answer: "refused",
    }),
    bytesCase({
      name: "a path of eight thousand characters",
      bytes: get(`/${"a".repeat(8_000)}`),
      answer: NOT_FOUND,
    }),
    bytesCase({
      name: "a path without end",
      bytes: `GET /${"a".repeat(64 * 1024)}`,
      answer: HEADERS,
    }),
    bytesCase({
      name: "a path full of percent signs",
      bytes: get("/%%%25%zz%"),
      answer: "refused",
    }),
    bytesCase({
      name: "a way out of the root",
      bytes: get("/../../etc/passwd"),
      answer: NOT_FOUND,
    }),
    bytesCase({
      name: "a way out of the root in disguise",
      bytes: get("/v1/blocks/..%2f..%2f..%2fdata%2fsafety"),
      answer: "refused",
    }),
    bytesCase({ name: "a NUL in the path", bytes: get("/v1/blocks/%00"), answer: "refused" }),
    bytesCase({
      name: "text in a path that is no UTF-8",
      bytes: get("/v1/query/%ff%fe%c0%80"),
      answer: "refused",
    }),
  ],
};

export const headers: CaseTable = {
  surface: "an HTTP port at which headers lie",
  cases: [
    bytesCase({
      name: "one header of a megabyte",
      bytes: `GET /livez HTTP/1.1\r\nx: ${"y".repeat(MIB)}\r\n\r\n`,
      answer: HEADERS,
    }),
    bytesCase({
      name: "ten thousand headers",
      bytes: get("/livez", "x: y\r\n".repeat(10_000)),
      answer: HEADERS,
    }),
    bytesCase({
      name: "a thousand short headers",
      bytes: get("/livez", "a:b\r\n".repeat(1_000)),
      answer: { status: 200 },
    }),
    bytesCase({
      name: "a header without a name",
      bytes: get("/livez", ": value\r\n"),
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "a header with a NUL",
      bytes: get("/livez", "x: a\0b\r\n"),
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "a header that goes on in the next line",
      bytes: get("/livez", "x: a\r\n b\r\n"),
      answer: "refused",
    }),
    bytesCase({
      name: "two lengths that differ",
      bytes: `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "a length and chunks at once, as for smuggling",
      bytes:
        `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}content-length: 5\r\n` +
        "transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\n\r\n",
      answer: NOT_HTTP,
    }),
    bytesCase({ name: "a negative length", bytes: withLength("-1"), answer: NOT_HTTP }),
    bytesCase({ name: "a length in hex", bytes: withLength("0x10"), answer: NOT_HTTP }),
    bytesCase({
      name: "a length beyond 2^64",
      bytes: withLength("9".repeat(30)),
      answer: NOT_HTTP,
    }),
    bytesCase({
      name: "a length of a petabyte",
      bytes: withLength("1125899906842624"),
      answer: { status: 413, code: "TOO_LARGE" },
    }),
    bytesCase({
      name: "a length of a petabyte that waits to be told to go on",
      bytes:
        `POST /v1/txs HTTP/1.1\r\n${HOST}${RAW}expect: 100-continue\r\n` +
        "content-length: 1125899906842624\r\n\r\n",
      answer: { status: 413, code: "TOO_LARGE" },
    }),
    bytesCase({
      name: "an expectation nobody can meet",
      bytes: get("/livez", "expect: the-unexpected\r\n"),
      answer: "refused",
    }),
    bytesCase({
      name: "a chunk whose size is no number",
      bytes: chunked("zz\r\nab\r\n0\r\n\r\n"),
      answer: "refused",
    }),
    bytesCase({
      name: "a chunk of 2^64 bytes",
      bytes: chunked("10000000000000000\r\nab"),
      answer: "refused",
    }),
    bytesCase({
      name: "chunks that say more than the limit",
      bytes: chunked(`40000\r\n${"x".repeat(0x40000)}\r\n`),
      answer: { status: 413, code: "TOO_LARGE" },
    }),
    bytesCase({
      name: "a chunk with an extension without end",
      bytes: chunked(`1;${"e".repeat(64 * 1024)}\r\na\r\n0\r\n\r\n`),
      answer: "refused",
    }),
    bytesCase({
      name: "a compressed bomb",
      bytes: post("/v1/txs", new Uint8Array(64), `${JSON_TYPE}content-encoding: gzip\r\n`),
      answer: { status: 415, code: "UNSUPPORTED_MEDIA_TYPE" },
    }),
    bytesCase({
      name: "a body of no type",
      bytes: post("/v1/txs", "{}", ""),
      answer: { status: 415, code: "UNSUPPORTED_MEDIA_TYPE" },
    }),
    bytesCase({
      name: "an event id that is none",
      bytes: get("/v1/events", "last-event-id: 99999999999999999999.-1\r\n"),
      answer: NOT_HTTP,
    }),
  ],
};
