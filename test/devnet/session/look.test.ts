// A verdict at any time is about something that was really looked at: a session over a chain that nobody watched before.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nothingDeclared } from "../../../devnet/faults/index.ts";
import { Session } from "../../../devnet/session/session.ts";
import { chainRootOf } from "../../../node/chain/index.ts";
import { genesis, keyOf } from "../../node/genesis/fixtures.ts";
import { FakeChain } from "./fake-chain.ts";

const FOUR = [0, 1, 2, 3].map((index) => {
  return { publicKey: keyOf(1 + index), networkKey: keyOf(11 + index), power: 1 };
});
/** Of the past. */
const LOOKED_AT = 256;
/** Before the watch, at its beginning and before a verdict it is asked in any case. */
const NOT_AT_ONCE = 4;

let chain: FakeChain;
let urls: readonly string[];
let session: Session;
/** Added to the clock whenever somebody looks at it. */
let stepMs: number;

beforeEach(async () => {
  stepMs = 0;
  let now = 60_000;
  chain = new FakeChain(545);
  urls = await chain.open();
  session = new Session({
    stage: {
      validators: 4,
      declared: nothingDeclared(4),
      processes: urls.map((rpcUrl, index) => {
        return { plan: { index, rpcUrl }, pid: 100 + index, isAlive: true, isPaused: false };
      }),
      obey: async () => {},
    },
    root: chainRootOf({ ...genesis, validators: FOUR }),
    ...{ seed: 7, scenario: undefined, replay: "quorate devnet --seed 7", height: 1 },
    nowMs: () => {
      now += stepMs;
      return now;
    },
  });
});

afterEach(async () => {
  session.stop();
  await chain.close();
});

describe("a verdict without any command before it", () => {
  test("is about the recent past of every validator, and about blocks that came since", async () => {
    chain.growsAtQuestion = NOT_AT_ONCE;
    await session.look();
    const { ok, safety, reached, sights } = session.verdict();
    expect(ok).toBe(true);
    expect(safety[0]?.what).toBe(`the same blocks at ${LOOKED_AT + 2} heights`);
    expect(reached).toMatchObject({ height: 547, transactions: LOOKED_AT + 2 });
    expect(sights.map(({ height }) => height)).toEqual([547, 547, 547, 547]);
  });

  test("fails where the validators hold different states", async () => {
    chain.growsAtQuestion = NOT_AT_ONCE;
    chain.stateRoot = (validator, height) => `s${height} of ${validator}`;
    await session.look();
    const { safety } = session.verdict();
    expect(safety.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(["state-roots"]);
  });

  test("does not wait for blocks for ever", async () => {
    stepMs = 1_000;
    await session.look();
    const { safety, reached } = session.verdict();
    expect(safety.every(({ ok }) => ok)).toBe(true);
    expect(reached.height).toBe(545);
  });

  test("without a look at the chain does not hold", () => {
    expect(session.verdict()).toMatchObject({ ok: false, safety: [{ name: "observed" }] });
  });

  test("does not wait again where enough was seen before", async () => {
    chain.growsAtQuestion = NOT_AT_ONCE;
    await session.look();
    chain.requests.splice(0);
    await session.look();
    expect(chain.requests.filter((url) => url.includes("events"))).toEqual([]);
  });
});

describe("a session", () => {
  test("asks nobody anything before it is needed", async () => {
    expect(session.overview().declared).toEqual([]);
    // Whatever it had asked would be there before these.
    for (const url of urls) await (await fetch(`${url}/v1/status`)).text();
    expect(chain.requests).toHaveLength(urls.length);
  });

  test("takes no block of the past for one that came after a heal", async () => {
    await session.obey({ verb: "heal", who: "all" });
    stepMs = 1_000;
    await session.look();
    expect(session.sightings.heal).toMatchObject({ height: 545, nextBlockAtMs: undefined });
  });
});
