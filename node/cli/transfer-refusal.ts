// A transfer is a call of the built-in ledger. A chain that runs an application of its own refuses it as bytes that make
// no sense, which tells a person nothing: here it is said what the chain runs, as far as a genesis at hand tells.

import { toHex } from "../../crypto/index.ts";
import { BUILT_IN_APPLICATION, chainIdOf } from "../chain/index.ts";
import { readGenesis } from "../genesis/index.ts";
import { clientOf } from "./asking.ts";
import { type ApplicationRefusal, CommandFailure } from "./failure.ts";
import type { Environment } from "./output.ts";
import { genesisAtHand } from "./trusted-genesis.ts";

const MAY_LACK = "it may have no transfers";
const CALL_IT = "`quorate tx call` sends what it understands";

/** The application's refusal, in words for somebody who wanted to pay. */
export async function withoutTransfers(
  refusal: ApplicationRefusal,
  { rpc }: { readonly rpc: string },
  env: Environment,
): Promise<CommandFailure> {
  const { message, reason, exitCode, code } = refusal;
  const application = await applicationOf(rpc, genesisAtHand(env));
  if (application === BUILT_IN_APPLICATION.name) return refusal;
  if (application === undefined) {
    const remedy = `if this chain runs an application of its own, ${MAY_LACK}: ${CALL_IT}`;
    return new CommandFailure({ message, remedy, exitCode, code, cause: refusal });
  }
  return new CommandFailure({
    message: `this chain runs the application "${application}", which refuses a transfer: ${reason}`,
    remedy: `${MAY_LACK}: ${CALL_IT}`,
    exitCode,
    code,
    cause: refusal,
  });
}

/** Undefined where the file is missing, or is of another chain than the node's: it is nobody's word then. */
async function applicationOf(rpc: string, file: string): Promise<string | undefined> {
  // Nothing hangs on it but the wording of a failure that has its own.
  const genesis = await readGenesis(file).catch(() => undefined);
  if (genesis === undefined) return undefined;
  const status = await (await clientOf(rpc)).status().catch(() => undefined);
  if (!status?.ok || status.value.chainId !== toHex(chainIdOf(genesis))) return undefined;
  return genesis.application.name;
}
