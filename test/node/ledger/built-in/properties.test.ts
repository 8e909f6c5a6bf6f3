// Any calls of any senders, checked one transaction at a time against what a bystander can work out alone.

import fc from "fast-check";
import { expect, test } from "vitest";
import { messageCodec } from "../../../../consensus/index.ts";
import { decode, encode, equalBytes, struct, toHex, uint53 } from "../../../../crypto/index.ts";
import { decodeAccount } from "../../../../node/ledger/account.ts";
import { accountKey, leaseKey, type Receipt, recordKey } from "../../../../node/ledger/index.ts";
import {
  type Call,
  decodeCall,
  encodeCall,
  type SignedTransaction,
} from "../../../../node/transaction/index.ts";
import { world } from "../../../consensus/fixtures.ts";
import { addressNamed, keyOf, transfer } from "../fixtures.ts";
import { key, Scene } from "./fixtures.ts";

const seed = Number(process.env.QUORATE_SEED ?? Math.floor(Date.now() / 86_400_000));
const RUNS = 100;

const PEOPLE = ["alice", "bob", "carol", "proposer", "newcomer"];
const GIVEN = { alice: 500n, bob: 200n, carol: 1n };
const SUPPLY = 701n;

const committee = world();
const evidence = { validators: committee.validators, scheme: committee.scheme };
const votes = ["left", "right", "third"].map((payload) =>
  encode(messageCodec, committee.vote(committee.block(5, { payload }), { by: 2 })),
);
const timeouts = [3, 4].map((highQc) =>
  encode(messageCodec, committee.timeout(5, { by: 1, highQc })),
);

const person = fc.constantFrom(...PEOPLE, "alice", "alice", "bob", "bob");
const name = fc.constantFrom("x", "x", "y").map(key);
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const amount = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 0n, max: 30n }) },
  { weight: 1, arbitrary: uint64 },
);
const noBytes = new Uint8Array(0);
const memo = fc.uint8Array({ maxLength: 3 });
const [one = noBytes, two = noBytes, three = noBytes, four = noBytes, five = noBytes] = [
  ...votes,
  ...timeouts,
];
const reported = fc.constantFrom(
  [one, two],
  [two, three],
  [four, five],
  [one, four],
  [one, one],
  [one, noBytes],
);
const payment = fc.record({ to: person.map(addressNamed), amount });

const leaseCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    type: fc.constant("acquire-lease" as const),
    key: name,
    heights: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ type: fc.constant("release-lease" as const), key: name }),
);

const recordCall: fc.Arbitrary<Call> = fc.oneof(
  fc.record(
    {
      type: fc.constant("put-record" as const),
      key: name,
      value: fc.uint8Array({ maxLength: 3 }),
      expectedVersion: fc.nat(4),
    },
    { requiredKeys: ["type", "key", "value"] },
  ),
  fc.record({ type: fc.constant("delete-record" as const), key: name }),
  fc.record({ type: fc.constant("give-record" as const), key: name, to: person.map(addressNamed) }),
);

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ type: fc.constant("transfer" as const), to: person.map(addressNamed), amount, memo }),
  fc.record({
    type: fc.constant("pay-many" as const),
    payments: fc.array(payment, { minLength: 1, maxLength: 4 }),
    memo,
  }),
  fc.record({ type: fc.constant("rotate-key" as const), publicKey: person.map(keyOf) }),
  { weight: 3, arbitrary: recordCall },
  { weight: 2, arbitrary: leaseCall },
  reported.map(([first = noBytes, second = noBytes]) => ({
    type: "report-evidence" as const,
    first,
    second,
  })),
);

