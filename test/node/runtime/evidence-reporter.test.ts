// Which validator puts an offence on record, when, and what it does when it cannot.

import { describe, expect, test } from "vitest";
import { type Evidence, messageCodec, type ValidatorIndex } from "../../../consensus/index.ts";
import { decode, type Height, type Nonce } from "../../../crypto/index.ts";
import { offenceKey } from "../../../node/ledger/index.ts";
import { createLogger } from "../../../node/logging/index.ts";
import { EvidenceReporter } from "../../../node/runtime/evidence-reporter.ts";
import { decodeCall, decodeTransaction } from "../../../node/transaction/index.ts";
import { four } from "../../consensus/scenes.ts";

const { block, timeout, validators, vote } = four;

/** Validator 1 voted twice in this view. */
function doubleVote(view: number): Evidence {
  const first = vote(block(view), { by: 1 });
  const second = vote(block(view, { payload: "another" }), { by: 1 });
  return { offender: 1 as ValidatorIndex, view: first.content.view, first, second } as Evidence;
}

/** Validator 1 gave the view up twice, with another certificate each time. */
function doubleTimeout(view: number): Evidence {
  const first = timeout(view, { by: 1, highQc: view - 1 });
  const second = timeout(view, { by: 1, highQc: view - 2 });
  return { offender: 1 as ValidatorIndex, view: first.content.view, first, second } as Evidence;
}

function keyOf({ view }: Evidence): string {
  const publicKey = validators.members[1]?.publicKey ?? (new Uint8Array() as never);
  return offenceKey({ publicKey, kind: "vote", view }).join();
}

function reporting(options: { readonly self?: number; readonly balance?: bigint } = {}) {
  const { self = 0, balance = 100n } = options;
  const evidence: Evidence[] = [];
  const recorded = new Set<string>();
  const submitted: Uint8Array[] = [];
  const reporter = new EvidenceReporter({
    validators,
    self: self as ValidatorIndex,
    signer: four.signerOf(self),
    fee: 2n,
    evidence: () => evidence,
    state: { get: (key) => (recorded.has(key.join()) ? new Uint8Array(1) : undefined) },
    api: {
      account: () => ({ balance, nonce: 7 as Nonce, height: 1 as Height }),
      submit: async (bytes) => {
        submitted.push(bytes);
        return { ok: false, problem: { code: "POOL_FULL" } };
      },
    },
    log: createLogger({ level: "silent" }),
  });
  const finals = async (from: number, to: number) => {
    for (let height = from; height <= to; height++) await reporter.onFinal(height as Height);
  };
  return { evidence, recorded, submitted, finals };
}

describe("a validator that has seen an offence", () => {
  test("reports it after the next final block, signed for its own account", async () => {
    const { evidence, submitted, finals } = reporting();
    const offence = doubleVote(5);
    evidence.push(offence);
    await finals(10, 10);
    const transaction = decodeTransaction(submitted[0] ?? new Uint8Array());
    if (!transaction.ok) throw new Error(transaction.refusal);
    const { chainId } = validators;
    expect(transaction.value).toMatchObject({
      chainId,
      nonce: 7,
      fee: 2n,
      validUntilHeight: 1_010,
    });
    expect(transaction.value.publicKey).toEqual(four.signerOf(0).publicKey);
    const call = decodeCall(transaction.value.call);
    if (!call.ok || call.value.type !== "report-evidence") throw new Error("no report");
    expect(decode(messageCodec, call.value.first)).toEqual({ ok: true, value: offence.first });
    expect(decode(messageCodec, call.value.second)).toEqual({ ok: true, value: offence.second });
  });

  test("waits for its turn, and reports nothing that is on record by then", async () => {
    const { evidence, recorded, submitted, finals } = reporting({ self: 2 });
    const offence = doubleVote(5);
    evidence.push(offence);
    await finals(10, 15);
    expect(submitted).toEqual([]);
    recorded.add(keyOf(offence));
    await finals(16, 20);
    expect(submitted).toEqual([]);
  });

  test("reports it in its turn when nobody has", async () => {
    const { evidence, submitted, finals } = reporting({ self: 2 });
    evidence.push(doubleVote(5));
    await finals(10, 16);
    expect(submitted).toHaveLength(1);
  });

  test("reports one of many once in a long while", async () => {
    const { evidence, submitted, finals } = reporting();
    evidence.push(doubleVote(5), doubleVote(6));
    await finals(10, 1_009);
    expect(submitted).toHaveLength(1);
    await finals(1_010, 1_011);
    expect(submitted).toHaveLength(2);
  });

  test("reports an offence of another kind all the same", async () => {
    const { evidence, submitted, finals } = reporting();
    evidence.push(doubleVote(5), doubleTimeout(6));
    await finals(10, 20);
    expect(submitted).toHaveLength(2);
  });

  test("leaves it at what another validator has put on record", async () => {
    const { evidence, recorded, submitted, finals } = reporting({ self: 2 });
    const offence = doubleVote(5);
    evidence.push(offence);
    await finals(10, 12);
    recorded.add(keyOf(offence));
    for (let view = 6; view < 200; view++) {
      evidence.push(doubleVote(view));
      await finals(view + 7, view + 7);
    }
    expect(submitted).toEqual([]);
  });

  test("reports nothing that its account cannot pay for", async () => {
    const { evidence, submitted, finals } = reporting({ balance: 1n });
    evidence.push(doubleVote(5));
    await finals(10, 20);
    expect(submitted).toEqual([]);
  });
});
