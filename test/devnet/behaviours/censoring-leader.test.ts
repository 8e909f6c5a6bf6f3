import { describe, expect, test } from "vitest";
import { toHex } from "../../../crypto/index.ts";
import { censoringLeader } from "../../../devnet/behaviours/censoring-leader.ts";
import { WAYS } from "../../../devnet/behaviours/index.ts";
import { payloadHash } from "../../../node/sync/index.ts";
import { seedsOfTheDay } from "../../sim/seeds.ts";
import { type Performance, perform, variant } from "./performance.ts";

const LIAR = 3;
const TRANSFERS = 30;
/** f+1 leaders in a row, one of them honest, and the views until its block is final. */
const BOUND_IN_VIEWS = 2 + 3;
const plain = WAYS.get("censor") ?? censoringLeader;

/** The liar's blocks that became final, with their transactions. */
function ownBlocks({ finals }: Performance) {
  return finals.filter(({ block }) => block.proposer === LIAR);
}

function included({ finals }: Performance): number {
  return new Set(finals.flatMap(({ transactions }) => transactions.map(({ id }) => toHex(id))))
    .size;
}

describe("a leader that censors", () => {
  test("has its blocks decided, for nothing but what is missing is wrong with them", () => {
    const performance = perform({ seed: 1, behaviours: [plain], transfers: TRANSFERS });
    const own = ownBlocks(performance);
    expect(own.length).toBeGreaterThan(3);
    for (const { block, transactions } of own) {
      expect(transactions).toEqual([]);
      expect(block.payload).toEqual(payloadHash([]));
    }
    expect([...performance.penalties]).toEqual([]);
    expect(performance.gaveUp).toBe(0);
  });

  test("keeps nothing out of the chain: others include it all, within a bound of views", () => {
    const arrivals = new Map<string, number>();
    const waits: number[] = [];
    const performance = perform({
      seed: 2,
      behaviours: [plain],
      transfers: TRANSFERS,
      prepare: (simulation) => {
        const viewOf = () => simulation.nodes[0]?.replica?.status.view ?? 0;
        const submit = simulation.nodes.map((node) => node.submit.bind(node));
        for (const node of simulation.nodes) {
          node.submit = (transactions) => {
            for (const { id } of transactions) arrivals.set(toHex(id), viewOf());
            return submit[node.node]?.(transactions) ?? [];
          };
        }
        simulation.watch((seen) => {
          if (seen.type !== "final" || seen.by !== 0) return;
          for (const { id } of seen.final.transactions) {
            const arrived = arrivals.get(toHex(id));
            if (arrived !== undefined) waits.push(viewOf() - arrived);
          }
        });
      },
    });
    expect(included(performance)).toBe(TRANSFERS);
    expect(waits).toHaveLength(TRANSFERS);
    expect(Math.max(...waits)).toBeLessThanOrEqual(BOUND_IN_VIEWS);
  });

  test("may spare some senders: their transactions stand in its blocks, those of others never", () => {
    const behaviours = [variant(censoringLeader, [false, 1])];
    const performance = perform({ seed: 3, behaviours, transfers: 60, forMs: 1_600 });
    const senders = ownBlocks(performance).flatMap(({ transactions }) => {
      return transactions.map(({ transaction }) => (transaction.sender.at(-1) ?? 0) & 1);
    });
    expect(new Set(senders)).toEqual(new Set([0]));
    expect(included(performance)).toBe(60);
  });

  test.each(seedsOfTheDay(3))("does not stop the others (seed %i)", (seed) => {
    const performance = perform({ seed, behaviours: [censoringLeader] });
    expect(performance.goesOn(3)).toBe(true);
    expect(performance.violations).toEqual([]);
  });
});
