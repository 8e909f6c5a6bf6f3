// Wrong answers to each kind of question, ten ways each, and tips that do not exist.

import {
  blockHash,
  type CommitCert,
  type CommitVoteContent,
  commitVoteBytes,
} from "../../consensus/index.ts";
import { domain, type Height, hashIn, signatureList, type View } from "../../crypto/index.ts";
import { type Answer, type BlockWithBodies, MAX_ASKED_BODIES } from "../../node/sync/index.ts";
import type { Control } from "./behaviour.ts";
import { clamped, following } from "./far-off.ts";

/** Ways to lie about one thing. */
export const WAYS = 10;
const NOWHERE = domain("quorate/simulated-nowhere/1");
/** Copies of one thing in a swollen answer. */
const SWOLLEN = 200;

type Bodies = Extract<Answer, { type: "bodies" }>;
type Found = Extract<Answer, { type: "block" }>;
type Run = Extract<Answer, { type: "blocks" }>;
type Highest = Extract<Answer, { type: "certificates" }>;
/** What a lie is made of. */
export type Material = { readonly control: Control; readonly archive: readonly BlockWithBodies[] };

/** The lie of this number, 0 .. WAYS-1; undefined: no answer. */
export function wrongAnswer(honest: Answer, which: number, material: Material): Answer | undefined {
  switch (honest.type) {
    case "bodies":
      return wrongBodies(honest, which, material);
    case "block":
      return wrongBlock(honest, which, material);
    case "blocks":
      return wrongRun(honest, which, material);
    case "certificates":
      return wrongCertificates(honest, which, material);
  }
}

function wrongBodies(honest: Bodies, which: number, { archive }: Material): Bodies | undefined {
  const { bodies } = honest;
  const first = bodies[0] ?? Uint8Array.of(1);
  const others = archive.flatMap((stored) => stored.bodies).slice(0, SWOLLEN);
  const lies: readonly (readonly Uint8Array[] | undefined)[] = [
    undefined,
    [],
    bodies.slice(1),
    bodies.map((body) => body.map((byte, at) => (at === 90 ? byte ^ 1 : byte))),
    bodies.map((body) => body.subarray(0, body.length - 1)),
    others,
    [...bodies].reverse(),
    Array.from({ length: Math.min(SWOLLEN, MAX_ASKED_BODIES) }, () => first),
    [new Uint8Array(0), ...bodies.slice(1)],
    bodies.map(() => new Uint8Array(first.length)),
  ];
  const lie = lies[which];
  return lie === undefined ? undefined : { type: "bodies", bodies: lie };
}

function wrongBlock({ found }: Found, which: number, { archive }: Material): Found | undefined {
  const other = archive.at(0);
  const lies: readonly (BlockWithBodies | "none" | undefined)[] = [
    "none",
    undefined,
    other,
    found && {
      block: { ...found.block, timestampMs: found.block.timestampMs + 1 },
      bodies: found.bodies,
    },
    found && { block: found.block, bodies: found.bodies.slice(1) },
    found && { block: found.block, bodies: [...found.bodies, ...found.bodies] },
    found && { block: found.block, bodies: other?.bodies ?? [] },
    found && { block: found.block, bodies: [new Uint8Array(0)] },
    found && {
      block: { ...found.block, height: (found.block.height + 1) as Height },
      bodies: found.bodies,
    },
    other && { block: other.block, bodies: found?.bodies ?? [] },
  ];
  const lie = lies[which];
  if (lie === "none") return undefined;
  return lie === undefined ? { type: "block" } : { type: "block", found: lie };
}

function wrongRun(honest: Run, which: number, { control, archive }: Material): Run | undefined {
  const { blocks, cert } = honest;
  const middle = blocks.length >> 1;
  const last = blocks.at(-1);
  const forged = last && forgedChild(control, last);
  const forgedRun = (run: readonly BlockWithBodies[], content: CommitVoteContent): Run => {
    return { type: "blocks", blocks: run, cert: certifiedByLiars(control, content) };
  };
  const certified = (run: readonly BlockWithBodies[]): Run => {
    return cert === undefined
      ? { type: "blocks", blocks: run }
      : { type: "blocks", blocks: run, cert };
  };
  const lies: readonly (Run | undefined)[] = [
    undefined,
    { type: "blocks", blocks: [] },
    { type: "blocks", blocks },
    certified(blocks.filter((_, at) => at !== middle)),
    certified(blocks.slice(0, -1)),
    certified([...blocks].reverse()),
    certified(blocks.slice(1)),
    certified([...archive.slice(0, 4), ...blocks].slice(0, SWOLLEN)),
    forged === undefined
      ? honest
      : forgedRun([...blocks.slice(0, SWOLLEN), forged.stored], forged.content),
    certified(blocks.map(({ block }, at) => ({ block, bodies: blocks[at + 1]?.bodies ?? [] }))),
  ];
  return lies[which];
}

function wrongCertificates(
  honest: Highest,
  which: number,
  { control, archive }: Material,
): Highest | undefined {
  const { highQc } = honest;
  const older = archive.at(0)?.block.justify ?? highQc;
  const unsigned = { signers: [], signatures: [] };
  const content = nowhere(control);
  const lies: readonly (Omit<Highest, "type"> | undefined)[] = [
    undefined,
    { highQc: older },
    { highQc },
    { highQc: { ...highQc, view: following(highQc.view) } },
    { highQc: { ...highQc, signatures: unsigned } },
    { highQc: { ...highQc, height: following(highQc.height) } },
    { highQc: { ...content, signatures: certifiedByLiars(control, content).signatures } },
    { highQc, highTc: { ...emptyTc(honest), view: content.view } },
    { highQc: older, highTc: emptyTc(honest) },
    { highQc: { ...highQc, block: content.block } },
  ];
  const lie = lies[which];
  return lie === undefined ? undefined : { type: "certificates", ...lie };
}

/** That nobody signed. */
function emptyTc({ highQc }: Highest): NonNullable<Highest["highTc"]> {
  const { epoch } = highQc;
  const signatures = { signers: [], signatures: [] };
  return { epoch, view: following(highQc.view), highQcViews: [], signatures, highQc };
}

/** Follows in every respect, and nobody voted for it. */
function forgedChild(
  control: Control,
  { block, bodies }: BlockWithBodies,
): { readonly stored: BlockWithBodies; readonly content: CommitVoteContent } {
  const { epoch } = control.validators;
  const [view, height] = [following(block.view), following(block.height)];
  const child = { ...block, view, height, parent: blockHash(block) };
  const hash = blockHash(child);
  const content = { epoch, view, height, block: hash, stateRoot: hash };
  return { stored: { block: child, bodies }, content };
}

/** A block far above all others that nobody has. */
export function nowhere({ validators, random, view }: Control): CommitVoteContent {
  const far = random.pick([1, 20, 1_000, 2 ** 40]);
  const block = hashIn(NOWHERE, Uint8Array.of(random.between(0, 255), random.between(0, 255)));
  return {
    epoch: validators.epoch,
    view: clamped(view() + far) as View,
    height: clamped(view() + far) as Height,
    block,
    stateRoot: block,
  };
}

/** Signed soundly, by too few. */
export function certifiedByLiars(
  { validators, keys }: Control,
  content: CommitVoteContent,
): CommitCert {
  const bytes = commitVoteBytes(validators.chainId, content);
  const signed = [...keys].map(([signer, key]) => ({ signer, signature: key.sign(bytes) }));
  return { ...content, signatures: signatureList(signed) };
}
