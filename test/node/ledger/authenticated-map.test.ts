import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareBytes,
  concatBytes,
  decode,
  domain,
  encode,
  hash,
  toHex,
} from "../../../crypto/index.ts";
import { AuthenticatedMap } from "../../../node/ledger/authenticated-map.ts";
import { type MapProof, mapProofCodec, verifyMapProof } from "../../../node/ledger/map-proof.ts";
import { nativeHashers } from "./fixtures.ts";

const key = (text: string) => new Uint8Array(Buffer.from(text));
const value = (...bytes: number[]) => Uint8Array.from(bytes);

function mapOf(...names: readonly string[]): AuthenticatedMap {
  const map = new AuthenticatedMap(nativeHashers);
  names.forEach((name, index) => {
    map.set(key(name), value(index));
  });
  return map;
}

function restored(map: AuthenticatedMap): AuthenticatedMap {
  const verdict = AuthenticatedMap.restore(map.entries(), nativeHashers);
  if (!verdict.ok) throw new Error(verdict.refusal);
  return verdict.map;
}

describe("a map's root", () => {
  const sha256 = (...parts: Uint8Array[]) =>
    new Uint8Array(
      createHash("sha256")
        .update(concatBytes(...parts))
        .digest(),
    );
  const words = (...parts: Uint8Array[]) => {
    const whole = new Uint8Array(64);
    whole.set(concatBytes(...parts));
    return whole;
  };

  test("is what the layout says, recomputed by hand for one key", () => {
    const { prefix } = domain("quorate/state/leaf-of-the-map/1");
    const head = sha256(words(prefix, value(0, 0, 0, 0, 0, 0, 0, 1), key("k")));
    const leaf = sha256(words(prefix, value(0, 1, 0, 0, 0, 2, 0, 0), key("k"), value(8, 9)));
    const count = value(0, 0, 0, 2);
    const root = sha256(domain("quorate/state-root/1").prefix, count, sha256(head, leaf));
    const map = new AuthenticatedMap();
    map.set(key("k"), value(8, 9));
    expect(toHex(map.root())).toBe(toHex(root));
  });

  test("is the same with native and with portable hash functions", () => {
    const [native, portable] = [new AuthenticatedMap(nativeHashers), new AuthenticatedMap()];
    for (let index = 0; index < 100; index++) {
      for (const map of [native, portable]) map.set(value(1, index), new Uint8Array(10 * index));
    }
    expect(native.root()).toEqual(portable.root());
  });

  test("changes with a value, a key, and an absence", () => {
    const map = mapOf("a", "b");
    const roots = [map.root()];
    map.set(key("a"), value(7));
    roots.push(map.root());
    map.set(key("c"), value(2));
    roots.push(map.root());
    map.delete(key("b"));
    roots.push(map.root());
    expect(new Set(roots.map(toHex)).size).toBe(4);
  });

  test("comes back when a value does", () => {
    const map = mapOf("a", "b", "c");
    const before = map.root();
    map.set(key("b"), value(99));
    map.root();
    map.set(key("b"), value(1));
    expect(map.root()).toEqual(before);
  });

  test("keeps its values apart from the arrays it was given", () => {
    const map = new AuthenticatedMap(nativeHashers);
    const given = value(1);
    map.set(key("a"), given);
    given[0] = 2;
    expect(map.get(key("a"))).toEqual(value(1));
  });

  test.each([3, 300])("hands out values of %d bytes that no later write changes", (length) => {
    const map = new AuthenticatedMap(nativeHashers);
    map.set(key("a"), new Uint8Array(length).fill(1));
    const [held] = [map.get(key("a"))];
    map.set(key("a"), new Uint8Array(length).fill(2));
    expect(held).toEqual(new Uint8Array(length).fill(1));
  });
});

