// Sound HTTP that means nothing: bodies, JSON, encodings and parameters that no schema allows, on every path.

import { toHex } from "../../crypto/index.ts";
import type { CaseTable } from "./case.ts";
import { type BytesCase, bytesCase } from "./http.ts";
import { noise } from "./noise.ts";
import { get, JSON_TYPE, post, RAW } from "./sockets.ts";

const INVALID = { status: 400, code: "INVALID_REQUEST" };
const ENCODING = { status: 400, code: "INVALID_ENCODING" };
const LARGE = { status: 413, code: "TOO_LARGE" };

function json(name: string, body: string, answer: BytesCase["answer"]) {
  return bytesCase({ name, bytes: post("/v1/txs", body), answer });
}

function batch(name: string, body: string, answer: BytesCase["answer"]) {
  return bytesCase({ name, bytes: post("/v1/txs/batch", body), answer });
}

function asked(name: string, path: string, answer: BytesCase["answer"] = INVALID) {
  return bytesCase({ name, bytes: get(path), answer });
}

const DEEP = 4_000;

export const bodies: CaseTable = {
  surface: "an HTTP interface that is sent bodies without sense",
  cases: [
    json("no JSON", "{", INVALID),
    json("nothing", "", INVALID),
    json("null", "null", INVALID),
    json("a number", "1e999", INVALID),
    json("a list", "[]", INVALID),
    json("a list within a list, four thousand deep", "[".repeat(DEEP) + "]".repeat(DEEP), INVALID),
    json("objects four thousand deep", `${'{"tx":'.repeat(DEEP)}1${"}".repeat(DEEP)}`, INVALID),
    json("a body of megabytes", `{"tx":"0x${"00".repeat(4_000_000)}"}`, LARGE),
    json("a transaction that is a number", '{"tx":1}', INVALID),
    json("a transaction that is an object", '{"tx":{"toString":1}}', INVALID),
    json("a field too many", '{"tx":"0x00","and":1}', INVALID),
    json("a field of the prototype", '{"__proto__":{"tx":"0x00"}}', INVALID),
    json("hex in capitals", '{"tx":"0xABCD"}', ENCODING),
    json("hex with an odd digit", '{"tx":"0x123"}', ENCODING),
    json("hex that is none", '{"tx":"0xzz"}', ENCODING),
    json("a transaction of one byte", '{"tx":"0x00"}', ENCODING),
    json("the same field a thousand times", `{${'"tx":"0x",'.repeat(999)}"tx":"0x"}`, ENCODING),
    bytesCase({
      name: "JSON in an encoding that is not UTF-8",
      bytes: post("/v1/txs", Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d)),
      answer: INVALID,
    }),
    bytesCase({
      name: "JSON behind a byte order mark of UTF-16",
      bytes: post("/v1/txs", Buffer.from('\ufeff{"tx":"0x00"}', "utf16le")),
      answer: INVALID,
    }),
    bytesCase({ name: "raw noise", bytes: post("/v1/txs", noise(300), RAW), answer: ENCODING }),
    bytesCase({ name: "no raw bytes", bytes: post("/v1/txs", "", RAW), answer: ENCODING }),
    bytesCase({
      name: "a sound transaction with one bit turned",
      bytes: (chain) => {
        const bytes = Uint8Array.from(chain.payment().bytes);
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        return post("/v1/txs", bytes, RAW);
      },
      answer: { status: 422, code: "BAD_SIGNATURE" },
    }),
    bytesCase({
      name: "a sound transaction with a byte behind it",
      bytes: (chain) => post("/v1/txs", Uint8Array.of(...chain.payment().bytes, 0), RAW),
      answer: ENCODING,
    }),
    bytesCase({
      name: "a sound transaction as its own text, cut off",
      bytes: (chain) => post("/v1/txs", `{"tx":"${toHex(chain.payment().bytes).slice(0, -2)}"}`),
      answer: ENCODING,
    }),
    batch("a batch without transactions", '{"txs":[]}', INVALID),
    batch("a batch that is a text", '{"txs":"0x00"}', INVALID),
    batch("a batch of other things", '{"txs":[1,null,{}]}', INVALID),
    batch("a batch of a hundred thousand", `{"txs":[${'"0x",'.repeat(99_999)}"0x"]}`, INVALID),
    batch("a batch of megabytes", `{"txs":["0x${"0".repeat(8_000_000)}"]}`, LARGE),
    batch("a batch of a thousand empty ones", `{"txs":[${'"0x",'.repeat(999)}"0x"]}`, {
      status: 200,
    }),
    bytesCase({
      name: "a raw batch whose length is 2^32-1",
      bytes: post("/v1/txs/batch", Uint8Array.of(255, 255, 255, 255, 1), RAW),
      answer: INVALID,
    }),
    bytesCase({
      name: "a raw batch of a million empty ones",
      bytes: post("/v1/txs/batch", new Uint8Array(4_000_000), RAW),
      answer: LARGE,
    }),
    bytesCase({
      name: "a raw batch that ends within a length",
      bytes: post("/v1/txs/batch", Uint8Array.of(0, 0, 1), RAW),
      answer: INVALID,
    }),
  ],
};

