import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Height, toHex } from "../../../crypto/index.ts";
import {
  LAST_BLOCK_KEY,
  Ledger,
  StateFullError,
  verifyMapProof,
} from "../../../node/ledger/index.ts";
import { named } from "./fixtures.ts";
import { fresh, GENESIS, on, options, type Write, writing } from "./writing-ledger.ts";

type WritingLedger = Ledger<readonly Write[]>;

const at = (height: number) => height as Height;
const key = (...bytes: number[]) => Uint8Array.from(bytes);

/** A chain of blocks named by their heights, each with one transaction, all final. */
function finalized(ledger: WritingLedger, ...calls: (readonly number[])[]): WritingLedger {
  calls.forEach((call, index) => {
    ledger.execute(on(index === 0 ? "genesis" : `${index}`, `${index + 1}`, index + 1, call));
    ledger.commit(named(`${index + 1}`));
  });
  return ledger;
}

function finalValue(ledger: WritingLedger, height: number, ...bytes: number[]): number | undefined {
  return ledger.readerAt(at(height))?.get(key(...bytes))?.[0];
}

describe("a state of the past", () => {
  test("can be read and proved while later blocks are final, and others executed above them", () => {
    const ledger = finalized(fresh(), [10, 5, 40, 7], [10, 6, 20, 0], [40, 0, 20, 9]);
    ledger.execute(on("3", "4", 4, [10, 99, 30, 0]));
    const seen = [0, 1, 2, 3].map((height) =>
      [10, 20, 30, 40].map((each) => finalValue(ledger, height, each)),
    );
    expect(seen).toEqual([
      [1, 2, 3, undefined],
      [5, 2, 3, 7],
      [6, undefined, 3, 7],
      [6, 9, 3, undefined],
    ]);
    const proved = ledger.proveAt(at(2), key(20));
    expect(proved?.tip).toMatchObject({ height: 2, hash: named("2") });
    const verdict = proved && verifyMapProof(proved.tip.stateRoot, key(20), proved.proof);
    expect(verdict).toEqual({ ok: true, value: undefined });
  });

  test("is there for the last final block, and for none above it", () => {
    const ledger = finalized(fresh(), [10, 5]);
    ledger.execute(on("1", "2", 2, [10, 6]));
    expect(finalValue(ledger, 1, 10)).toBe(5);
    expect(ledger.readerAt(at(2))).toBeUndefined();
    expect(ledger.proveAt(at(2), key(10))).toBeUndefined();
  });

  test("goes when it has more heights above it than are kept", () => {
    const history = { maxHeights: 2 };
    const ledger = finalized(fresh({ history }), [10, 5], [10, 6], [10, 7], [10, 8]);
    expect(ledger.oldestReadable).toBe(2);
    expect(finalValue(ledger, 2, 10)).toBe(6);
    expect(ledger.readerAt(at(1))).toBeUndefined();
    expect(ledger.proveAt(at(1), key(10))).toBeUndefined();
  });

  test("goes when what lies above it takes more memory than is granted", () => {
    const history = { maxBytes: 1_000 };
    const calls = Array.from({ length: 30 }, (_, index) => [10, index + 1]);
    const ledger = finalized(fresh({ history }), ...calls);
    expect(ledger.oldestReadable).toBeGreaterThan(20);
    expect(ledger.oldestReadable).toBeLessThan(30);
    expect(finalValue(ledger, ledger.oldestReadable, 10)).toBe(ledger.oldestReadable);
  });

  test("is not kept where a ledger wants no history, except the last final one", () => {
    const ledger = finalized(fresh({ history: { maxHeights: 0 } }), [10, 5], [10, 6]);
    ledger.execute(on("2", "3", 3, [10, 7]));
    expect(ledger.oldestReadable).toBe(2);
    expect(finalValue(ledger, 2, 10)).toBe(6);
  });

  test("stops a reader that goes on after it has gone", () => {
    const ledger = fresh({ history: { maxHeights: 1 } });
    const reader = ledger.readerAt(at(0));
    finalized(ledger, [10, 5], [10, 6]);
    expect(() => reader?.get(key(10))).toThrow("read while it is readable");
  });

  test("survives that the tree outgrows its arrays and shrinks again", () => {
    const ledger = fresh({
      machine: {
        ...writing,
        execute: ({ height }, _, state) => {
          for (let index = 0; index < 3_000; index++) {
            const each = key(9, index >> 8, index & 255);
            if (height === 1 || index % 2 === 1) state.set(each, key(height));
            else if (height === 3) state.delete(each);
          }
          return [];
        },
      },
    });
    for (let height = 1; height <= 4; height++) {
      ledger.execute(on(height === 1 ? "genesis" : `${height - 1}`, `${height}`, height));
      ledger.commit(named(`${height}`));
    }
    for (let height = 0; height <= 4; height++) {
      for (const [each, is] of [
        [key(9, 0, 0), [undefined, 1, 1, undefined, undefined]],
        [key(9, 11, 183), [undefined, 1, 2, 3, 4]],
      ] as const) {
        const proved = ledger.proveAt(at(height), each);
        const verdict = proved && verifyMapProof(proved.tip.stateRoot, each, proved.proof);
        expect(verdict?.ok && verdict.value?.[0]).toBe(is[height]);
      }
    }
  });
});