describe("a proof", () => {
  const map = mapOf("b", "d", "f");
  const root = map.root();
  const present = map.prove(key("d"));
  const absent = map.prove(key("e"));

  test("shows the value of a key that is there", () => {
    expect(verifyMapProof(root, key("d"), present)).toEqual({ ok: true, value: value(1) });
  });

  test.each(["a", "c", "e", "g"])("shows that there is no %s", (name) => {
    const proof = map.prove(key(name));
    expect(verifyMapProof(root, key(name), proof)).toEqual({ ok: true, value: undefined });
  });

  test("shows absence in an empty map", () => {
    const empty = new AuthenticatedMap();
    const verdict = verifyMapProof(empty.root(), key("a"), empty.prove(key("a")));
    expect(verdict).toEqual({ ok: true, value: undefined });
  });

  test("survives its encoding", () => {
    const decoded = decode(mapProofCodec, encode(mapProofCodec, present));
    expect(decoded).toEqual({ ok: true, value: present });
  });

  test("is refused for a key of which it says nothing", () => {
    const verdict = { ok: false, refusal: "wrong-leaf" };
    expect(verifyMapProof(root, key("g"), absent)).toEqual(verdict);
    expect(verifyMapProof(root, key("f"), absent)).toEqual(verdict);
    expect(verifyMapProof(root, key("a"), present)).toEqual(verdict);
  });

  const wrongRoot: [string, MapProof][] = [
    ["another value", { ...present, leaf: { ...present.leaf, value: value(2) } }],
    ["another next key", { ...absent, leaf: { ...absent.leaf, nextKey: key("z") } }],
    ["another slot", { ...present, slot: present.slot ^ 1 }],
    ["another leaf count of the same depth", { ...present, leafCount: 3 }],
    ["another sibling", { ...present, siblings: [...present.siblings].reverse() }],
  ];
  test.each(wrongRoot)("is refused with %s", (_, proof) => {
    const wanted = proof.leaf.key;
    expect(verifyMapProof(root, wanted, proof)).toEqual({ ok: false, refusal: "wrong-root" });
  });

  test("is refused under another root", () => {
    const other = hash(root.map((byte) => byte ^ 1));
    const verdict = verifyMapProof(other, key("d"), present);
    expect(verdict).toEqual({ ok: false, refusal: "wrong-root" });
  });

  const wrongShape: [string, MapProof][] = [
    ["a slot beyond the leaves", { ...present, slot: 4 }],
    ["no leaves", { ...present, leafCount: 0, slot: 0 }],
    ["more leaves than a map can have", { ...present, leafCount: 2 ** 30 + 1 }],
    ["a sibling too few", { ...present, siblings: present.siblings.slice(1) }],
    [
      "a value that is too long",
      { ...present, leaf: { ...present.leaf, value: new Uint8Array(16_385) } },
    ],
  ];
  test.each(wrongShape)("is refused with %s", (_, proof) => {
    expect(verifyMapProof(root, key("d"), proof)).toEqual({ ok: false, refusal: "wrong-shape" });
  });

  test("is refused for the empty key, under which the list begins", () => {
    const start = map.prove(key("a"));
    const verdict = verifyMapProof(root, new Uint8Array(0), start);
    expect(verdict).toEqual({ ok: false, refusal: "wrong-shape" });
  });
});

describe("a restored map", () => {
  const stored = [...mapOf("a", "b").entries()];
  const [first, second] = stored as [(typeof stored)[0], (typeof stored)[0]];

  test("has the same root, whatever the order of the entries", () => {
    const verdict = AuthenticatedMap.restore([second, first]);
    expect(verdict.ok && verdict.map.root()).toEqual(mapOf("a", "b").root());
  });

  test.each([
    ["malformed-entry", [{ key: first.key, value: value(1) }]],
    ["malformed-entry", [{ key: new Uint8Array(0), value: first.value }]],
    ["slot-taken", [first, { key: key("z"), value: first.value }]],
    ["slot-out-of-range", [second]],
    ["slot-out-of-range", [{ key: key("a"), value: value(0, 0, 0, 0, 0, 0, 0, 0) }]],
    ["key-twice", [first, { key: first.key, value: second.value }]],
  ])("is refused as %s", (refusal, entries) => {
    expect(AuthenticatedMap.restore(entries)).toMatchObject({ ok: false, refusal });
  });
});

type Step = { readonly key: Uint8Array; readonly value: Uint8Array | undefined };

// Longer than a row has room for, now and then.
const someValue = fc
  .tuple(fc.nat({ max: 200 }), fc.nat({ max: 255 }))
  .map(([length, byte]) => new Uint8Array(length).fill(byte));
const step: fc.Arbitrary<Step> = fc.record({
  key: fc.uint8Array({ minLength: 1, maxLength: 2 }).map((raw) => raw.map((byte) => byte & 15)),
  value: fc.option(someValue, { nil: undefined, freq: 3 }),
});
const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 30 }), { maxLength: 8 });

