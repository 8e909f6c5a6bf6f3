import { describe, expect, test } from "vitest";
import { concatBytes, encode, uint53 } from "../../../../crypto/index.ts";
import { leaseKey } from "../../../../node/ledger/index.ts";
import { addressNamed } from "../fixtures.ts";
import { acquire, key, release, Scene } from "./fixtures.ts";

function grant(token: number, expiresAt: number): Uint8Array {
  return concatBytes(encode(uint53, token), encode(uint53, expiresAt));
}

function at(height: number): Scene {
  const scene = new Scene();
  scene.skipTo(height);
  return scene;
}

describe("a lease", () => {
  test("is granted with the height as its token, through as many heights more", () => {
    const scene = at(7);
    expect(scene.does("alice", acquire("task", 10)).output).toEqual(grant(7, 17));
    const holder = addressNamed("alice");
    expect(scene.lease("task")).toEqual({ holder, token: 7, expiresAt: 17 });
  });

  test("is not granted while somebody else holds it", () => {
    const scene = at(7);
    const [, later] = scene.block(["alice", acquire("task", 10)], ["bob", acquire("task")]);
    expect(later).toMatchObject({ result: "failed", code: "lease-held" });
    expect(scene.tries("bob", acquire("task"))).toBe("failed lease-held");
  });

  test("is held at its last height", () => {
    const scene = at(7);
    scene.does("alice", acquire("task", 10));
    scene.skipTo(17);
    expect(scene.tries("bob", acquire("task"))).toBe("failed lease-held");
  });

  test("is anybody's at the height after, with a larger token", () => {
    const scene = at(7);
    scene.does("alice", acquire("task", 10));
    scene.skipTo(18);
    expect(scene.does("bob", acquire("task", 1)).output).toEqual(grant(18, 19));
  });

  test("keeps its token when its holder renews it", () => {
    const scene = at(7);
    scene.does("alice", acquire("task", 10));
    expect(scene.does("alice", acquire("task", 20)).output).toEqual(grant(7, 28));
    expect(scene.does("alice", acquire("task", 1)).output).toEqual(grant(7, 10));
  });

  test("has another token when its last holder comes back late", () => {
    const scene = at(7);
    scene.does("alice", acquire("task", 10));
    scene.skipTo(18);
    expect(scene.does("alice", acquire("task", 10)).output).toEqual(grant(18, 28));
  });

  test("is anybody's once released, in the same block already", () => {
    const scene = at(7);
    scene.does("alice", acquire("task", 10));
    const [, next] = scene.block(["alice", release("task")], ["bob", acquire("task", 10)]);
    expect(next?.output).toEqual(grant(8, 18));
  });

  test("leaves nothing in the state when it is released", () => {
    const scene = at(7);
    scene.does("alice", acquire("task", 10));
    expect(scene.tries("alice", release("task"))).toBe("ok");
    expect(scene.lease("task")).toBeUndefined();
  });

  test("that came and went in one block is granted again in the next, not in that one", () => {
    const scene = at(7);
    const receipts = scene.block(
      ["alice", acquire("task", 10)],
      ["alice", release("task")],
      ["bob", acquire("task", 10)],
      ["alice", acquire("task", 10)],
    );
    const codes = receipts.map(({ code }) => code);
    expect(codes).toEqual(["", "", "lease-just-released", "lease-just-released"]);
    expect(scene.does("bob", acquire("task", 10)).output).toEqual(grant(8, 18));
  });
});

describe("nobody releases a lease", () => {
  test("that nobody acquired", () => {
    expect(new Scene().tries("alice", release("task"))).toBe("failed lease-not-held");
  });

  test("of somebody else", () => {
    const scene = at(7);
    scene.does("alice", acquire("task", 10));
    expect(scene.tries("bob", release("task"))).toBe("failed lease-not-held");
    expect(scene.tries("bob", acquire("task"))).toBe("failed lease-held");
  });

  test("that has run out", () => {
    const scene = at(7);
    scene.does("alice", acquire("task", 10));
    scene.skipTo(18);
    expect(scene.tries("alice", release("task"))).toBe("failed lease-not-held");
  });

  test("twice", () => {
    const scene = at(7);
    const receipts = scene.block(
      ["alice", acquire("task", 10)],
      ["alice", release("task")],
      ["alice", release("task")],
    );
    expect(receipts[2]).toMatchObject({ result: "failed", code: "lease-not-held" });
  });
});

test("a query answers the lease and where it lies", () => {
  const scene = at(7);
  scene.does("alice", acquire("task"));
  const stored = leaseKey(key("task"));
  const answer = scene.machine.query({ path: "lease", argument: key("task") }, scene.state);
  expect(scene.state.get(stored)).toBeDefined();
  expect(answer).toEqual({ ok: true, key: stored, value: scene.state.get(stored) });
});
