// The two messages that prove somebody guilty read differently, whatever they differ in.

import { describe, expect, test } from "vitest";
import { type Message, messageCodec } from "../../../consensus/index.ts";
import { decode, fromHex, type Hash } from "../../../crypto/index.ts";
import { statementText } from "../../../devnet/verdict/index.ts";
import { command, runningDevnet, verdictOf } from "../virtual/fixtures.ts";

function vote({ height }: { height: number }): Message {
  const content = { epoch: 0, view: 9, height, block: new Uint8Array(32).fill(5) as Hash };
  return { type: "vote", content, voter: 3, signature: new Uint8Array(64) } as unknown as Message;
}

function messageOf(hex: string): Message {
  const decoded = decode(messageCodec, fromHex(hex) ?? new Uint8Array());
  if (!decoded.ok) throw new Error(decoded.refusal);
  return decoded.value;
}

describe("a statement as text", () => {
  test("tells votes that differ in the height alone apart", () => {
    expect(statementText(vote({ height: 4 }))).toBe("vote view 9 block 05050505 height 4");
    expect(statementText(vote({ height: 5 }))).toBe("vote view 9 block 05050505 height 5");
  });

  test("tells proposals by their time and hash as well (seed 1)", () => {
    const devnet = runningDevnet();
    command(devnet, "lie 3 equivocate");
    devnet.run(4_000);
    const [culprit] = verdictOf(devnet, { culprits: [3] }).culprits;
    const texts = (culprit?.messages ?? []).map((hex) => statementText(messageOf(hex)));
    expect(texts).toEqual(culprit?.statements);
    expect(new Set(texts).size).toBe(2);
    for (const text of texts) expect(text).toMatch(/^proposal .* time \d+ block [0-9a-f]{8}$/);
  });
});
