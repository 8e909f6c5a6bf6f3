import { describe, expect, test } from "vitest";
import {
  type Draft,
  initialSafetyState,
  type SafetyState,
  safetyStateCodec,
} from "../../../consensus/index.ts";
import { decode, type View } from "../../../crypto/index.ts";
import { Outbox } from "../../../node/runtime/outbox.ts";
import { committee } from "../replica/fixtures.ts";

/** A write under way, finished by the test. */
type Write = { readonly finish: () => void; readonly fail: (error: Error) => void };

function draft(view: number): Draft {
  const content = { ...committee.contentOf(0), view: view as View };
  return { type: "vote", content, voter: 0 };
}

function state(view: number): SafetyState {
  return { ...initialSafetyState(committee.genesis), lastVotedView: view as View };
}

/** Stores whose writes take as long as the test wants; a log of all that happened, in order. */
function outbox() {
  const log: string[] = [];
  const writes: Write[] = [];
  const failures: unknown[] = [];
  const slowly = (what: string) => {
    log.push(`write ${what}`);
    return new Promise<void>((resolve, reject) => {
      writes.push({
        finish: () => {
          log.push(`durable ${what}`);
          resolve();
        },
        fail: reject,
      });
    });
  };
  const onSend: (() => void)[] = [];
  const box: Outbox = new Outbox({
    safetyLog: {
      persistAsync: (record) => {
        const decoded = decode(safetyStateCodec, record);
        return slowly(decoded.ok ? `state ${decoded.value.lastVotedView}` : "nonsense");
      },
    },
    blockStore: { flush: () => slowly("blocks") },
    send: ({ draft: sent }) => {
      log.push(`send ${sent.type === "vote" ? sent.content.view : sent.type}`);
      onSend.shift()?.();
    },
    failed: (error) => failures.push(error),
    persisted: () => {},
  });
  const sign = (view: number) => box.sign({ draft: draft(view), transactions: [] });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const finishAll = async () => {
    await settle();
    while (writes.length > 0) {
      for (const write of writes.splice(0)) write.finish();
      await settle();
    }
  };
  return { box, log, writes, failures, onSend, sign, settle, finishAll };
}

describe("the outbox", () => {
  test("signs nothing before the state is durable", async () => {
    const { box, log, sign, settle, finishAll } = outbox();
    box.persist(state(1));
    sign(1);
    await settle();
    expect(log).toEqual(["write state 1"]);
    await finishAll();
    expect(log).toEqual(["write state 1", "durable state 1", "send 1"]);
  });

  test("signs nothing before the block is durable, however early the state is", async () => {
    const { box, log, writes, sign, settle, finishAll } = outbox();
    box.blockStored();
    box.persist(state(1));
    sign(1);
    await settle();
    writes.shift()?.finish();
    await settle();
    expect(log).not.toContain("send 1");
    await finishAll();
    expect(log.at(-1)).toBe("send 1");
    expect(log.indexOf("durable blocks")).toBeLessThan(log.indexOf("send 1"));
  });

  test("writes once for all that was handed in together, and only the newest state", async () => {
    const { box, log, sign, finishAll } = outbox();
    for (const view of [1, 2, 3]) {
      box.persist(state(view));
      sign(view);
    }
    await finishAll();
    expect(log).toEqual(["write state 3", "durable state 3", "send 1", "send 2", "send 3"]);
  });

  test("lets what arrives during a write go with the next one", async () => {
    const { box, log, sign, settle, finishAll } = outbox();
    box.persist(state(1));
    sign(1);
    await settle();
    box.persist(state(2));
    sign(2);
    box.persist(state(3));
    sign(3);
    await finishAll();
    expect(log).toEqual([
      "write state 1",
      "durable state 1",
      "send 1",
      "write state 3",
      "durable state 3",
      "send 2",
      "send 3",
    ]);
  });

  test("signs at once what the durable state holds already", async () => {
    const { log, sign, finishAll } = outbox();
    sign(7);
    await finishAll();
    expect(log).toEqual(["send 7"]);
  });

  test("calls back once the blocks are durable, before anything is sent", async () => {
    const { box, log, sign, settle, finishAll } = outbox();
    box.blockStored(() => log.push("called back"));
    sign(1);
    await settle();
    expect(log).toEqual(["write blocks"]);
    await finishAll();
    expect(log).toEqual(["write blocks", "durable blocks", "called back", "send 1"]);
  });

  test("goes on with what a sending brings", async () => {
    const { box, log, onSend, sign, finishAll } = outbox();
    onSend.push(() => {
      box.persist(state(2));
      sign(2);
    });
    sign(1);
    await finishAll();
    expect(log).toEqual(["send 1", "write state 2", "durable state 2", "send 2"]);
  });

  test.each(["state", "blocks"])("never signs after a failed write of the %s", async (what) => {
    const { box, log, writes, failures, sign, settle, finishAll } = outbox();
    if (what === "state") box.persist(state(1));
    else box.blockStored();
    sign(1);
    await settle();
    const error = new Error("no space left");
    writes.shift()?.fail(error);
    await settle();
    expect(failures).toEqual([error]);
    box.persist(state(2));
    sign(2);
    await finishAll();
    expect(log.filter((line) => line.startsWith("send"))).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  test("reports a callback that throws, and stops", async () => {
    const { box, log, failures, sign, finishAll } = outbox();
    const error = new Error("a bug");
    box.blockStored(() => {
      throw error;
    });
    sign(1);
    await finishAll();
    expect(failures).toEqual([error]);
    expect(log).not.toContain("send 1");
  });

  test("sends nothing once it is closed, not even what was being written", async () => {
    const { box, log, sign, settle, finishAll } = outbox();
    box.persist(state(1));
    sign(1);
    await settle();
    box.close();
    await finishAll();
    sign(2);
    await finishAll();
    expect(log).toEqual(["write state 1", "durable state 1"]);
  });

  test("sends nothing more when a sending closes it", async () => {
    const { box, log, onSend, sign, finishAll } = outbox();
    onSend.push(() => box.close());
    sign(1);
    sign(2);
    await finishAll();
    expect(log).toEqual(["send 1"]);
  });

  test("calls nobody back once it is closed: the other stores may be closed too", async () => {
    const { box, log, settle, finishAll } = outbox();
    box.blockStored(() => log.push("called back"));
    await settle();
    box.close();
    await finishAll();
    expect(log).not.toContain("called back");
  });
});
