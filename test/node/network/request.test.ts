// Requests and answers between validators, over real libp2p on loopback.

import { afterEach, describe, expect, test } from "vitest";
import type { NetworkLimits } from "../../../node/network/index.ts";
import {
  at,
  bytes,
  linked,
  refusal,
  type Setup,
  start,
  stopAll,
  text,
  validators,
} from "./fixture.ts";

afterEach(stopAll);

describe("a request", () => {
  const echo: Setup = { handlers: { onRequest: async (_, request) => request } };

  test("is answered", async () => {
    const all = await linked(2, echo);
    const question = new Uint8Array(256 * 1024).fill(8);
    const answer = await at(all, 0).network.request(1, question, { timeoutMs: 10_000 });
    expect(answer).toEqual(question);
  });

  test("can have an answer of 8 MiB", async () => {
    const large = new Uint8Array(8 * 1024 * 1024).fill(6);
    const all = await linked(2, { handlers: { onRequest: async () => large } });
    const answer = await at(all, 1).network.request(0, bytes("all of it"), { timeoutMs: 30_000 });
    expect(answer.length).toBe(large.length);
  });

  test("waits for its turn when many are open", async () => {
    const all = await linked(2, { ...echo, limits: { concurrentRequests: 2 } });
    const texts = Array.from({ length: 40 }, (_, index) => `request ${index}`);
    const answers = await Promise.all(
      texts.map((question) =>
        at(all, 0).network.request(1, bytes(question), { timeoutMs: 20_000 }),
      ),
    );
    expect(answers).toEqual(texts.map(bytes));
  });

  test("fails as busy when too many wait", async () => {
    const limits: Partial<NetworkLimits> = { concurrentRequests: 1, queuedRequests: 1 };
    const never = () => new Promise<Uint8Array>(() => {});
    const all = await linked(2, { limits, handlers: { onRequest: never } });
    const ask = () => refusal(at(all, 0).network.request(1, bytes("?"), { timeoutMs: 200 }));
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["timeout", "timeout", "busy"]);
  });

  test("ends by its own deadline when the answer never comes", async () => {
    const all = await linked(2, { handlers: { onRequest: () => new Promise(() => {}) } });
    const asked = at(all, 0).network.request(1, bytes("?"), { timeoutMs: 50 });
    expect(await refusal(asked)).toBe("timeout");
  });

  test("ends by the deadline of the one who is asked, too", async () => {
    const never = () => new Promise<Uint8Array>(() => {});
    const all = await linked(2, {
      limits: { requestAnswerMs: 100 },
      handlers: { onRequest: never },
    });
    const asked = at(all, 0).network.request(1, bytes("?"), { timeoutMs: 30_000 });
    expect(await refusal(asked)).toBe("reset");
  });

  test("ends when the caller gives it up", async () => {
    const caller = new AbortController();
    const onRequest = () => {
      caller.abort();
      return new Promise<Uint8Array>(() => {});
    };
    const all = await linked(2, { handlers: { onRequest } });
    const options = { timeoutMs: 30_000, signal: caller.signal };
    expect(await refusal(at(all, 0).network.request(1, bytes("?"), options))).toBe("aborted");
    expect(await refusal(at(all, 0).network.request(1, bytes("?"), options))).toBe("aborted");
  });

  test("is reset when the handler throws", async () => {
    const onRequest = async () => {
      throw new Error("no such block");
    };
    const all = await linked(2, { handlers: { onRequest } });
    const asked = at(all, 0).network.request(1, bytes("?"), { timeoutMs: 30_000 });
    expect(await refusal(asked)).toBe("reset");
    expect(at(all, 1).network.stats().requestsFailed).toBe(1);
  });

  test("is reset when the link goes down", async () => {
    const peers = await validators(2);
    const asked = await start(1, peers, {
      handlers: {
        onRequest: () => {
          void asked.network.stop();
          return new Promise<Uint8Array>(() => {});
        },
      },
    });
    const asking = await start(0, peers);
    await asking.linked(1);
    const request = asking.network.request(1, bytes("?"), { timeoutMs: 30_000 });
    expect(await refusal(request)).toBe("reset");
  });

  test("fails at once without a link, for an unknown validator, and while stopped", async () => {
    const peers = await validators(2);
    const alone = await start(0, peers);
    const options = { timeoutMs: 30_000 };
    expect(await refusal(alone.network.request(1, bytes("?"), options))).toBe("not-connected");
    expect(await refusal(alone.network.request(0, bytes("?"), options))).toBe("unknown-peer");
    expect(await refusal(alone.network.request(7, bytes("?"), options))).toBe("unknown-peer");
    await alone.network.stop();
    expect(await refusal(alone.network.request(1, bytes("?"), options))).toBe("stopped");
  });
});

describe("requests that are much work", () => {
  test("wait until the peer's share of our time allows the next, and never run once the asker is gone", async () => {
    const asked: string[] = [];
    const onRequest = async (_: number, request: Uint8Array) => {
      asked.push(text(request));
      const endMs = performance.now() + 30;
      while (performance.now() < endMs) {
        // Work, as reading many blocks is.
      }
      return request;
    };
    const limits = { answerMsPerSecond: 1 };
    const all = await linked(2, { limits, handlers: { onRequest } });
    const { network } = at(all, 0);
    await network.request(1, bytes("first"), { timeoutMs: 10_000 });
    const second = network.request(1, bytes("second"), { timeoutMs: 200 });
    await expect(second).rejects.toMatchObject({ code: "timeout" });
    expect(asked).toEqual(["first"]);
  });
});
