// The example application: as a state machine, and in a log of its own.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Address,
  address,
  formatAddress,
  type Hash,
  type Height,
} from "../../../crypto/index.ts";
import {
  type Command,
  keyOf,
  LEASE_HEIGHTS,
  readTask,
  type Task,
  taskBoard,
} from "../../../devnet/examples/task-board.ts";
import { AppendError, createReplicatedLog, type ReplicatedLog } from "../../../node/index.ts";

const ada = address(new Uint8Array(20).fill(1));
const bob = address(new Uint8Array(20).fill(2));

/** A board on a plain map, moved from height to height by hand. */
class Board {
  readonly #state = new Map<string, Uint8Array>();

  do(command: Command, by: Address, height: number): string | Task {
    const decoded = taskBoard.decode(new TextEncoder().encode(JSON.stringify(command)));
    if (!decoded.ok) return decoded.code;
    const hash = new Uint8Array(32) as Hash;
    const context = {
      chainId: hash,
      transaction: hash,
      height: height as Height,
      timestampMs: 0,
      proposer: ada,
      sender: by,
    };
    const result = taskBoard.execute(decoded.call, context, {
      get: (key) => this.#state.get(key.join()),
      set: (key, value) => void this.#state.set(key.join(), value),
      delete: (key) => void this.#state.delete(key.join()),
      savepoint: () => 0,
      revert: () => {},
    });
    return result.ok ? (readTask(result.output) as Task) : result.code;
  }
}

function boardWith(...done: readonly [Command, Address, number][]): Board {
  const board = new Board();
  for (const [command, by, height] of done)
    expect(board.do(command, by, height)).toBeTypeOf("object");
  return board;
}

const open: Command = { do: "open", task: "build", title: "Build it" };
const claim: Command = { do: "claim", task: "build" };
const opened = [open, ada, 1] as [Command, Address, number];
const claimedAt7 = [claim, ada, 7] as [Command, Address, number];

describe("a task", () => {
  test("is claimed by whoever comes first, with the height as token", () => {
    const board = boardWith(opened);
    expect(board.do(claim, ada, 7)).toMatchObject({ holder: formatAddress(ada), token: 7 });
    expect(board.do(claim, bob, 7)).toBe("claimed-by-another");
  });

  test("is done by its holder alone, who shows the token", () => {
    const board = boardWith(opened, claimedAt7);
    expect(board.do({ do: "done", task: "build", token: 7 }, bob, 8)).toBe("not-the-holder");
    expect(board.do({ do: "done", task: "build", token: 6 }, ada, 8)).toBe("not-the-holder");
    expect(board.do({ do: "done", task: "build", token: 7 }, ada, 8)).toMatchObject({
      state: "done",
    });
    expect(board.do(claim, bob, 9)).toBe("task-done");
  });

  test("is free again after its lease, and the new token is greater", () => {
    const board = boardWith(opened, claimedAt7);
    expect(board.do(claim, bob, 7 + LEASE_HEIGHTS)).toBe("claimed-by-another");
    expect(board.do(claim, bob, 8 + LEASE_HEIGHTS)).toMatchObject({ token: 8 + LEASE_HEIGHTS });
    expect(board.do({ do: "renew", task: "build", token: 7 }, ada, 40)).toBe("not-the-holder");
  });

  test("stays its holder's as long as it is renewed", () => {
    const board = boardWith(opened, claimedAt7, [
      { do: "renew", task: "build", token: 7 },
      ada,
      30,
    ]);
    expect(board.do(claim, bob, 30 + LEASE_HEIGHTS)).toBe("claimed-by-another");
  });

  test("that was released can be claimed in the next block, not in the same", () => {
    const board = boardWith(opened, claimedAt7, [
      { do: "release", task: "build", token: 7 },
      ada,
      7,
    ]);
    expect(board.do(claim, bob, 7)).toBe("claimed-by-another");
    expect(board.do(claim, bob, 8)).toMatchObject({ token: 8 });
  });

  test("is opened once", () => {
    expect(boardWith(opened).do(open, bob, 2)).toBe("task-exists");
  });

  test("that nobody opened cannot be claimed", () => {
    expect(new Board().do(claim, ada, 1)).toBe("no-such-task");
  });
});

test.each([
  ["no JSON", "{"],
  ["another verb", '{"do":"steal","task":"build"}'],
  ["no task", '{"do":"claim"}'],
  ["a title that is too long", JSON.stringify({ do: "open", task: "a", title: "x".repeat(201) })],
  ["a token that is no number", '{"do":"done","task":"build","token":"7"}'],
])("no block carries a command with %s", (_, text) => {
  expect(taskBoard.decode(new TextEncoder().encode(text)).ok).toBe(false);
});

describe("a log of its own", () => {
  let log: ReplicatedLog;
  const append = (command: Command) =>
    log.append(new TextEncoder().encode(JSON.stringify(command)));

  beforeAll(async () => {
    log = await createReplicatedLog({ stateMachine: taskBoard });
  });
  afterAll(() => log?.stop());

  test("answers with the place of each command, and with what came of it", async () => {
    await append(open);
    const { height, output } = await append(claim);
    expect(readTask(output)).toMatchObject({ state: "claimed", token: height });
    expect(readTask(log.read(keyOf("build")))).toEqual(readTask(output));
    expect(log.height).toBeGreaterThanOrEqual(height);
  });

  test("tells why a command failed", async () => {
    const failure = await append(open).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AppendError);
    expect(failure).toMatchObject({ code: "FAILED", reason: "task-exists" });
  });

  test("takes no command that the state machine cannot read", async () => {
    const failure = await log.append(Uint8Array.of(1)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "APP_REJECTED", reason: "not-json" });
  });

  test("is read in its one order, from a height on and as it grows", async () => {
    const ending = new AbortController();
    const read: string[] = [];
    const reading = (async () => {
      for await (const { call, result, code, height, index } of log.entries({
        signal: ending.signal,
      })) {
        const { do: verb } = JSON.parse(new TextDecoder().decode(call)) as Command;
        read.push(`${verb} ${result} ${code}`.trim());
        if (read.length === 4) return { height, index };
      }
      return undefined;
    })();
    const last = await append({ do: "open", task: "late", title: "" });
    expect(await reading).toEqual({ height: last.height, index: last.index });
    expect(read).toEqual(["open ok", "claim ok", "open failed task-exists", "open ok"]);
    const again = log.entries({ from: last.height, signal: ending.signal });
    expect((await again.next()).value).toMatchObject({ transaction: last.transaction });
    const beyond = again.next();
    ending.abort();
    expect(await beyond).toMatchObject({ done: true });
  });

  test("takes many at once and gives each a place of its own", async () => {
    const places = await Promise.all(
      Array.from({ length: 20 }, (_, at) => append({ do: "open", task: `task-${at}`, title: "" })),
    );
    const distinct = new Set(places.map(({ height, index }) => `${height}.${index}`));
    expect(distinct.size).toBe(20);
  });
});
