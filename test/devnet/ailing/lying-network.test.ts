// Every way to lie, one after the other, over real links: the lie really arrives, and the honest ones go on and agree.
// What a way shows by chance in the simulator it shows here by a fixed seed.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Message, verifyEvidence } from "../../../consensus/index.ts";
import { decode, encode, toHex } from "../../../crypto/index.ts";
import { nativeScheme } from "../../../crypto/native/index.ts";
import { WAYS } from "../../../devnet/behaviours/index.ts";
import { answerCodec, questionCodec } from "../../../node/sync/index.ts";
import { eventually } from "../../e2e/eventually.ts";
import { HONEST, type LyingChain, lyingChain } from "./lying-chain.ts";
import { type Heard, isOfLiar, LIAR, type Recorded } from "./lying-taps.ts";

const BASE_TIMEOUT_MS = 200;

let chain: LyingChain;
const tried = new Set<string>();

beforeAll(async () => {
  chain = await lyingChain();
});

afterAll(async () => {
  await chain.stop();
});

afterEach(async () => {
  chain.lie([]);
  expect(chain.broken).toEqual([]);
});

async function lie(way: string, seed = 1): Promise<void> {
  tried.add(way);
  await chain.linked();
  chain.lie([way], seed);
}

const lyingMessages = ({ lies }: Recorded): readonly Message[] => {
  return lies.flatMap(({ message }) => message ?? []);
};

/** What an honest validator heard of the liar that no honest replica would have sent. */
const TELLTALES: readonly {
  readonly way: string;
  readonly seed?: number;
  readonly what: string;
  readonly isSeen: (record: Recorded) => boolean;
}[] = [
  {
    way: "withhold-bodies",
    what: "somebody asks it for bodies that nobody else has",
    isSeen: ({ asked }) =>
      asked.some(({ to, question }) => to === LIAR && question.type === "bodies"),
  },
  {
    way: "forge-certificates",
    what: "a certificate is refused",
    isSeen: (record) => record.strikes(/below-quorum|unknown-signer|wrong-epoch|bad-signature/),
  },
  {
    way: "stale-certificates",
    what: "a timeout or a proposal hides the newest certificate",
    isSeen: (record) =>
      lyingMessages(record).some((message) => {
        if (message.type === "timeout")
          return message.content.highQcView < message.content.view - 1;
        return message.type === "proposal" && message.block.justify.view < message.block.view - 1;
      }),
  },
  {
    way: "forge-signatures",
    what: "a signature is refused",
    isSeen: (record) => record.strikes(/bad-signature/),
  },
  {
    way: "replay",
    what: "old transactions, and old words in other forms, come again",
    isSeen: (record) => record.batches > 0 && record.lies.length > 0,
  },
  {
    way: "far-future",
    what: "a view, height or time that nobody has reached",
    isSeen: (record) => lyingMessages(record).some((message) => isFarOff(message)),
  },
  {
    way: "wrong-state-root",
    what: "a commit vote for another state",
    isSeen: (record) => lyingMessages(record).some(({ type }) => type === "commit-vote"),
  },
  {
    way: "fork",
    what: "a block that does not follow the newest certified one",
    isSeen: (record) =>
      lyingMessages(record).some((message) => {
        return message.type === "proposal" && message.block.justify.view < message.block.view - 1;
      }),
  },
  {
    way: "flood",
    what: "far more than a replica says",
    isSeen: (record) => record.lies.length > 10 * record.said.size,
  },
  {
    way: "old-epoch",
    what: "another epoch is refused",
    isSeen: (record) => record.strikes(/wrong-epoch/),
  },
  {
    way: "collude",
    what: "a vote and a timeout of one view",
    isSeen: (record) => {
      const kinds = new Set(lyingMessages(record).map(({ type }) => type));
      return kinds.has("timeout") && kinds.has("vote");
    },
  },
];

function isFarOff(message: Message): boolean {
  const place = message.type === "proposal" ? message.block : contentOf(message);
  const now = chain.apiOf(0).status();
  const isLate = message.type === "proposal" && message.block.timestampMs > Date.now() + 10_000;
  return (
    isLate || place.view > now.view + 30 || ("height" in place && place.height > now.height + 30)
  );
}

function contentOf(message: Exclude<Message, { type: "proposal" }>) {
  return message.type === "decision" ? message.cert : message.content;
}

describe("a live liar whose guilt can be proven", () => {
  test.each([
    { way: "equivocate", kinds: ["proposal"] },
    { way: "double-vote", kinds: ["vote", "commit-vote"] },
  ])("is named when it does $way, with two messages that it signed", async ({ way, kinds }) => {
    await lie(way);
    for (const by of HONEST) {
      const { evidence } = await chain.seen(`evidence at validator ${by}`, (record) =>
        record.evidence.find((found) => found.by === by),
      );
      expect(evidence.offender).toBe(LIAR);
      expect(kinds).toContain(evidence.first.type);
      const verdict = verifyEvidence(chain.validators, nativeScheme(), evidence);
      expect(verdict).toMatchObject({ ok: true, offence: { offender: LIAR } });
    }
    await chain.goesOn();
    expect(chain.record.evidence.every(({ evidence }) => evidence.offender === LIAR)).toBe(true);
  });
});

