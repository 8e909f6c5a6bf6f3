// Every answer of the HTTP interface as a schema, the counterpart of `schemas.ts`. Nothing is validated with them while the
// node runs: they document, and the tests hold every answer against them, to the last field.

import { z } from "zod";
import { PROBLEM_CODES } from "./problems.ts";

/** The schemas with names of their own in the document. */
export const namedSchemas = z.registry<{ readonly id: string }>();

function named<S extends z.ZodType>(id: string, schema: S): S {
  namedSchemas.add(schema, { id });
  return schema;
}

function text(pattern: RegExp, description: string) {
  return z.string().regex(pattern).describe(description);
}

const hash = named("Hash", text(/^0x[0-9a-f]{64}$/, "32 bytes"));
const publicKey = named("PublicKey", text(/^0x[0-9a-f]{64}$/, "Ed25519, 32 bytes"));
const signature = named("Signature", text(/^0x[0-9a-f]{128}$/, "Ed25519, 64 bytes"));
const bytes = named("Bytes", text(/^0x(?:[0-9a-f]{2})*$/, "Bytes, lower case"));
const address = named(
  "Address",
  text(/^qr1[02-9ac-hj-np-z]{1,80}$/, "An account, bech32m, lower case"),
);
const amount = named("Amount", text(/^(?:0|[1-9][0-9]{0,19})$/, "0..2^64-1"));
const time = named("Time", z.iso.datetime({ precision: 3 }).describe("UTC, to the millisecond"));
const counter = z.int().min(0);
const height = named("Height", counter.describe("Of a block; genesis has 0"));
const view = named(
  "View",
  counter.describe("An attempt to agree; several may pass for one height"),
);
const validatorIndex = named("ValidatorIndex", counter.max(255).describe("Its place in genesis"));
const problemCode = named("ProblemCode", z.enum(PROBLEM_CODES as [string, ...string[]]));

export const problem = named(
  "Problem",
  z
    .strictObject({
      type: text(/^urn:quorate:problem:[a-z-]+$/, "A name; nothing is to be fetched from it"),
      title: z.string(),
      status: z.int().min(400).max(599),
      code: problemCode,
      retryable: z.boolean().describe("May the very same request succeed later?"),
      detail: z.string().describe("What happened this time"),
      remedy: z.string().describe("What to do about it"),
      hash: hash.optional(),
      details: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
        .optional()
        .describe("For programs: `expected`, `retryAfterMs`, `limit` and the like"),
    })
    .describe("RFC 9457; `code` is what programs go by"),
);

// --- Transactions --------------------------------------------------------------------------------------------------

const place = {
  height,
  index: counter.describe("Its place in the block, from 0"),
  block: hash,
  reason: z.string().optional().describe("Why it is not ok"),
};
const cost = { feePaid: amount, output: bytes.describe("What the call answered") };

const receipt = named(
  "Receipt",
  z.strictObject({ result: z.enum(["ok", "failed"]), ...place, ...cost }),
);

const reason = z.string();

const finalTransaction = z.strictObject({
  hash,
  state: z.literal("final"),
  result: z.enum(["ok", "failed"]),
  ...place,
  receipt,
});

export const transaction = named(
  "Transaction",
  z
    .discriminatedUnion("state", [
      z.strictObject({ hash, state: z.literal("unknown"), reason }),
      z.strictObject({ hash, state: z.literal("pending") }),
      z.strictObject({ hash, state: z.literal("included"), height, block: hash }),
      finalTransaction,
      z.strictObject({ hash, state: z.literal("rejected"), code: problemCode, reason }),
      z.strictObject({
        hash,
        state: z.literal("expired"),
        reason,
        validUntilHeight: height.optional(),
      }),
    ])
    .describe("It ends only in `final`, `rejected` or `expired`"),
);

export const batch = named(
  "Batch",
  z.strictObject({
    results: z
      .array(z.union([transaction, z.strictObject({ problem })]))
      .describe("One for each transaction, in order"),
  }),
);

// --- The chain -----------------------------------------------------------------------------------------------------

const certificate = {
  epoch: counter,
  view,
  height,
  block: hash,
  signers: z.array(validatorIndex).describe("Ascending"),
  signatures: z.array(signature).describe("One for each signer"),
};

const quorumCert = named("QuorumCert", z.strictObject(certificate));
const commitCert = named(
  "CommitCert",
  z
    .strictObject({ ...certificate, stateRoot: hash })
    .describe("A quorum's word that the block is final and what the state is after it"),
);