const bytesOfCall = fc.oneof(
  { weight: 12, arbitrary: call.map(encodeCall) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
);

const stepOf = (bytes: fc.Arbitrary<Uint8Array>) =>
  fc.record({
    from: person,
    call: bytes,
    /** Whose key signs; undefined: the one that the account obeys. */
    by: fc.option(person, { freq: 9, nil: undefined }),
    skippedNonces: fc.oneof(
      { weight: 12, arbitrary: fc.constant(0) },
      fc.integer({ min: 0, max: 2 }),
    ),
    fee: fc.oneof({ weight: 15, arbitrary: fc.bigInt({ min: 0n, max: 3n }) }, amount),
    /** How much higher than the step before; 0: in one block with it. */
    rise: fc.constantFrom(0, 0, 1, 2),
  });
type Step = ReturnType<typeof stepOf> extends fc.Arbitrary<infer T> ? T : never;

const anyStep = stepOf(bytesOfCall);
/** Two who do nothing but compete for a record or a lease, and do it properly. */
const contestOf = (calls: fc.Arbitrary<Call>): fc.Arbitrary<Step> =>
  fc
    .record({
      each: stepOf(calls.map(encodeCall)),
      from: fc.constantFrom("alice", "bob"),
      rise: fc.constantFrom(0, 0, 0, 1),
    })
    .map(({ each, from, rise }) => ({
      ...each,
      from,
      rise,
      by: undefined,
      skippedNonces: 0,
      fee: 1n,
    }));

const stepsOf = (each: fc.Arbitrary<Step>) => fc.array(each, { maxLength: 60, size: "max" });

const setting = fc.record({
  feesTo: fc.constantFrom("nobody" as const, "proposer" as const),
  minFee: fc.constantFrom(0n, 1n),
  maxKeys: fc.constantFrom(4, 6, 20, 20),
  steps: fc.oneof(
    { weight: 3, arbitrary: stepsOf(anyStep) },
    stepsOf(contestOf(leaseCall)),
    stepsOf(contestOf(recordCall)),
  ),
});
type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never;

function sceneOf({ feesTo, minFee, maxKeys }: Setting): Scene {
  return new Scene({ balances: GIVEN, params: { feesTo, minFee }, evidence, maxKeys });
}

function transactionOf(scene: Scene, { from, call, by, skippedNonces, fee }: Step) {
  const account = scene.account(from);
  const obeyed = PEOPLE.find((each) => equalBytes(keyOf(each), account?.key ?? keyOf(from)));
  const nonce = (account?.nonce ?? 0) + skippedNonces;
  return transfer({ from, to: from, call, nonce, fee, signedBy: by ?? obeyed ?? from });
}

type Seen = {
  readonly scene: Scene;
  readonly step: Step;
  readonly signed: SignedTransaction;
  readonly call: Call | undefined;
  readonly receipt: Receipt;
  readonly before: ReadonlyMap<string, Uint8Array>;
  readonly after: ReadonlyMap<string, Uint8Array>;
};

/** Executes the steps one by one, and shows each. */
function eachStep(given: Setting, show: (seen: Seen) => void): void {
  const scene = sceneOf(given);
  scene.skipTo(2);
  let before = contents(scene);
  for (const each of given.steps) {
    scene.skipTo(scene.height + each.rise);
    const signed = transactionOf(scene, each);
    const decoded = decodeCall(each.call);
    const [receipt] = scene.execute([signed]);
    if (receipt === undefined) throw new Error("every transaction has a receipt");
    const call = decoded.ok ? decoded.value : undefined;
    const after = contents(scene);
    show({ scene, step: each, signed, call, receipt, before, after });
    before = after;
  }
}

function contents(scene: Scene): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const { key } of scene.map.entries()) {
    found.set(toHex(key), scene.map.get(key) ?? new Uint8Array(0));
  }
  return found;
}

/** The keys that hold something else, or nothing any more, or something for the first time. */
function changed(before: ReadonlyMap<string, Uint8Array>, after: ReadonlyMap<string, Uint8Array>) {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.filter((at) => {
    const [was, is] = [before.get(at), after.get(at)];
    return was === undefined || is === undefined || !equalBytes(was, is);
  });
}

function balanceIn(state: ReadonlyMap<string, Uint8Array>): bigint {
  let sum = 0n;
  for (const [at, value] of state) if (at.startsWith("0x61")) sum += decodeAccount(value).balance;
  return sum;
}

function check(what: string, show: (given: Setting) => (seen: Seen) => void): void {
  test(`${what} (seed ${seed})`, () => {
    fc.assert(
      fc.property(setting, (given) => eachStep(given, show(given))),
      { seed, numRuns: RUNS },
    );
  });
}

check("all balances and burnt fees together stay what genesis gave", ({ feesTo }) => {
  let burnt = 0n;
  return ({ receipt, after }) => {
    const proposerHasRoom = after.has(toHex(accountKey(addressNamed("proposer"))));
    if (feesTo === "nobody" || !proposerHasRoom) burnt += receipt.feePaid;
    expect(balanceIn(after) + burnt).toBe(SUPPLY);
  };
});

check(
  "a failed transaction changes its sender's balance by the fee, the nonce by one, and nothing else",
  ({ feesTo }) => {
    return ({ step, receipt, before, after }) => {
      if (receipt.result !== "failed") return;
      const ownKey = toHex(accountKey(addressNamed(step.from)));
      const proposerKey = toHex(accountKey(addressNamed("proposer")));
      const own = after.get(ownKey);
      const earlier = before.get(ownKey);
      const paid = feesTo === "proposer" && ownKey === proposerKey ? 0n : receipt.feePaid;
      const was =
        earlier === undefined ? { balance: 0n, nonce: 0, key: undefined } : decodeAccount(earlier);
      const { balance, nonce } = was;
      expect(own && decodeAccount(own)).toEqual({
        ...was,
        balance: balance - paid,
        nonce: nonce + 1,
      });
      const others = changed(before, after).filter((at) => at !== ownKey && at !== proposerKey);
      expect(others).toEqual([]);
    };
  },
);

