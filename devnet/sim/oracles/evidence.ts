// What honest nodes hold against others: never against an honest validator, and always two statements of the offender, of
// one kind and view, that differ and are really signed.

import type { Evidence, Message } from "../../../consensus/index.ts";
import type { OracleMaker, Premises } from "./oracle.ts";
import { eachStatement, isSigned, type Statement } from "./statements.ts";
import { isHonestValidator } from "./words.ts";

export const evidence: OracleMaker = (premises, report) => ({
  name: "evidence",
  observe: (seen) => {
    if (seen.type !== "evidence" || !premises.isHonest(seen.by)) return;
    const { offender, view, first } = seen.evidence;
    const what = `v${seen.by} holds ${first.type}s of view ${view} against v${offender}`;
    if (isHonestValidator(premises, offender)) report(`${what}, who is honest`);
    const fault = faultOf(premises, seen.evidence);
    if (fault !== undefined) report(`${what}: ${fault}`);
  },
});

function faultOf(premises: Premises, { offender, view, first, second }: Evidence) {
  const left = statementOf(premises, first);
  const right = statementOf(premises, second);
  if (left === undefined || right === undefined) return "nobody signs such a message";
  if (left.kind !== right.kind) return `a ${left.kind} and a ${right.kind} do not conflict`;
  for (const { signer, view: of } of [left, right]) {
    if (signer !== offender) return `one of them is by v${signer}`;
    if (of !== view) return `one of them is of view ${of}`;
  }
  if (left.words === right.words) return "both say the same";
  const isReal = isSigned(premises, left) && isSigned(premises, right);
  return isReal ? undefined : "one of them is not signed by its key";
}

/** What the message itself states, not what it brings along. */
function statementOf({ validators }: Premises, message: Message): Statement | undefined {
  if (message.type === "decision") return undefined;
  const found: Statement[] = [];
  eachStatement(validators.chainId, message, (statement) => found.push(statement));
  return found[0];
}