export const block = named(
  "Block",
  z.strictObject({
    hash,
    height,
    view,
    epoch: counter,
    parent: hash,
    payload: hash.describe("Over the hashes of the transactions"),
    timestampMs: counter.describe("Milliseconds since 1970, by the proposer's clock"),
    time,
    proposer: validatorIndex,
    stateRoot: hash.optional().describe("Of the state after the block"),
    transactions: z.array(hash).describe("In the order of execution"),
    certificates: z.strictObject({
      justify: quorumCert.describe("Of the parent"),
      commit: commitCert.optional().describe("Missing for a block that a later one made final"),
    }),
  }),
);

export const status = named(
  "Status",
  z.strictObject({
    chainId: hash,
    chainName: z.string(),
    node: z.strictObject({
      role: z.enum(["validator", "follower"]),
      index: validatorIndex.optional(),
      publicKey: publicKey.optional(),
    }),
    version: z.string(),
    height: height.describe("Of the last final block"),
    view,
    finalized: z.strictObject({ height, hash, stateRoot: hash, time }),
    validators: z.array(z.strictObject({ publicKey, power: z.int().min(1) })),
    peers: z.array(
      z.strictObject({
        index: validatorIndex.optional().describe("Absent for a follower"),
        connected: z.boolean(),
      }),
    ),
    sync: z.strictObject({
      state: z.enum(["synced", "syncing"]),
      target: height.optional().describe("The height that it catches up to"),
    }),
    pool: z.strictObject({ count: counter, bytes: counter }),
    minFee: amount.describe("The least fee of a transaction"),
    missing: z
      .string()
      .optional()
      .describe("What is missing while the chain stands still, or agrees on no state"),
  }),
);

export const liveness = named(
  "Liveness",
  z.strictObject({ live: z.boolean(), reasons: z.array(z.string()) }),
);

export const readiness = named(
  "Readiness",
  z.strictObject({ ready: z.boolean(), reasons: z.array(z.string()) }),
);

// --- The state -----------------------------------------------------------------------------------------------------

const proof = bytes.optional().describe("A StateProof as the wire format has it, if asked for");
const stateHeight = height.describe("The final height that this is the state after");

export const account = named(
  "Account",
  z.strictObject({
    address,
    balance: amount,
    nonce: counter.describe("Of its next transaction"),
    key: publicKey.optional().describe("Its key, once it is no longer the one the address names"),
    height: stateHeight,
    proof,
  }),
);

export const record = named(
  "Record",
  z.strictObject({
    key: bytes,
    version: counter.describe("What a compare-and-set expects; 0 where nothing stands"),
    owner: address.nullable(),
    value: bytes.nullable(),
    writtenAt: height.nullable().describe("The height of the block that wrote last"),
    height: stateHeight,
    proof,
  }),
);

const entry = { key: bytes, value: bytes.nullable(), height: stateHeight, proof };

export const stateEntry = named("StateEntry", z.strictObject(entry));

export const queryAnswer = named(
  "QueryAnswer",
  z
    .strictObject({ path: z.string(), argument: bytes, ...entry })
    .describe("What the state holds under the key that the question leads to"),
);

export const transactionProof = named(
  "TransactionProof",
  z.strictObject({
    ...finalTransaction.shape,
    certifiedHeight: height.describe("The transaction's, or that of the next certified block"),
    proof: bytes.describe("A ReceiptProof as the wire format has it"),
  }),
);

// --- Events --------------------------------------------------------------------------------------------------------

/** The data of each event, by its name. */
export const eventData = {
  block,
  tx: named(
    "TransactionEvent",
    z
      .strictObject({ hash, result: z.enum(["ok", "failed", "skipped"]), ...place, ...cost })
      .describe(
        "What came of it in this block; one that was skipped may still come in a later one",
      ),
  ),
  view: named(
    "ViewEvent",
    z.strictObject({ view, leader: validatorIndex }).describe("The node has entered this view"),
  ),
  evidence: named(
    "EvidenceEvent",
    z
      .strictObject({
        offender: validatorIndex,
        view,
        kind: z.enum(["proposal", "vote", "commit-vote", "timeout"]),
        first: bytes,
        second: bytes,
      })
      .describe("Two signed messages that no honest validator signs both"),
  ),
};

export const document = z.looseObject({ openapi: z.literal("3.1.0") });
