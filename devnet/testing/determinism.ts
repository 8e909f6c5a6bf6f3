// Whether a state machine is deterministic, for a test that is to fail where it is not.

import {
  checkDeterminism,
  type DeterminismOptions,
  type DeterminismVerdict,
} from "../../node/determinism/index.ts";
import type { StateMachine } from "../../node/index.ts";
import { DevnetError } from "./devnet-error.ts";

/** `checkDeterminism`, and throws what it finds. @throws {DevnetError} NOT_HELD */
export function mustBeDeterministic<Call>(
  makeMachine: () => StateMachine<Call>,
  options: DeterminismOptions,
): Extract<DeterminismVerdict, { readonly ok: true }> {
  const verdict = checkDeterminism(makeMachine, options);
  if (verdict.ok) return verdict;
  const { message, thrown: cause } = verdict;
  throw new DevnetError("NOT_HELD", `not deterministic: ${message}`, { cause });
}