function apply(map: AuthenticatedMap, { key, value }: Step): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function expectEqualToModel(
  map: AuthenticatedMap,
  model: Map<string, Uint8Array>,
  steps: Step[],
): void {
  const root = map.root();
  expect(map.size).toBe(model.size);
  const present = [...map.entries()].map((entry) => entry.key);
  for (const each of [...present, ...steps.map((one) => one.key), value(3, 3, 3)]) {
    const expected = model.get(toHex(each));
    expect(map.get(each)).toEqual(expected);
    expect(verifyMapProof(root, each, map.prove(each))).toEqual({ ok: true, value: expected });
  }
  expect(restored(map).root()).toEqual(root);
}

test("a map agrees with a plain one, proves every key and its absence, and restores to the same root", () => {
  fc.assert(
    fc.property(batches, (rounds) => {
      const map = new AuthenticatedMap(nativeHashers);
      const model = new Map<string, Uint8Array>();
      for (const steps of rounds) {
        for (const each of steps) {
          apply(map, each);
          if (each.value === undefined) model.delete(toHex(each.key));
          else model.set(toHex(each.key), each.value);
        }
        expectEqualToModel(map, model, steps);
      }
    }),
    { numRuns: 60 },
  );
});

test("a map tells storage what changed, and nothing that is as it was", () => {
  const map = mapOf("a", "b", "c", "d");
  map.root();
  map.set(key("a"), value());
  map.set(key("b"), value(1, 0));
  map.set(key("c"), value(7));
  map.set(key("c"), value(2));
  map.set(key("e"), value(4));
  const changed = map.changes().map((change) => toHex(change.key));
  expect(changed.sort()).toEqual(["a", "b", "e"].map((name) => toHex(key(name))));
});

test("reverting to a savepoint gives back root, slots and values", () => {
  fc.assert(
    fc.property(batches, batches, batches, (history, kept, undone) => {
      const map = new AuthenticatedMap(nativeHashers);
      for (const each of history.flat()) apply(map, each);
      map.root();
      for (const each of kept.flat()) apply(map, each);
      const before = [...map.entries()];
      const changes = map.changes();
      const start = map.savepoint;
      const ends = undone.map((steps) => {
        for (const each of steps) apply(map, each);
        return map.savepoint;
      });
      for (const end of [start, ...ends].reverse()) map.revert(end);
      expect([...map.entries()]).toEqual(before);
      expect(map.changes()).toEqual(changes);
      expect(map.root()).toEqual(restored(map).root());
    }),
    { numRuns: 100 },
  );
});

test("taking back what was sealed, newest first, gives back roots, slots and values", () => {
  fc.assert(
    fc.property(batches, batches, (history, undone) => {
      const map = new AuthenticatedMap(nativeHashers);
      for (const each of history.flat()) apply(map, each);
      map.root();
      const states = undone.map((steps) => {
        const before = { root: map.root(), entries: [...map.entries()] };
        for (const each of steps) apply(map, each);
        return { ...before, overwritten: map.seal() };
      });
      for (const { root, entries, overwritten } of states.reverse()) {
        map.takeBack(overwritten);
        expect(map.root()).toEqual(root);
        expect([...map.entries()]).toEqual(entries);
        expect(restored(map).root()).toEqual(root);
      }
    }),
    { numRuns: 100 },
  );
});

test("a map reads every key as it was before each of the blocks that were sealed", () => {
  fc.assert(
    fc.property(batches, (rounds) => {
      const map = new AuthenticatedMap(nativeHashers);
      const keys = [value(3, 3, 3), ...rounds.flat().map((one) => one.key)];
      const states = rounds.map((steps) => {
        const values = keys.map((each) => map.get(each));
        for (const each of steps) apply(map, each);
        return { values, overwritten: map.seal() };
      });
      states.forEach(({ values }, index) => {
        const since = states.slice(index).map(({ overwritten }) => overwritten);
        expect(keys.map((each) => map.getBefore(since, each))).toEqual(values);
      });
    }),
    { numRuns: 100 },
  );
});

test("a map of thousands of keys has the root of one built at once", () => {
  const keys = Array.from({ length: 3_000 }, (_, index) => value(index >> 8, index & 255));
  const slowly = new AuthenticatedMap(nativeHashers);
  keys.forEach((each, index) => {
    slowly.set(each, each);
    if (index % 97 === 0) slowly.root();
  });
  for (const each of keys.slice(1_000)) slowly.delete(each);
  const atOnce = new AuthenticatedMap(nativeHashers);
  for (const each of keys.slice(0, 1_000).sort(compareBytes)) atOnce.set(each, each);
  expect(slowly.root()).toEqual(atOnce.root());
});
