// What the state holds and what came of a transaction, with a proof for whoever asks: accounts, records, any key, the
// answers of the state machine, receipts. The JSON and its proof are of the same height, which both name.

import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { z } from "zod";
import { fromHex, hash, parseAddress } from "../../crypto/index.ts";
import { accountKey, recordKey } from "../ledger/index.ts";
import type { NodeApi, Provable, StateView } from "./api.ts";
import {
  accountIn,
  accountJson,
  proofJson,
  receiptProofJson,
  recordJson,
  stateJson,
} from "./presentation.ts";
import type { Problem } from "./problems.ts";
import { checked, type Outcome } from "./request.ts";
import { answerProblem, openJson } from "./responses.ts";
import {
  accountParams,
  machineQuery,
  noQuery,
  proofQuery,
  queryParams,
  recordParams,
  stateParams,
  transactionParams,
} from "./schemas.ts";

type Call = Context<{ Bindings: HttpBindings }>;
type Page = (call: Call) => Response;

export type ProvablePagesOptions = {
  readonly api: NodeApi;
  readonly charge: (bindings: HttpBindings, cost: number) => Problem | undefined;
};

/** What a proof costs beyond the one of every request: a receipt's may take the tree over a whole block. */
const PROOF_COST = 4;

/** Each with its path. */
export function provablePages(options: ProvablePagesOptions): readonly (readonly [string, Page])[] {
  return [
    ["/v1/accounts/:address", accountPage(options)],
    ["/v1/records/:key", recordPage(options)],
    ["/v1/state/:key", statePage(options)],
    ["/v1/query/:path{.+}", queryPage(options)],
    ["/v1/txs/:hash/proof", receiptPage(options)],
  ];
}

function accountPage({ api, charge }: ProvablePagesOptions): Page {
  return (call) => {
    const params = checked(accountParams, call.req.param());
    if (!params.ok) return answerProblem(params.problem);
    const parsed = parseAddress(params.value.address);
    if (!parsed.ok) {
      const detail = `This is no address: ${parsed.refusal}; look for a typing error.`;
      return answerProblem({ code: "INVALID_REQUEST", detail, details: { parameter: "address" } });
    }
    const asked = askedFor(call, proofQuery, charge);
    if (!asked.ok) return answerProblem(asked.problem);
    const { value: address } = parsed;
    if (!asked.value.proof) return openJson(200, accountJson(address, api.account(address)));
    return answerView(api.state(accountKey(address), asked.value), (view) =>
      accountJson(address, accountIn(view)),
    );
  };
}

function recordPage({ api, charge }: ProvablePagesOptions): Page {
  return (call) => {
    const params = checked(recordParams, call.req.param());
    if (!params.ok) return answerProblem(params.problem);
    const asked = askedFor(call, proofQuery, charge);
    if (!asked.ok) return answerProblem(asked.problem);
    const key = bytesFrom(params.value.key);
    return answerView(api.state(recordKey(key), asked.value), (view) => recordJson(key, view));
  };
}

function statePage({ api, charge }: ProvablePagesOptions): Page {
  return (call) => {
    const params = checked(stateParams, call.req.param());
    if (!params.ok) return answerProblem(params.problem);
    const asked = askedFor(call, proofQuery, charge);
    if (!asked.ok) return answerProblem(asked.problem);
    return answerView(api.state(bytesFrom(params.value.key), asked.value), stateJson);
  };
}

function queryPage({ api, charge }: ProvablePagesOptions): Page {
  return (call) => {
    const params = checked(queryParams, call.req.param());
    if (!params.ok) return answerProblem(params.problem);
    const asked = askedFor(call, machineQuery, charge);
    if (!asked.ok) return answerProblem(asked.problem);
    const { path } = params.value;
    const { argument } = asked.value;
    const answer = api.query({ path, argument: bytesFrom(argument) }, asked.value);
    return answerView(answer, (view) => ({ path, argument, ...stateJson(view) }));
  };
}

function receiptPage({ api, charge }: ProvablePagesOptions): Page {
  return (call) => {
    const params = checked(transactionParams, call.req.param());
    if (!params.ok) return answerProblem(params.problem);
    const query = checked(noQuery, call.req.query());
    if (!query.ok) return answerProblem(query.problem);
    const overdrawn = charge(call.env, PROOF_COST);
    if (overdrawn !== undefined) return answerProblem(overdrawn);
    const id = hash(bytesFrom(params.value.hash));
    const proven = api.receiptProof(id);
    if (proven.ok) return openJson(200, receiptProofJson(proven.value));
    return answerProblem({ ...proven.problem, hash: id });
  };
}

/** The query of a call; a proof is charged for. */
function askedFor<Q extends { readonly proof: "0" | "1" }>(
  call: Call,
  schema: z.ZodType<Q>,
  charge: ProvablePagesOptions["charge"],
): Outcome<Omit<Q, "proof"> & { readonly proof: boolean }> {
  const query = checked(schema, call.req.query());
  if (!query.ok) return query;
  const proof = query.value.proof === "1";
  const problem = proof ? charge(call.env, PROOF_COST) : undefined;
  if (problem !== undefined) return { ok: false, problem };
  return { ok: true, value: { ...query.value, proof } };
}

function answerView(answer: Provable<StateView>, json: (view: StateView) => object): Response {
  if (!answer.ok) return answerProblem(answer.problem);
  const { value: view } = answer;
  return openJson(200, { ...json(view), ...proofJson(view.proof) });
}

/** Of a text that its schema has found to be hex. */
function bytesFrom(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array(0);
}
