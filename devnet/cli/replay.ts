// The line that runs something again. Data says `quorate`, the same everywhere; a person wants what works where they are.

import { type ActionContext, invocation } from "../../node/cli/index.ts";

export function typeable(replay: string, env: ActionContext["env"]): string {
  return replay.replace(/^quorate\b/, invocation(env));
}
