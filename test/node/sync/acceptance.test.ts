import { describe, expect, test } from "vitest";
import { type Block, blockHash } from "../../../consensus/index.ts";
import type { Hash } from "../../../crypto/index.ts";
import {
  type Answer,
  acceptBlock,
  acceptRun,
  type BlockWithBodies,
  wholeBlock,
} from "../../../node/sync/index.ts";
import { hashOf } from "../../consensus/fixtures.ts";
import { block, committee, newLedger, transfer, withBodies } from "../replica/fixtures.ts";

const first = transfer();
const second = transfer({ nonce: 1 });
const made = block(1, { with: [first, second] });
const stored = withBodies(made, [first, second]);
const refused = (refusal: string) => ({ ok: false, refusal });

describe("a block with bodies", () => {
  test("is whole when its bodies are those that its payload names", () => {
    const bound = wholeBlock(stored);
    expect(bound).toMatchObject({ ok: true, value: { hash: blockHash(made) } });
    expect(bound.ok && bound.value.ids).toEqual([first.id, second.id]);
  });

  test("is refused when a body is no transaction", () => {
    const bodies = [first.bytes, second.bytes.slice(1)];
    expect(wholeBlock({ ...stored, bodies })).toEqual(refused("malformed-body"));
  });

  test.each([
    ["in another order", [second, first]],
    ["one too few", [first]],
    ["one too many", [first, second, transfer({ nonce: 2 })]],
    ["with the last one doubled", [first, second, second]],
    ["others", [first, transfer({ nonce: 1, amount: 6n })]],
  ])("is refused with its bodies %s", (_, bodies) => {
    expect(wholeBlock(withBodies(made, bodies))).toEqual(refused("bodies-of-another-block"));
  });
});

describe("an answer to a question for one block", () => {
  const asked = blockHash(made);

  test("is accepted when it is the block that was asked for", () => {
    expect(acceptBlock({ type: "block", found: stored }, asked)).toMatchObject({ ok: true });
  });

  test("is refused when it is empty", () => {
    expect(acceptBlock({ type: "block" }, asked)).toEqual(refused("nothing-offered"));
  });

  test("is refused when it is another block, however sound", () => {
    const found = withBodies(block(2), []);
    expect(acceptBlock({ type: "block", found }, asked)).toEqual(refused("another-block"));
  });

  test("is refused when the block comes with wrong bodies", () => {
    const found = withBodies(made, [first]);
    const verdict = acceptBlock({ type: "block", found }, asked);
    expect(verdict).toEqual(refused("bodies-of-another-block"));
  });
});

describe("an answer to a question for a run", () => {
  const one = block(1, { with: [first] });
  const two = block(2, { on: one });
  const three = block(3, { on: two, with: [second] });
  const run: readonly BlockWithBodies[] = [
    withBodies(one, [first]),
    withBodies(two, []),
    withBodies(three, [second]),
  ];
  const stateRoot = hashOf("state");
  const certOf = (on: Block) => committee.commitCert(on, { stateRoot });
  const { hash, height } = newLedger().committed;
  const tip = { ...committee.genesisTip, hash, height };
  const accept = (answer: Omit<Extract<Answer, { type: "blocks" }>, "type">) =>
    acceptRun({ type: "blocks", ...answer }, { tip, verifier: committee.verifier() });

  test("is accepted when it follows the tip and ends in a certified block", () => {
    const verdict = accept({ blocks: run, cert: certOf(three) });
    expect(verdict).toMatchObject({ ok: true, value: { cert: { height: 3 } } });
    expect(verdict.ok && verdict.value.blocks.map(({ hash }) => hash)).toEqual(
      [one, two, three].map(blockHash),
    );
  });

  test("is refused when it is empty, certificate or not", () => {
    expect(accept({ blocks: [], cert: certOf(one) })).toEqual(refused("nothing-offered"));
  });

  test("is refused without a certificate", () => {
    expect(accept({ blocks: run })).toEqual(refused("uncertified"));
  });

  test("is refused when it begins above the tip", () => {
    const verdict = accept({ blocks: run.slice(1), cert: certOf(three) });
    expect(verdict).toEqual(refused("does-not-follow"));
  });

  test("is refused when it has a gap", () => {
    const blocks = [run[0], run[2]] as BlockWithBodies[];
    expect(accept({ blocks, cert: certOf(three) })).toEqual(refused("does-not-follow"));
  });

  test("is refused when a block names another parent at the right height", () => {
    const other = block(2, { on: block(1) });
    const blocks = [run[0] as BlockWithBodies, withBodies(other, [])];
    expect(accept({ blocks, cert: certOf(other) })).toEqual(refused("does-not-follow"));
  });

  test("is refused when the bodies of one block are missing", () => {
    const blocks = [withBodies(one, []), ...run.slice(1)];
    const verdict = accept({ blocks, cert: certOf(three) });
    expect(verdict).toEqual(refused("bodies-of-another-block"));
  });

  test("is refused when a body in it is no transaction", () => {
    const blocks = [{ block: one, bodies: [new Uint8Array(3)] }, ...run.slice(1)];
    expect(accept({ blocks, cert: certOf(three) })).toEqual(refused("malformed-body"));
  });

  test("is refused when the certificate is that of a block before the last", () => {
    const verdict = accept({ blocks: run, cert: certOf(two) });
    expect(verdict).toEqual(refused("certificate-of-another-block"));
  });

  test("is refused when the certificate names another block at the last height", () => {
    const cert = { ...certOf(three), block: hashOf("elsewhere") as Hash };
    expect(accept({ blocks: run, cert })).toEqual(refused("certificate-of-another-block"));
  });

  test("is refused when the certificate is below a quorum", () => {
    const cert = committee.commitCert(three, { stateRoot, by: [0, 1] });
    expect(accept({ blocks: run, cert })).toEqual(refused("bad-certificate"));
  });

  test("is refused when the certificate was signed for another state", () => {
    const cert = { ...certOf(three), stateRoot: hashOf("another state") as Hash };
    expect(accept({ blocks: run, cert })).toEqual(refused("bad-certificate"));
  });
});