describe("a diff of two readable states", () => {
  const ledger = finalized(fresh(), [10, 5, 40, 7], [10, 1, 20, 0], [40, 0, 50, 1, 50, 0]);
  ledger.execute(on("3", "4", 4, [30, 9]));
  const diff = (from: number, to: number) =>
    ledger
      .diff(at(from), at(to))
      ?.filter((each) => toHex(each.key) !== toHex(LAST_BLOCK_KEY))
      .map(({ key, before, after }) => [key[0], before?.[0], after?.[0]]);

  test("names what was added, changed and removed, in the order of the keys", () => {
    expect(diff(1, 2)).toEqual([
      [10, 5, 1],
      [20, 2, undefined],
    ]);
    expect(diff(0, 1)).toEqual([
      [10, 1, 5],
      [40, undefined, 7],
    ]);
  });

  test("leaves out what came back", () => {
    expect(diff(0, 3)).toEqual([[20, 2, undefined]]);
  });

  test("can be had backwards", () => {
    expect(diff(3, 0)).toEqual([[20, undefined, 2]]);
  });

  test("finds nothing between a state and itself", () => {
    expect(ledger.diff(at(2), at(2))).toEqual([]);
  });

  test("is not given where a state is not final", () => {
    expect(ledger.diff(at(3), at(4))).toBeUndefined();
    expect(ledger.diff(at(4), at(3))).toBeUndefined();
  });
});

describe("a full state", () => {
  /** Genesis has three keys, the ledger one. */
  const full = () => fresh({ maxKeys: 4 });

  test("refuses another key, and says how many it holds", () => {
    expect(() => full().execute(on("genesis", "a", 1, [40, 1]))).toThrow(StateFullError);
    expect(() => full().execute(on("genesis", "a", 1, [40, 1]))).toThrow("its 4 keys");
  });

  test("is as it was before the write that it refused", () => {
    const machine = {
      ...writing,
      execute: (...[, , state]: Parameters<typeof writing.execute>) => {
        expect(() => state.set(key(40), key(1))).toThrow(StateFullError);
        return [];
      },
    };
    const [refusing, plain] = [fresh({ maxKeys: 4, machine }), full()];
    const executed = refusing.execute(on("genesis", "a", 1));
    expect(executed.stateRoot).toEqual(plain.execute(on("genesis", "a", 1)).stateRoot);
  });

  test("is as full after it was restored", () => {
    const stored = { hash: named("genesis"), height: at(0), entries: full().entries() };
    const restored = Ledger.restore({ ...options, maxKeys: 4 }, stored);
    const executing = () => restored.ok && restored.ledger.execute(on("genesis", "a", 1, [40, 1]));
    expect(executing).toThrow(StateFullError);
  });

  test("takes changes, and a new key for one that went", () => {
    const ledger = finalized(full(), [10, 5], [20, 0, 40, 1]);
    expect([10, 20, 40].map((each) => finalValue(ledger, 2, each))).toEqual([5, undefined, 1]);
  });
});

