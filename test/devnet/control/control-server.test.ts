import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandLine, type Control, createControl } from "../../../devnet/control/index.ts";
import { FakeDevnet, HELD } from "./subject.ts";

let devnet: FakeDevnet;
let control: Control;

beforeEach(async () => {
  devnet = new FakeDevnet();
  control = await createControl({ subject: devnet, commands: new CommandLine(devnet), port: 0 });
});

afterEach(() => control.stop());

type Given = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What comes piece by piece has no announced length. */
  readonly body?: string | Uint8Array | Iterable<string>;
};

type Said = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly value: Readonly<Record<string, unknown>>;
};

/** As a client with the token, unless its headers say otherwise. */
function ask({ method = "GET", path = "/v1/faults", headers = {}, body }: Given): Promise<Said> {
  return new Promise((resolve, reject) => {
    const authorization = `Bearer ${control.token}`;
    const options = { method, headers: { authorization, ...headers }, agent: false };
    const asking = request(`${control.url}${path}`, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const value = JSON.parse(Buffer.concat(chunks).toString() || "{}");
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, value });
      });
    });
    asking.on("error", reject);
    if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
      asking.end(body);
      return;
    }
    for (const piece of body) asking.write(piece);
    asking.end();
  });
}

function* endless(): Iterable<string> {
  for (let piece = 0; piece < 5; piece++) yield "x".repeat(1_024);
}

function command(body: NonNullable<Given["body"]>, type = "text/plain"): Promise<Said> {
  return ask({ method: "POST", headers: { "content-type": type }, body });
}

describe("the control of a devnet", () => {
  test("obeys a line of text, and says what was understood and what is in force", async () => {
    const { status, value } = await command("lie v3  equivocate");
    expect(status).toBe(200);
    expect(value).toEqual({
      type: "obeyed",
      command: { verb: "lie", who: [3], ways: ["equivocate"] },
      text: "lie 3 equivocate",
      declared: [{ text: "lie 3 equivocate", atMs: 1_000 }],
    });
  });

  test("obeys the same as JSON", async () => {
    const { status } = await command('{"do":"kill 2"}', "application/json; charset=utf-8");
    expect(status).toBe(200);
    expect(devnet.obeyed).toEqual(["kill 2"]);
  });

  test("heals everything on a path of its own", async () => {
    expect((await ask({ method: "POST", path: "/v1/heal" })).status).toBe(200);
    expect(devnet.obeyed).toEqual(["heal"]);
  });

  test("tells what is in force, who runs, and which verbs and ways to lie there are", async () => {
    await command("pause 1");
    const { value } = await ask({});
    expect(value).toMatchObject({
      type: "faults",
      count: 4,
      declared: [{ text: "pause 1" }],
      validators: [{ validator: 0, pid: 123, state: "running" }],
      ways: ["equivocate", "be-silent"],
    });
    expect(value.verbs).toContainEqual(expect.objectContaining({ verb: "kill" }));
  });

  test("tells the verdict so far", async () => {
    expect((await ask({ path: "/v1/verdict" })).value).toEqual(HELD);
  });

  test("obeys one command after the other, in the order in which they came", async () => {
    const open = devnet.stall();
    const first = command("kill 1");
    await waiting(1);
    const second = command("restart 1");
    await waiting(2);
    expect(devnet.obeyed).toEqual([]);
    open();
    await Promise.all([first, second]);
    expect(devnet.obeyed).toEqual(["kill 1", "restart 1"]);
    expect(devnet.mostUnderWay).toBe(1);
  });
});

/** Resolves once so many requests are under way: a question that comes after them is answered. */
async function waiting(count: number): Promise<void> {
  for (let asked = 0; asked < count; asked++) await ask({});
}

