import { describe, expect, test } from "vitest";
import { encode, uint53 } from "../../../../crypto/index.ts";
import { recordKey } from "../../../../node/ledger/index.ts";
import { addressNamed } from "../fixtures.ts";
import { give, key, put, remove, Scene } from "./fixtures.ts";

function version(number: number): Uint8Array {
  return encode(uint53, number);
}

describe("a record", () => {
  test("belongs to who writes it first, and counts its versions from 1", () => {
    const scene = new Scene();
    const receipts = [put("plan", "a"), put("plan", "b")].map((call) => scene.does("alice", call));
    expect(receipts.map(({ output }) => output)).toEqual([version(1), version(2)]);
    const content = { owner: addressNamed("alice"), value: key("b") };
    expect(scene.record("plan")).toEqual({ version: 2, height: 2, content });
  });

  test("may be empty", () => {
    const scene = new Scene();
    expect(scene.tries("alice", put("plan", ""))).toBe("ok");
    expect(scene.record("plan")?.content?.value).toEqual(key(""));
  });

  test("is written by its owner only", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    expect(scene.tries("bob", put("plan", "b"))).toBe("failed not-the-owner");
    expect(scene.tries("bob", put("plan", "b", 1))).toBe("failed not-the-owner");
    expect(scene.tries("bob", put("plan", "b", 0))).toBe("failed not-the-owner");
    expect(scene.record("plan")?.content?.value).toEqual(key("a"));
  });

  test("is written when it has the version that its writer expects", () => {
    const scene = new Scene();
    const puts = [put("plan", "a", 0), put("plan", "b", 1), put("plan", "c", 2)];
    expect(puts.map((call) => scene.tries("alice", call))).toEqual(["ok", "ok", "ok"]);
  });

  test.each([0, 1, 3])("of version 2 is not written by who expects %i", (expected) => {
    const scene = new Scene();
    for (const value of ["a", "b"]) scene.does("alice", put("plan", value));
    expect(scene.tries("alice", put("plan", "c", expected))).toBe("failed version-mismatch");
    expect(scene.record("plan")?.version).toBe(2);
  });

  test("that is not there is not written by who expects one", () => {
    expect(new Scene().tries("alice", put("plan", "a", 1))).toBe("failed version-mismatch");
  });

  test("is one's own from the gift on, with a version of its own", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    expect(scene.does("alice", give("plan", "bob")).output).toEqual(version(2));
    expect(scene.tries("alice", put("plan", "b"))).toBe("failed not-the-owner");
    expect(scene.tries("bob", put("plan", "b", 2))).toBe("ok");
  });

  test("that is not there cannot be given", () => {
    expect(new Scene().tries("alice", give("plan", "bob"))).toBe("failed no-such-record");
  });

  test("of somebody else cannot be given", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    expect(scene.tries("bob", give("plan", "bob"))).toBe("failed not-the-owner");
  });
});

describe("a deleted record", () => {
  test("leaves its version and nothing of what it held", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    expect(scene.tries("alice", remove("plan"))).toBe("ok");
    expect(scene.record("plan")).toEqual({ version: 1, height: 2 });
  });

  test("counts as not there, and anyone may create it", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    scene.does("alice", remove("plan"));
    expect(scene.tries("bob", put("plan", "b", 0))).toBe("ok");
    expect(scene.record("plan")?.content?.owner).toEqual(addressNamed("bob"));
  });

  test("comes back with a version it never had, within one block too", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    scene.does("alice", put("plan", "b"));
    const [, again] = scene.block(["alice", remove("plan")], ["alice", put("plan", "c", 0)]);
    expect(again?.output).toEqual(version(3));
    expect(scene.tries("alice", put("plan", "d", 2))).toBe("failed version-mismatch");
    expect(scene.tries("alice", put("plan", "d", 1))).toBe("failed version-mismatch");
  });

  test("is not written by who expects the version that it left", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    scene.does("alice", remove("plan"));
    expect(scene.tries("alice", put("plan", "b", 1))).toBe("failed version-mismatch");
  });

  test("cannot be deleted or given again", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    scene.does("alice", remove("plan"));
    expect(scene.tries("alice", remove("plan"))).toBe("failed no-such-record");
    expect(scene.tries("alice", give("plan", "bob"))).toBe("failed no-such-record");
  });

  test("was its owner's to delete", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    expect(scene.tries("bob", remove("plan"))).toBe("failed not-the-owner");
    expect(scene.record("plan")?.content).toBeDefined();
  });
});

describe("a query for a record", () => {
  test("answers what stands under its key, and where", () => {
    const scene = new Scene();
    scene.does("alice", put("plan", "a"));
    const stored = recordKey(key("plan"));
    const value = scene.state.get(stored);
    const query = { path: "record", argument: key("plan") };
    expect(value).toBeDefined();
    expect(scene.machine.query(query, scene.state)).toEqual({ ok: true, key: stored, value });
  });

  test.each([0, 129])("is refused for a key of %i bytes", (length) => {
    const { machine, state } = new Scene();
    const verdict = machine.query({ path: "record", argument: new Uint8Array(length) }, state);
    expect(verdict).toEqual({ ok: false, refusal: "bad-argument" });
  });
});
