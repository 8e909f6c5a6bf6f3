// What a proof proves: checked against genesis, then held against the answer that came with it.

import { isDeepStrictEqual } from "node:util";
import { validatorSet } from "../../consensus/index.ts";
import {
  type Address,
  addressCodec,
  decode,
  type Epoch,
  equalBytes,
  fromHex,
  HASH_BYTES,
  hash,
  parseAddress,
  toHex,
} from "../../crypto/index.ts";
import { nativeScheme } from "../../crypto/native/index.ts";
import { chainIdOf, type Genesis } from "../chain/index.ts";
import { readGenesis } from "../genesis/index.ts";
import { accountKey, recordKey } from "../ledger/index.ts";
import {
  type CertifiedBlock,
  checkReceiptProof,
  checkStateProof,
  describeProofRefusal,
  type ProofRefusal,
  receiptProofCodec,
  stateProofCodec,
  type Trust,
  trustIn,
} from "../proof/index.ts";
import { accountIn, accountJson, finalJson, recordJson, stateJson } from "../rpc/index.ts";
import type { Evidence } from "./evidence-file.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure, usageFailure } from "./failure.ts";

type Fields = Readonly<Record<string, unknown>>;

export type Proven = {
  /** In the words of the node's answers, and where in the chain that is. */
  readonly facts: Fields;
  /** What the answer says beside, which may be true or not. */
  readonly unproven: readonly string[];
};

/** @throws {CommandFailure} with the reason when the proof, or what was said beside it, does not hold */
export async function provenBy({ proof, answer }: Evidence, genesisFile: string): Promise<Proven> {
  const trust = trustInGenesis(await readGenesis(genesisFile));
  const isReceipt = answer === undefined ? !decode(stateProofCodec, proof).ok : "receipt" in answer;
  const { said, place } = isReceipt
    ? receiptProven(proof, trust, answer)
    : stateProven(proof, trust, answer);
  const unproven: string[] = [];
  if (answer !== undefined) compare(answer, said, unproven);
  return { facts: { ...said, ...place }, unproven };
}

function trustInGenesis(genesis: Genesis): Trust {
  const members = genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
  const validators = validatorSet({ chainId: chainIdOf(genesis), epoch: 0 as Epoch, members });
  return trustIn({ validators, scheme: nativeScheme() });
}

type Shown = {
  /** What a node's answer would say. */
  readonly said: Fields;
  readonly place: Fields;
};

function stateProven(proof: Uint8Array, trust: Trust, answer: Fields | undefined): Shown {
  const subject = answer === undefined ? subjectOf(keyIn(proof)) : subjectIn(answer);
  const verdict = checkStateProof(proof, trust, subject.key);
  if (!verdict.ok) throw refused(verdict.refusal);
  const place = placeOf(verdict, verdict.timestampMs);
  switch (subject.kind) {
    case "account":
      return { said: { ...accountJson(subject.address, accountIn(verdict)) }, place };
    case "record":
      return { said: recordJson(subject.name, verdict), place };
    case "state":
      return { said: stateJson(verdict), place };
  }
}

function receiptProven(proof: Uint8Array, trust: Trust, answer: Fields | undefined): Shown {
  const transaction = answer === undefined ? transactionIn(proof) : bytesIn(answer, "hash");
  if (transaction.length !== HASH_BYTES) throw unreadable("hash");
  const verdict = checkReceiptProof(proof, trust, hash(transaction));
  if (!verdict.ok) throw refused(verdict.refusal);
  const { receipt, height, timestampMs, certified } = verdict;
  const { blockHash: block } = certified;
  const json = finalJson({ receipt, height, block });
  const isCertified = certified.height === height;
  const said = isCertified ? json : withoutBlock({ ...json, receipt: withoutBlock(json.receipt) });
  return {
    said: { hash: toHex(transaction), state: "final", ...said, certifiedHeight: certified.height },
    place: placeOf(certified, timestampMs),
  };
}

/** Only the certified block's hash is proven. */
function withoutBlock({ block: _, ...rest }: Fields): Fields {
  return rest;
}

function placeOf({ blockHash, stateRoot, view }: CertifiedBlock, timestampMs: number): Fields {
  return {
    time: new Date(timestampMs).toISOString(),
    certifiedBlock: toHex(blockHash),
    stateRoot: toHex(stateRoot),
    view,
  };
}

type Subject =
  | { readonly kind: "account"; readonly key: Uint8Array; readonly address: Address }
  | { readonly kind: "record"; readonly key: Uint8Array; readonly name: Uint8Array }
  | { readonly kind: "state"; readonly key: Uint8Array };

/** What an answer claims to be about. */
function subjectIn(answer: Fields): Subject {
  if (typeof answer.address === "string") {
    const parsed = parseAddress(answer.address);
    if (!parsed.ok) throw unreadable("address");
    return { kind: "account", key: accountKey(parsed.value), address: parsed.value };
  }
  const name = bytesIn(answer, "key");
  if ("owner" in answer) return { kind: "record", key: recordKey(name), name };
  return { kind: "state", key: name };
}

/** What a proof without words is about, by its key. */
function subjectOf(key: Uint8Array): Subject {
  const name = key.slice(1);
  const address = decode(addressCodec, name);
  if (address.ok && equalBytes(accountKey(address.value), key)) {
    return { kind: "account", key, address: address.value };
  }
  if (name.length > 0 && equalBytes(recordKey(name), key)) return { kind: "record", key, name };
  return { kind: "state", key };
}

function keyIn(proof: Uint8Array): Uint8Array {
  const decoded = decode(stateProofCodec, proof);
  if (!decoded.ok) throw refused("malformed");
  return decoded.value.key;
}

function transactionIn(proof: Uint8Array): Uint8Array {
  const decoded = decode(receiptProofCodec, proof);
  if (!decoded.ok) throw refused("malformed");
  return decoded.value.receipt.transaction;
}

function bytesIn(answer: Fields, name: string): Uint8Array {
  const { [name]: text } = answer;
  const bytes = typeof text === "string" ? fromHex(text) : undefined;
  if (bytes === undefined) throw unreadable(name);
  return bytes;
}

/** Whatever the answer says must be what is proven; names of what is not go to `unproven`. */
function compare(answer: Fields, said: Fields, unproven: string[], within = ""): void {
  for (const [name, value] of Object.entries(answer)) {
    if (within === "" && name === "proof") continue;
    const path = `${within}${name}`;
    const proven = Object.hasOwn(said, name) ? said[name] : undefined;
    if (proven === undefined) unproven.push(path);
    else if (isFields(value) && isFields(proven)) compare(value, proven, unproven, `${path}.`);
    else if (!isDeepStrictEqual(value, proven)) {
      const message = `the answer says that ${path} is ${shown(value)}, and proves ${shown(proven)}`;
      throw failure(message, "CONTRADICTS_PROOF");
    }
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 80);
}

function refused(refusal: ProofRefusal): CommandFailure {
  const remedy =
    refusal === "bad-signature" || refusal === "wrong-epoch"
      ? "is --genesis the file of this very chain?"
      : undefined;
  const message = `the proof does not hold: ${describeProofRefusal(refusal)} (${refusal})`;
  return failure(message, "PROOF_REFUSED", remedy);
}

function failure(message: string, code: string, remedy?: string): CommandFailure {
  return new CommandFailure({ message, code, remedy, exitCode: EXIT_CODES.unexpected });
}

function unreadable(name: string): CommandFailure {
  return usageFailure(`this is no answer of a node: ${name} is not what it should be`);
}