describe("the control of a devnet refuses", () => {
  const json = "application/json";
  const cases: readonly (readonly [string, () => Promise<Said>, number, string])[] = [
    ["a verb that there is not", () => command("kil 2"), 400, "UNKNOWN_VERB"],
    ["a validator that there is not", () => command("kill 4"), 400, "NO_SUCH_VALIDATOR"],
    ["words that make no sense", () => command("delay 2 fast"), 400, "INVALID_COMMAND"],
    ["an empty line", () => command(""), 400, "INVALID_COMMAND"],
    ["a second line", () => command("kill 1\nkill 2"), 400, "INVALID_COMMAND"],
    ["what cannot be done", () => command("rewind-disk 2"), 409, "NOT_POSSIBLE"],
    ["a body of more than 4 KiB", () => command("x".repeat(4_097)), 413, "TOO_LARGE"],
    ["a body of no announced length beyond that", () => command(endless()), 413, "TOO_LARGE"],
    ["broken JSON", () => command('{"do":', json), 400, "INVALID_REQUEST"],
    ["JSON that is no object", () => command('["kill 2"]', json), 400, "INVALID_REQUEST"],
    ["a field too many", () => command('{"do":"kill 2","by":1}', json), 400, "INVALID_REQUEST"],
    ["a command that is no text", () => command('{"do":2}', json), 400, "INVALID_REQUEST"],
    ["bytes that are no text", () => command(Buffer.from([0xff])), 400, "INVALID_REQUEST"],
    ["a form", () => command("do=x", "multipart/form-data"), 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["another path", () => ask({ path: "/v1/fault" }), 404, "NOT_FOUND"],
    ["a query", () => ask({ path: "/v1/faults?x=1" }), 404, "NOT_FOUND"],
    ["another method", () => ask({ method: "DELETE" }), 405, "METHOD_NOT_ALLOWED"],
    [
      "a body where none is taken",
      () => ask({ method: "POST", path: "/v1/heal", body: "2" }),
      400,
      "INVALID_REQUEST",
    ],
  ];

  test.each(cases)("%s", async (_, asking, status, code) => {
    const said = await asking();
    expect(said).toMatchObject({ status, value: { status, code } });
    expect(said.headers["content-type"]).toBe("application/problem+json");
    expect(said.value.remedy).toMatch(/\.$/);
    expect(devnet.obeyed).toEqual([]);
  });

  test("an unknown word with the nearest one that there is", async () => {
    expect((await command("kil 2")).value).toMatchObject({ details: { nearest: "kill", at: 0 } });
    const { value } = await command("lie 3 equivocat");
    expect(value).toMatchObject({ details: { nearest: "equivocate", at: 6 } });
  });

  test.each([
    ["no token", { authorization: "" }],
    ["another token", { authorization: `Bearer ${"0".repeat(64)}` }],
    ["half a token", { authorization: () => `Bearer ${control.token.slice(0, 32)}` }],
    ["a token of another kind", { authorization: () => `Basic ${control.token}` }],
  ])("%s", async (_, { authorization }) => {
    const text = typeof authorization === "string" ? authorization : authorization();
    for (const path of ["/v1/faults", "/v1/verdict", "/nothing"]) {
      const said = await ask({ path, headers: { authorization: text } });
      expect(said).toMatchObject({ status: 401, value: { code: "NOT_ALLOWED" } });
    }
    const post = { method: "POST", body: "kill 2" };
    const headers = { authorization: text, "content-type": "text/plain" };
    expect((await ask({ ...post, headers })).status).toBe(401);
    expect(devnet.obeyed).toEqual([]);
  });

  test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1"])(
    "the host name %s, by which a browser may have been led here",
    async (host) => {
      expect(await ask({ headers: { host } })).toMatchObject({
        status: 403,
        value: { code: "WRONG_HOST" },
      });
    },
  );

  test("to let pages of other origins read an answer, or ask whether they may", async () => {
    const origin = "https://evil.example";
    const answers = [
      await ask({ headers: { origin } }),
      await ask({ method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } }),
    ];
    for (const { headers } of answers) {
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    expect(answers[1]?.status).toBe(405);
  });

  test("more than 64 commands that wait", async () => {
    const open = devnet.stall();
    const commands = new CommandLine(devnet);
    const waiting = Array.from({ length: 64 }, () => commands.say("kill 2"));
    expect(await commands.say("kill 2")).toMatchObject({ ok: false, refusal: "busy" });
    open();
    for (const each of await Promise.all(waiting)) expect(each.ok).toBe(true);
    expect((await commands.say("kill 3")).ok).toBe(true);
  });

  test("connections beyond the sixteenth", async () => {
    const { port } = new URL(control.url);
    const sockets = Array.from({ length: 17 }, () => connect(Number(port), "127.0.0.1"));
    const closed = await Promise.race(
      sockets.map(
        (socket, index) =>
          new Promise<number>((resolve) =>
            socket.on("error", () => {}).on("close", () => resolve(index)),
          ),
      ),
    );
    expect(closed).toBe(16);
    for (const socket of sockets) socket.destroy();
  });

  test("bytes that are no HTTP, and goes on", async () => {
    const { port } = new URL(control.url);
    const socket = connect(Number(port), "127.0.0.1");
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("close", () => resolve(text));
      socket.write("\u0000\u0001 kill 2\r\n\r\n");
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect((await ask({})).status).toBe(200);
  });
});