describe("a live liar", () => {
  test.each(TELLTALES)("can $way: $what", async ({ way, seed, what, isSeen }) => {
    await lie(way, seed);
    await chain.seen(what, isSeen);
    await chain.goesOn();
  });

  test("can be-silent: nothing of what it would say arrives", async () => {
    await lie("be-silent");
    await quiet(
      "a liar that says nothing",
      ({ heard }) => !heard.some(({ message }) => isOfLiar(message)),
    );
  });

  test("can send-to-some: what some have heard others never hear", async () => {
    await lie("send-to-some");
    await chain.goesOn(8);
    const audiences = new Set<string>();
    const newest = chain.apiOf(0).status().view;
    for (const [key, heardBy] of audiencesOf(chain.record, newest - 3)) {
      if (chain.record.said.has(key)) audiences.add([...heardBy].sort().join());
    }
    expect([...audiences].some((audience) => audience !== HONEST.join())).toBe(true);
  });

  test("can be-slow: its proposals come just before its view is given up, long after its vote", async () => {
    await lie("be-slow");
    const late = await chain.seen("a late proposal", ({ heard }) =>
      heard.find(({ at, atMs, message }) => {
        if (message?.type !== "proposal" || message.block.proposer !== LIAR) return false;
        const vote = heard.find(
          (other) =>
            other.at === at &&
            other.message?.type === "vote" &&
            other.message.voter === LIAR &&
            other.message.content.view === message.block.view,
        );
        return vote !== undefined && atMs - vote.atMs > BASE_TIMEOUT_MS / 2;
      }),
    );
    expect(late.message?.type).toBe("proposal");
    await chain.goesOn();
  });

  test("can lie-in-sync: it answers another thing than the honest ones, or nothing", async () => {
    await lie("lie-in-sync");
    const { id } = await chain.load.transfer();
    const hash = await chain.finalHash(await chain.seenFinal(id));
    const question = encode(questionCodec, { type: "block", hash });
    const ask = async (to: number): Promise<string> => {
      const asked = chain.networks[0]?.request(to, question, { timeoutMs: 10_000 });
      const answer = await asked?.catch(() => undefined);
      return answer === undefined ? "nothing" : toHex(answer);
    };
    const honest = await ask(1);
    expect(decode(answerCodec, Buffer.from(honest.slice(2), "hex")).ok).toBe(true);
    await eventually({
      what: "another answer than the honest ones'",
      probe: async () => ((await ask(LIAR)) === honest ? undefined : true),
    });
    await chain.goesOn();
  });

  test("can do bad-payloads: nothing takes effect twice, and no money is made", async () => {
    await lie("bad-payloads");
    await chain.seen(
      "proposals that it changed",
      ({ lies }) => lies.filter(({ message }) => message?.type === "proposal").length > 6,
    );
    await chain.goesOn();
    const { held, paid } = chain.money();
    // Every nonce is one transaction that took effect, and paid its fee of 1.
    expect(held + paid).toBe(chain.supply);
  });

  test("can censor: its blocks are empty, and others include what it left out", async () => {
    await lie("censor");
    await chain.seen("a proposal that left something out", (record) =>
      record.lies.some(isProposal),
    );
    const { id, sentAtHeight } = await chain.load.transfer();
    const final = await chain.seenFinal(id);
    // Of four views in a row three have another leader.
    expect(final - sentAtHeight).toBeLessThan(8);
    const proposed = chain.record.lies.filter(isProposal);
    expect(proposed.every(({ ids }) => ids.length === 0)).toBe(true);
  });

  test("says only what its replica says once it repents", async () => {
    await lie("flood");
    await chain.seen("lies", ({ lies }) => lies.length > 20);
    chain.lie([]);
    await chain.linked();
    await quiet("a liar that lies no more", ({ lies }) => lies.length === 0);
  });

  test("that executes wrongly (diverge) halts itself, and nobody else", async () => {
    tried.add("diverge");
    await chain.restartLiar(["diverge"]);
    await chain.seen("the halt", () => chain.fatal.length > 0);
    expect(chain.fatal.map(({ by }) => by)).toEqual([LIAR]);
    expect(`${chain.fatal[0]?.error}`).toMatch(/state-diverged|another state/);
    await chain.goesOn();
  });

  test("has been seen to lie in every way there is, and honest validators never disagreed", async () => {
    expect([...tried].sort()).toEqual([...WAYS.keys()].sort());
    expect(await chain.forks()).toEqual([]);
    expect(chain.fatal.filter(({ by }) => by !== LIAR)).toEqual([]);
  });
});

function isProposal({ message }: Heard): boolean {
  return message?.type === "proposal";
}

/** A run of six blocks in which its replica spoke and this held: what was on its way has arrived by then. */
async function quiet(what: string, holds: (record: Recorded) => boolean): Promise<void> {
  await eventually({
    what,
    probe: async () => {
      chain.forget();
      await chain.goesOn(6);
      return chain.record.said.size > 0 && holds(chain.record) ? true : undefined;
    },
  });
}

/** Who heard each of the liar's ballots of views up to this one. */
function audiencesOf({ heard }: Recorded, newest: number): ReadonlyMap<string, Set<number>> {
  const audiences = new Map<string, Set<number>>();
  for (const { at, key, message } of heard) {
    if (message?.type !== "vote" || message.voter !== LIAR) continue;
    if (message.content.view > newest) continue;
    audiences.set(key, (audiences.get(key) ?? new Set()).add(at));
  }
  return audiences;
}