export const parameters: CaseTable = {
  surface: "an HTTP interface that is asked without sense",
  cases: [
    asked("a height beyond 2^53", "/v1/blocks/9007199254740993"),
    asked("a negative height", "/v1/blocks/-1"),
    asked("a height with a fraction", "/v1/blocks/1.5"),
    asked("a height that nobody reached", "/v1/blocks/9007199254740991", {
      status: 404,
      code: "NOT_FOUND",
    }),
    asked("a hash of the wrong length", "/v1/txs/0x00"),
    asked("a hash in capitals", `/v1/txs/0x${"AB".repeat(32)}`),
    asked("an address that is no bech32m", "/v1/accounts/qr1bbbbbb"),
    asked("an address with a wrong checksum", `/v1/accounts/qr1${"q".repeat(38)}`),
    asked("an address of seven thousand letters", `/v1/accounts/qr1${"q".repeat(7_000)}`),
    asked("an address in two alphabets", "/v1/accounts/QR1yvm4k2698p4kd3lc983uazfvpejr7c68e84qgp"),
    asked("a key of the state that is too long", `/v1/state/0x${"00".repeat(1_000)}?proof=1`),
    asked("a record without a key", "/v1/records/0x"),
    asked(
      "a question that is longer than a header",
      `/v1/query/a?argument=0x${"00".repeat(3_000)}`,
    ),
    asked("a question with a path out of the root", "/v1/query/../../../secret", "refused"),
    asked("a proof that is neither wanted nor not", "/v1/accounts/qr1aaaa?proof=2"),
    asked("a thousand parameters", `/livez?${"a=b&".repeat(1_000)}`),
    asked("the same parameter nine hundred times", `/v1/events?${"from=1&".repeat(900)}`, {
      status: 200,
    }),
    asked("a parameter named like the prototype", "/livez?__proto__=1&constructor=2"),
    asked("a parameter that is no UTF-8", "/livez?%ff=%c0%80"),
    asked("a topic that does not exist", "/v1/events?topics=block,all"),
    asked("a topic a hundred times", `/v1/events?topics=${"block,".repeat(100)}block`),
    asked("events from a height with a sign", "/v1/events?from=+1"),
    bytesCase({
      name: "a wait of a thousand years",
      bytes: post("/v1/txs?wait=final&timeoutMs=31536000000000", "{}"),
      answer: INVALID,
    }),
    bytesCase({
      name: "a wait for something else",
      bytes: post("/v1/txs?wait=forever", '{"tx":"0x00"}', JSON_TYPE),
      answer: INVALID,
    }),
  ],
};
