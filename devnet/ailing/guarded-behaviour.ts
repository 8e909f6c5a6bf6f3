// A behaviour that breaks is our bug, and must not bring the node down: it is a liar, not a crash. It is switched off, and
// what it would have changed passes as it is.

import type { Behaviour, Tactics } from "../behaviours/index.ts";

/** `broke` is called once at most. */
export function guarded(behaviour: Behaviour, broke: (error: unknown) => void): Behaviour {
  let isOff = false;
  const attempt = <T>(act: () => T, otherwise: T): T => {
    if (isOff) return otherwise;
    try {
      return act();
    } catch (error) {
      isOff = true;
      broke(error);
      return otherwise;
    }
  };
  return {
    ...behaviour,
    adopt: (control) => {
      const after: typeof control.after = (delayMs, act) => {
        control.after(delayMs, () => attempt(act, undefined));
      };
      const none: Tactics = {};
      const own = attempt(() => behaviour.adopt({ ...control, after }), none);
      return {
        outgoing: (deliveries) => {
          return attempt(() => own.outgoing?.(deliveries) ?? deliveries, deliveries);
        },
        incoming: (from, message, ids) => {
          return attempt(() => own.incoming?.(from, message, ids) ?? true, true);
        },
        answer: (from, question, honest) => {
          if (own.answer === undefined) return honest;
          return attempt(() => own.answer?.(from, question, honest), honest);
        },
        asking: (to, question) => attempt(() => own.asking?.(to, question) ?? true, true),
        started: () => attempt(() => own.started?.(), undefined),
      };
    },
  };
}