type Step =
  | { readonly type: "commit" }
  /** On the block that is so far below the newest one, or on the last final one. */
  | { readonly type: "execute"; readonly below: number; readonly body: readonly number[][] };

const call = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 36 }), fc.constantFrom(0, 0, 1, 2, 3, 255)), {
    maxLength: 12,
  })
  .map((pairs) => pairs.flat());
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant("execute" as const),
    below: fc.constantFrom(0, 0, 0, 1, 2, 3),
    body: fc.array(call, { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant("commit" as const) }),
);

type ModelBlock = {
  readonly name: string;
  readonly root: string;
  readonly state: ReadonlyMap<number, number>;
};

/** Every state in full: final ones by height, then the branch above. */
class Model {
  readonly branch: ModelBlock[];
  finalHeight = 0;

  constructor(root: string) {
    const state = new Map(GENESIS.map(([[each = 0], is = 0]) => [each, is]));
    this.branch = [{ name: "genesis", root, state }];
  }

  /** What the calls make of a state. */
  static after(state: ReadonlyMap<number, number>, body: readonly number[][]) {
    let result = new Map(state);
    for (const call of body) {
      const start = new Map(result);
      for (let index = 0; index < call.length; index += 2) {
        const [each = 0, is = 0] = call.slice(index, index + 2);
        if (is === 255) result = new Map(start);
        else if (is === 0) result.delete(each);
        else result.set(each, is);
      }
    }
    return result;
  }
}

const KEYS = Array.from({ length: 37 }, (_, index) => index + 1);

function expectHistory(ledger: WritingLedger, model: Model, maxHeights: number): void {
  const oldest = Math.max(0, model.finalHeight - maxHeights);
  expect(ledger.oldestReadable).toBe(oldest);
  for (let height = oldest; height <= model.finalHeight; height++) {
    const block = model.branch[height];
    const root = ledger.proveAt(at(height), LAST_BLOCK_KEY)?.tip.stateRoot ?? named("none");
    expect(toHex(root)).toBe(block?.root);
    for (const each of KEYS) {
      const is = block?.state.get(each);
      expect(finalValue(ledger, height, each)).toBe(is);
      const proof = ledger.proveAt(at(height), key(each))?.proof;
      const verdict = proof && verifyMapProof(root, key(each), proof);
      expect(verdict).toEqual({ ok: true, value: is === undefined ? undefined : key(is) });
    }
  }
}

test("every readable state agrees with a copy of it, through branches, reverts and commits", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.constantFrom(0, 1, 3, 256),
      (steps, maxHeights) => {
        const ledger = fresh({ history: { maxHeights } });
        const model = new Model(toHex(ledger.committed.stateRoot));
        steps.forEach((each, index) => {
          if (each.type === "execute") {
            const height = Math.max(model.finalHeight, model.branch.length - 1 - each.below);
            const parent = model.branch[height];
            const name = `block ${index}`;
            const executed = ledger.execute(on(parent?.name ?? "", name, height + 1, ...each.body));
            const state = Model.after(parent?.state ?? new Map(), each.body);
            model.branch.splice(height + 1);
            model.branch.push({ name, root: toHex(executed.stateRoot), state });
          } else if (model.finalHeight + 1 < model.branch.length) {
            model.finalHeight += 1;
            ledger.commit(named(model.branch[model.finalHeight]?.name ?? ""));
          }
        });
        expectHistory(ledger, model, maxHeights);
      },
    ),
    { numRuns: 120 },
  );
});

test("a diff agrees with a comparison of every key", () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 8 }), (calls) => {
      const ledger = finalized(fresh(), ...calls);
      for (let from = 0; from <= calls.length; from++) {
        for (let to = 0; to <= calls.length; to++) {
          const expected = KEYS.flatMap((each) => {
            const [before, after] = [finalValue(ledger, from, each), finalValue(ledger, to, each)];
            return before === after ? [] : [[each, before, after]];
          });
          const found = ledger.diff(at(from), at(to))?.filter((each) => each.key[0] !== 0);
          const shown = found?.map((each) => [each.key[0], each.before?.[0], each.after?.[0]]);
          expect(shown).toEqual(expected);
        }
      }
    }),
    { numRuns: 60 },
  );
});
