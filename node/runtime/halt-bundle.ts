// halt.json: what a validator that halted knew. The certificate that contradicts it, and, for the block in question and
// those below it that are not final, all that it computed itself, so that `quorate diagnose` and people can find block,
// transaction and key. Bounded in size.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { commitCertCodec, type Evidence, type Halt, messageCodec } from "../../consensus/index.ts";
import {
  encode,
  fromHex,
  HASH_BYTES,
  type Hash,
  type Height,
  hash,
  height,
  toHex,
} from "../../crypto/index.ts";
import type { Receipt, StoredChange } from "../ledger/index.ts";
import { StorageError } from "../storage/index.ts";

/** What this validator computed for one block. */
export type ComputedBlock = {
  readonly hash: Hash;
  readonly height: Height;
  readonly parent?: Hash | undefined;
  /** Of the state that the block was executed on. */
  readonly parentRoot?: Hash | undefined;
  readonly stateRoot: Hash;
  /** Of every transaction, the skipped ones, too. */
  readonly receipts: readonly Receipt[];
  readonly changes: readonly StoredChange[];
};

/** Whose bundle it is. */
export type BundleOwner = {
  readonly chainId: Hash;
  readonly application: string;
  readonly version: string;
};

export type HaltDetails = BundleOwner & {
  readonly evidence: readonly Evidence[];
  readonly computed?: ComputedBlock | undefined;
  /** Its ancestors that are not final, the oldest first: it may have gone wrong there. */
  readonly below?: readonly ComputedBlock[] | undefined;
  /** The block in question with its bodies, as the log keeps it. */
  readonly block?: Uint8Array | undefined;
};

/** What of a bundle `quorate diagnose` uses. */
export type HaltBundle = {
  readonly reason: string;
  readonly height: Height;
  readonly ours: Hash;
  readonly theirs: Hash;
  readonly computed?: BundledBlock;
  readonly below: readonly BundledBlock[];
  readonly block?: Uint8Array;
};

export type BundledBlock = ComputedBlock & {
  /** The bundle was too small for all of it. */
  readonly isCut: boolean;
};

export const BUNDLE_FILE = "halt.json";

const MAX_BLOCK_BYTES = 4 * 2 ** 20;
type Room = {
  readonly receipts: number;
  readonly changes: number;
  /** All changes together; the first that does not fit and all after it stay out. */
  readonly changesBytes: number;
};

const ROOM: Room = { receipts: 16_384, changes: 65_536, changesBytes: 4 * 2 ** 20 };
/** For each block below. */
const ROOM_BELOW: Room = { receipts: 1_024, changes: 8_192, changesBytes: 2 ** 20 };
/** The oldest ones: whatever went wrong there shows in all above. */
const MAX_BELOW = 8;
/** Twice of everything in hex, the evidence, and what surrounds it. */
const MAX_BUNDLE_BYTES = 128 * 2 ** 20;

export function bundleJson(halt: Halt, details: HaltDetails): string {
  const { reason, height, view, ours, theirs, cert } = halt;
  const { chainId, application, version, evidence, computed, below = [], block } = details;
  const bundle = {
    reason,
    height: `${height}`,
    view: `${view}`,
    ours: toHex(ours),
    theirs: toHex(theirs),
    chainId: toHex(chainId),
    application,
    versions: { quorate: version, node: process.version },
    ...(cert === undefined ? {} : { certificate: toHex(encode(commitCertCodec, cert)) }),
    ...(computed === undefined ? {} : { computed: computedJson(computed, ROOM) }),
    below: below.slice(0, MAX_BELOW).map((each) => computedJson(each, ROOM_BELOW)),
    ...blockJson(block),
    evidence: evidence.map(({ offender, first, second }) => ({
      offender,
      first: toHex(encode(messageCodec, first)),
      second: toHex(encode(messageCodec, second)),
    })),
  };
  return `${JSON.stringify(bundle, undefined, 2)}\n`;
}

function blockJson(block: Uint8Array | undefined) {
  if (block === undefined) return {};
  if (block.length > MAX_BLOCK_BYTES) return { blockBytes: block.length };
  return { block: toHex(block) };
}

