// The application of a validator that may begin to lie while it runs, and cease to.

import type { Conduct } from "../behaviours/index.ts";
import type { Application } from "./chain.ts";

/** Asks for the conduct at every call, and runs what that makes of the honest application. */
export function switchable(honest: Application, conduct: () => Conduct | undefined): Application {
  let known: { readonly conduct: Conduct; readonly machine: Application } | undefined;
  const current = (): Application => {
    const now = conduct();
    if (now === undefined) return honest;
    if (known?.conduct !== now) known = { conduct: now, machine: now.application(honest) };
    return known.machine;
  };
  return {
    name: honest.name,
    initialize: (...given) => current().initialize(...given),
    check: (...given) => current().check(...given),
    admit: (...given) => current().admit(...given),
    execute: (...given) => current().execute(...given),
    query: (...given) => current().query(...given),
  };
}