check("a skipped transaction changes nothing", () => ({ receipt, before, after }) => {
  if (receipt.result === "skipped") expect(changed(before, after)).toEqual([]);
});

check("no transaction takes more from its sender than the pool was told", ({ steps, ...rest }) => {
  const shadow = sceneOf({ steps, ...rest });
  shadow.skipTo(2);
  return ({ step, signed, before, after }) => {
    shadow.skipTo(shadow.height + step.rise);
    const verdict = shadow.machine.admit(signed, shadow.state);
    shadow.execute([signed]);
    if (!verdict.ok) return;
    const at = toHex(accountKey(addressNamed(step.from)));
    const [was, is] = [before.get(at), after.get(at)];
    if (was === undefined || is === undefined) return;
    expect(decodeAccount(was).balance - decodeAccount(is).balance <= verdict.cost).toBe(true);
  };
});

check("no version of a record comes twice, and each write's is larger than all before", () => {
  const last = new Map<string, number>();
  return ({ call, receipt }) => {
    if (receipt.result !== "ok") return;
    if (call?.type !== "put-record" && call?.type !== "give-record") return;
    const written = decode(uint53, receipt.output);
    const at = toHex(recordKey(call.key));
    if (!written.ok) throw new Error(written.refusal);
    expect(written.value).toBeGreaterThan(last.get(at) ?? 0);
    last.set(at, written.value);
  };
});

check("a record changes by its owner's hand alone", () => ({ step, call, before, after }) => {
  for (const [at, value] of before) {
    if (!at.startsWith("0x72") || equalBytes(after.get(at) ?? new Uint8Array(0), value)) continue;
    expect(call !== undefined && "key" in call && at === toHex(recordKey(call.key))).toBe(true);
    // Version, height, the byte that says it has an owner, the owner.
    const isOwned = value[16] === 1;
    if (isOwned) expect(value.slice(17, 37)).toEqual(Uint8Array.from(addressNamed(step.from)));
  }
});

const grantCodec = struct<{ token: number; expiresAt: number }>({
  token: uint53,
  expiresAt: uint53,
});

check("a lease has one holder at a time, and every acquisition a larger token", () => {
  type Held = { readonly by: string; readonly token: number; readonly through: number };
  const held = new Map<string, Held>();
  const lastToken = new Map<string, number>();
  return ({ scene, step, call, receipt }) => {
    if (receipt.result !== "ok") return;
    if (call?.type === "release-lease") {
      const lease = held.get(toHex(leaseKey(call.key)));
      expect(lease?.by).toBe(step.from);
      expect(lease?.through).toBeGreaterThanOrEqual(scene.height);
      held.delete(toHex(leaseKey(call.key)));
    }
    if (call?.type !== "acquire-lease") return;
    const at = toHex(leaseKey(call.key));
    const granted = decode(grantCodec, receipt.output);
    if (!granted.ok) throw new Error(granted.refusal);
    const { token, expiresAt } = granted.value;
    const before = held.get(at);
    const isHeld = before !== undefined && before.through >= scene.height;
    if (isHeld) expect([before.by, before.token]).toEqual([step.from, token]);
    else expect(token).toBeGreaterThan(lastToken.get(at) ?? 0);
    expect(expiresAt).toBe(scene.height + call.heights);
    lastToken.set(at, token);
    held.set(at, { by: step.from, token, through: expiresAt });
  };
});

// A seed of its own: this is about the generators, and whether they are any good does not depend on the day.
test("the steps reach every call, done and failed, and a full state (seed 1)", () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(setting, (given) =>
      eachStep(given, ({ call, receipt }) => {
        reached.add(`${call?.type} ${receipt.result}`);
        reached.add(receipt.code);
      }),
    ),
    { seed: 1, numRuns: 3 * RUNS },
  );
  const failing = ["transfer", "pay-many", "put-record", "delete-record", "give-record"];
  for (const each of [...failing, "acquire-lease", "release-lease", "report-evidence"]) {
    expect([...reached]).toContain(`${each} ok`);
    expect([...reached]).toContain(`${each} failed`);
  }
  const codes = ["state-full", "lease-just-released", "lease-held", "version-mismatch"];
  for (const each of [...codes, "already-recorded", "key-not-authorised", "amount-too-large"]) {
    expect([...reached]).toContain(each);
  }
  expect([...reached]).toContain("rotate-key ok");
});