function computedJson(computed: ComputedBlock, room: Room) {
  const { hash, height, parent, parentRoot, stateRoot, receipts, changes } = computed;
  const kept = fittingChanges(changes, room);
  return {
    block: toHex(hash),
    height: `${height}`,
    ...(parent === undefined ? {} : { parent: toHex(parent) }),
    ...(parentRoot === undefined ? {} : { parentRoot: toHex(parentRoot) }),
    stateRoot: toHex(stateRoot),
    receipts: receipts.slice(0, room.receipts).map((receipt) => ({
      ...receipt,
      transaction: toHex(receipt.transaction),
      feePaid: `${receipt.feePaid}`,
      output: toHex(receipt.output),
    })),
    changes: kept.map(({ key, value }) => ({
      key: toHex(key),
      value: value === undefined ? null : toHex(value),
    })),
    receiptsOmitted: Math.max(0, receipts.length - room.receipts),
    changesOmitted: changes.length - kept.length,
  };
}

function fittingChanges(changes: readonly StoredChange[], room: Room): readonly StoredChange[] {
  let bytes = 0;
  const end = changes.findIndex(({ key, value }, index) => {
    bytes += key.length + (value?.length ?? 0);
    return bytes > room.changesBytes || index >= room.changes;
  });
  return end < 0 ? changes : changes.slice(0, end);
}

const bytesSchema = z.string().transform((text, context): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: "custom", message: "no hex" });
  return z.NEVER;
});
const hashSchema = bytesSchema
  .refine((bytes) => bytes.length === HASH_BYTES, "no hash")
  .transform((bytes) => hash(bytes));
const heightSchema = z
  .string()
  .regex(/^[0-9]{1,16}$/)
  .transform((text) => height(Number(text)));

const receiptSchema = z.object({
  transaction: hashSchema,
  index: z.number().int().nonnegative(),
  result: z.enum(["ok", "failed", "skipped"]),
  code: z.string(),
  feePaid: z
    .string()
    .regex(/^[0-9]{1,20}$/)
    .transform(BigInt),
  output: bytesSchema,
});

const computedSchema = z
  .object({
    block: hashSchema,
    height: heightSchema,
    parent: hashSchema.optional(),
    parentRoot: hashSchema.optional(),
    stateRoot: hashSchema,
    receipts: z.array(receiptSchema).max(ROOM.receipts),
    changes: z
      .array(z.object({ key: bytesSchema, value: bytesSchema.nullable() }))
      .max(ROOM.changes),
    receiptsOmitted: z.number(),
    changesOmitted: z.number(),
  })
  .transform((computed): BundledBlock => {
    const { receiptsOmitted, changesOmitted, changes, block: hash, ...rest } = computed;
    const stored = changes.map(({ key, value }) => ({ key, value: value ?? undefined }));
    return { ...rest, hash, changes: stored, isCut: receiptsOmitted > 0 || changesOmitted > 0 };
  });

const bundleSchema = z.object({
  reason: z.string(),
  height: heightSchema,
  ours: hashSchema,
  theirs: hashSchema,
  block: bytesSchema.optional(),
  computed: computedSchema.optional(),
  below: z.array(computedSchema).max(MAX_BELOW),
});

/** The bundle of an earlier halt, if there was one. @throws {StorageError} LOG_DAMAGED if it cannot be read */
export function readHaltBundle(directory: string): HaltBundle | undefined {
  const path = join(directory, BUNDLE_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const { size } = statSync(path);
    if (size > MAX_BUNDLE_BYTES) throw new Error(`it has ${size} bytes`);
    const { block, computed, ...rest } = bundleSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    return { ...rest, ...(block && { block }), ...(computed && { computed }) };
  } catch (error) {
    throw new StorageError({
      code: "LOG_DAMAGED",
      what: "the bundle of a halt cannot be read",
      path,
      remedy: "Move the bundle out of the directory to compare what is left without it.",
      cause: error,
    });
  }
}
