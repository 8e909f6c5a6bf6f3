// Puts stand-ins for the watched functions in their places while `within` runs, and takes them away again whatever
// happens. They act only between `enter` and `leave`: what the ledger around a machine does is its own affair.

import { syncBuiltinESMExports } from "node:module";
import {
  type AnyFunction,
  ELSEWHERE_MS,
  type WatchedCause,
  watchedFunctions,
} from "./watched-functions.ts";

/** A forbidden call and the line that made it. */
export type Use = { readonly cause: WatchedCause; readonly what: string; readonly where: string };

export type WatchOptions = {
  /** Answer as at another time and place. */
  readonly elsewhere: boolean;
  /** Maps and sets hand out their elements backwards. */
  readonly reversed: boolean;
  readonly onUse: (use: Use) => void;
};

const MAX_STACK_LINES = 6;

export class Watch {
  readonly #options: WatchOptions;
  readonly #undo: (() => void)[] = [];
  #isActive = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Synchronous, because nothing else may run meanwhile. */
  within<T>(action: () => T): T {
    try {
      this.#install();
      return action();
    } finally {
      this.#isActive = false;
      for (const undo of this.#undo.splice(0).reverse()) undo();
      syncBuiltinESMExports();
    }
  }

  /** A call of the machine begins. */
  enter(): void {
    this.#isActive = true;
  }

  leave(): void {
    this.#isActive = false;
  }

  #install(): void {
    for (const { owner, name, label, cause, elsewhere, isMute } of watchedFunctions()) {
      this.#replace(owner, name, (original) => {
        const watch = this;
        return function standIn(this: unknown, ...given: unknown[]): unknown {
          if (!watch.#isActive) return Reflect.apply(original, this, given);
          watch.#note({ cause, what: label }, standIn);
          if (isMute) return undefined;
          const isElsewhere = watch.#options.elsewhere && elsewhere !== undefined;
          return watch.#asOurselves(() =>
            isElsewhere ? elsewhere(original, this, given) : Reflect.apply(original, this, given),
          );
        };
      });
    }
    this.#replaceDate();
    this.#replaceIntl();
    if (this.#options.reversed) this.#reverseCollections();
    syncBuiltinESMExports();
  }

  /** Properties keep their kind: writable, enumerable or not. */
  #replace(owner: object, name: string | symbol, make: (original: AnyFunction) => unknown): void {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    const original = Reflect.get(owner, name) as AnyFunction;
    const standIn = make(original);
    // `process.hrtime.bigint` and the like.
    if (typeof standIn === "function") Object.assign(standIn, original);
    const isPlaced = Reflect.defineProperty(owner, name, {
      value: standIn,
      configurable: true,
      enumerable: before?.enumerable ?? false,
      writable: true,
    });
    if (!isPlaced) return;
    this.#undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, before);
    });
  }

  #replaceDate(): void {
    this.#replace(globalThis, "Date", (original) => {
      const standIn = new Proxy(original as unknown as DateConstructor, {
        construct: (target, given, newTarget) => {
          if (!this.#isActive) return Reflect.construct(target, given, newTarget);
          if (given.length === 1) return Reflect.construct(target, given, newTarget);
          const isNow = given.length === 0;
          const what = isNow ? "new Date()" : "new Date(year, month, ...)";
          this.#note({ cause: isNow ? "clock" : "surroundings", what }, undefined);
          const made: Date = Reflect.construct(target, given, newTarget);
          if (this.#options.elsewhere) made.setTime(made.getTime() + ELSEWHERE_MS);
          return made;
        },
        apply: (target, self, given) => {
          if (this.#isActive) this.#note({ cause: "clock", what: "Date()" }, undefined);
          return this.#asOurselves(() => Reflect.apply(target, self, given));
        },
      });
      return standIn;
    });
  }

  #replaceIntl(): void {
    const names = Object.getOwnPropertyNames(Intl).filter((name) => /^[A-Z]/.test(name));
    for (const name of names) {
      this.#replace(Intl, name, (original) => {
        const noted = (what: string) => {
          if (this.#isActive) this.#note({ cause: "surroundings", what }, undefined);
        };
        return new Proxy(original as unknown as DateConstructor, {
          construct: (target, given, newTarget) => {
            noted(`new Intl.${name}()`);
            return Reflect.construct(target, given, newTarget);
          },
          apply: (target, self, given) => {
            noted(`Intl.${name}()`);
            return Reflect.apply(target, self, given as []);
          },
        });
      });
    }
  }

  #reverseCollections(): void {
    for (const owner of [Map.prototype, Set.prototype]) {
      for (const name of ["keys", "values", "entries", Symbol.iterator]) {
        this.#replace(owner, name, (original) => this.#reversed(original));
      }
      this.#replace(owner, "forEach", () => {
        // Through the iterator, which is reversed itself.
        return function standIn(
          this: Map<unknown, unknown> | Set<unknown>,
          call: (value: unknown, key: unknown, self: unknown) => void,
          self?: unknown,
        ): void {
          for (const [key, value] of this.entries()) Reflect.apply(call, self, [value, key, this]);
        };
      });
    }
  }

  #reversed(original: AnyFunction): AnyFunction {
    const watch = this;
    return function standIn(this: unknown): unknown {
      const iterator = Reflect.apply(original, this, []) as Iterator<unknown>;
      if (!watch.#isActive) return iterator;
      const elements: unknown[] = [];
      for (let step = iterator.next(); !step.done; step = iterator.next()) {
        elements.push(step.value);
      }
      return elements.reverse().values();
    };
  }

  /** What a watched function calls itself is not the machine's doing. */
  #asOurselves<T>(action: () => T): T {
    const before = this.#isActive;
    this.#isActive = false;
    try {
      return action();
    } finally {
      this.#isActive = before;
    }
  }

  #note(use: Omit<Use, "where">, standIn: AnyFunction | undefined): void {
    this.#asOurselves(() => this.#options.onUse({ ...use, where: callerOf(standIn) }));
  }
}

const OWN_FOLDER = import.meta.url.replace(/[^/]*$/, "");

/** The nearest line of the stack that is not of this check. */
function callerOf(standIn: AnyFunction | undefined): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MAX_STACK_LINES;
  const at: { stack?: string } = {};
  Error.captureStackTrace(at, standIn ?? callerOf);
  Error.stackTraceLimit = stackTraceLimit;
  const own = OWN_FOLDER.replace("file://", "");
  const lines = (at.stack ?? "").split("\n").slice(1);
  const caller = lines.find((line) => !line.includes(own) && !line.includes("at Object.construct"));
  return (caller ?? lines[0] ?? "").trim().replace(/^at /, "");
}
