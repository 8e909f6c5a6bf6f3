// Strangers at the door: sound handshakes under keys that no genesis names, and many names for one attacker.

import { expect } from "vitest";
import { stopNode } from "../../node/network/node.ts";
import { closed } from "../node/network/fixture.ts";
import { hostileNode, pour, stranger, type Target } from "./attacker.ts";
import type { CaseTable } from "./case.ts";
import { noise } from "./noise.ts";

type Options = Omit<Parameters<typeof hostileNode>[1], "seat">;

/** Dials under a stranger's key; resolves when the victim has hung up. */
async function knock(target: Target, number: number, options: Options = {}): Promise<void> {
  const { node, dial, frames } = await hostileNode(target, { ...options, seat: stranger(number) });
  try {
    const connection = await dial();
    // Noise lets the dialler believe that it is connected for a moment.
    await connection
      .newStream(frames)
      .then((stream) => pour(stream, noise(1_000)))
      .catch(() => undefined);
    await closed(connection);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  } finally {
    await stopNode(node);
  }
}

export const strangers: CaseTable = {
  surface: "a validator at whose door strangers stand",
  cases: [
    {
      name: "a stranger with a sound handshake",
      behaviour: 18,
      run: async (chain) => {
        await knock(chain, 1);
        await chain.said("connection refused");
      },
    },
    {
      name: "one stranger who comes back fifty times",
      behaviour: 18,
      run: async (chain) => {
        for (let times = 0; times < 50; times++) await knock(chain, 2);
      },
    },
    {
      name: "sixty strangers at once, each under a name of its own",
      behaviour: 18,
      run: async (chain) => {
        await Promise.all(Array.from({ length: 60 }, (_, at) => knock(chain, 100 + at)));
      },
    },
    {
      name: "a stranger who gossips at once",
      behaviour: 18,
      run: async (chain) => {
        const { node, dial } = await hostileNode(chain, { seat: stranger(3) });
        try {
          const connection = await dial();
          const stream = await connection.newStream("/meshsub/1.2.0").catch(() => undefined);
          if (stream !== undefined) await pour(stream, noise(10_000));
          await closed(connection);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        } finally {
          await stopNode(node);
        }
      },
    },
    {
      name: "a stranger from another chain with a validator's key of its own",
      behaviour: 18,
      run: async (chain) => {
        const other = { ...chain, chainId: chain.payment().id };
        await knock(other, 4);
      },
    },
    {
      name: "a validator that speaks for another chain",
      behaviour: 18,
      run: async (chain) => {
        const other = { ...chain, chainId: chain.payment().id };
        const { node, dial, frames, requests } = await hostileNode(other, { seat: chain.seat() });
        try {
          const connection = await dial();
          await expect(connection.newStream(frames)).rejects.toThrow();
          await expect(connection.newStream(requests)).rejects.toThrow();
        } finally {
          await stopNode(node);
        }
      },
    },
    {
      name: "ten connections at once under one validator's key",
      behaviour: 18,
      run: async (chain) => {
        const seat = chain.seat();
        const nodes = await Promise.all(
          Array.from({ length: 10 }, () => hostileNode(chain, { seat })),
        );
        const connections = await Promise.allSettled(nodes.map(({ dial }) => dial()));
        expect(connections.some(({ status }) => status === "fulfilled")).toBe(true);
        await chain.isWell();
        await Promise.all(nodes.map(({ node }) => stopNode(node)));
      },
    },
    {
      name: "a second one with the witness's key",
      behaviour: 18,
      run: async (chain) => {
        const { node, dial } = await hostileNode(chain, { seat: chain.witness });
        const connection = await dial().catch(() => undefined);
        await stopNode(node);
        if (connection !== undefined) await closed(connection);
        await chain.said("validator connected", { peer: 1 });
      },
    },
  ],
};
