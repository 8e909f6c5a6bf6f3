// A devnet of real processes that obeys fault commands. What is declared holds for a validator through all its restarts,
// until it is healed.

import { EXIT_CODES } from "../../node/cli/index.ts";
import type { Ailments, Report } from "../ailing/index.ts";
import type { DevnetPlan } from "../directory/index.ts";
import {
  type Declared,
  declare,
  type FaultCommand,
  FaultError,
  type FaultTarget,
  nothingDeclared,
  requireSomethingToEnd,
  syncHasFailed,
  type Victims,
  victimsOf,
} from "../faults/index.ts";
import { ailmentsOf } from "./ailments-of.ts";
import { copyData, hasCopy, loseData, restoreCopy } from "./data-directory.ts";
import { Flapping } from "./flapping.ts";
import type { Acknowledgement, LiveValidator } from "./live-validator.ts";
import { type Readiness, Supervisor } from "./supervisor.ts";
import type { Death } from "./validator-process.ts";

export type LiveDevnetOptions = {
  /** Of everything that is left to chance. */
  readonly seed: number;
  /** What a validator tells. A liar that asks for its restart gets it without further ado. */
  readonly onReport?: (validator: LiveValidator, report: Report) => void;
  /** `isOrdered`: the devnet itself has killed it, and may start it again. */
  readonly onDeath?: (validator: LiveValidator, death: Death, isOrdered: boolean) => void;
  /** It serves clients, for the first time or again, perhaps under another pid. */
  readonly onListening?: (validator: LiveValidator) => void;
};

const MAX_DOWN_MS = 60_000;

export class LiveDevnet implements FaultTarget {
  readonly #options: LiveDevnetOptions;
  readonly #supervisor: Supervisor;
  readonly #flapping: Flapping;
  #declared: Declared;
  /** What each validator was told last, as text. */
  readonly #told = new Map<number, string>();
  /** Starts and ends of one validator follow one another. */
  readonly #turns = new Map<number, Promise<void>>();
  /** Ended by a safety halt: only a person starts them again. */
  readonly #halted = new Set<number>();
  /** Liars that asked for it. */
  readonly #returning = new Map<number, NodeJS.Timeout>();

  /** All validators are started; `ready` says when they are a chain. */
  static open(plan: DevnetPlan, options: LiveDevnetOptions): LiveDevnet {
    return new LiveDevnet(plan, options);
  }

  private constructor(plan: DevnetPlan, options: LiveDevnetOptions) {
    this.#options = options;
    this.#declared = nothingDeclared(plan.validators.length);
    // Nobody waits for a link that comes and goes by itself.
    this.#flapping = new Flapping(() => void this.#tellAll());
    this.#supervisor = new Supervisor(plan, (index) => this.#ailmentsOf(index), {
      onListening: (validator) => {
        this.#halted.delete(validator.plan.index);
        options.onListening?.(validator);
      },
      onDeath: (validator, death, isOrdered) => this.#died(validator, death, isOrdered),
      onReport: (validator, report) => {
        if (report.type === "restart-me") this.#grantRestart(validator, report.downMs);
        options.onReport?.(validator, report);
      },
    });
  }

  get validators(): number {
    return this.processes.length;
  }

  /** By validator index. */
  get processes(): readonly LiveValidator[] {
    return this.#supervisor.validators;
  }

  get declared(): Declared {
    return this.#declared;
  }

  ready(timeoutMs: number): Promise<Readiness> {
    return this.#supervisor.ready(timeoutMs);
  }

  /** Resolves when no validator is left. */
  async stop(): Promise<void> {
    this.#quieten();
    await this.#supervisor.stop();
  }

  /** At once, without asking. */
  kill(): void {
    this.#quieten();
    this.#supervisor.kill();
  }

  /** Resolves once it is done and in force. @throws {FaultError} that names the validators it could not be done to */
  async obey(command: FaultCommand): Promise<void> {
    if (this.#supervisor.isStopping) {
      throw new FaultError("STOPPING", "the devnet stops", "start it again");
    }
    const victims = this.#victimsOf(command);
    if (command.verb === "lie") await requireWays(command.ways);
    await this.#requirePossible(command, victims);
    this.#declared = declare(this.#declared, command);
    this.#flapping.follow(this.#declared.flaps);
    const silent: number[] = [];
    const tell = async () => void silent.push(...(await this.#tellAll()));
    const act = async (victim: LiveValidator) => {
      if ((await this.#act(command, victim)) === "silent") silent.push(victim.plan.index);
    };
    const outcomes = await Promise.allSettled([tell(), ...victims.map(act)]);
    // A change of ways may take a restart, which the liar has asked for by now.
    await Promise.all(victims.map(({ plan: { index } }) => this.#turns.get(index)));
    const failures = victims.flatMap(({ plan: { index } }, position) => {
      // The first outcome is that of telling all.
      const outcome = outcomes[position + 1];
      return outcome?.status === "rejected" ? [{ index, reason: outcome.reason as unknown }] : [];
    });
    const [told] = outcomes;
    if (told?.status === "rejected") throw told.reason;
    const [failure] = failures;
    if (failure !== undefined) {
      throw command.verb === "heal"
        ? healedInPart(command.who, victims, { failures, silent })
        : failure.reason;
    }
    if (silent.length > 0) throw noAnswer(silent);
  }

  /** All beyond what validators are told. */
  #act(command: FaultCommand, victim: LiveValidator): Promise<unknown> {
    const inTurn = (act: () => Promise<unknown>) => this.#inTurn(victim, act);
    switch (command.verb) {
      case "kill":
        this.#stay(victim);
        return inTurn(() => victim.kill());
      case "restart":
        return inTurn(() => this.#restart(victim));
      case "pause":
        return inTurn(() => victim.pause());
      case "resume":
        return inTurn(() => victim.resume());
      case "lose-disk":
        return inTurn(() => this.#restart(victim, () => loseData(victim.plan)));
      case "copy-disk":
        return inTurn(() => copyAtRest(victim));
      case "rewind-disk":
        return inTurn(() => this.#restart(victim, () => restoreCopy(victim.plan)));
      case "heal":
        return inTurn(() => this.#revive(victim));
      default:
        return Promise.resolve(undefined);
    }
  }

  async #restart(victim: LiveValidator, whileDown?: () => Promise<void>): Promise<void> {
    this.#stay(victim);
    await victim.kill();
    await whileDown?.();
    if (!this.#supervisor.isStopping) await victim.start();
  }

  /**
   * Leaves alone what halted: starting that again would not end well.
   * @throws {FaultError} NOT_OURS for what a person brought back by hand, which is left alone, too
   */
  async #revive(victim: LiveValidator): Promise<Acknowledgement> {
    if (victim.isAlive) return await victim.resume();
    if (this.#halted.has(victim.plan.index) || this.#supervisor.isStopping) return "later";
    this.#stay(victim);
    await victim.start();
    return "later";
  }

  /** After whatever is being done to it; fails as `act` does, and holds nothing up. */
  #inTurn<T>({ plan: { index } }: LiveValidator, act: () => Promise<T>): Promise<T> {
    const done = (this.#turns.get(index) ?? Promise.resolve()).then(act);
    const over = () => {};
    this.#turns.set(index, done.then(over, over));
    return done;
  }

  async #requirePossible(command: FaultCommand, victims: readonly LiveValidator[]): Promise<void> {
    const { verb } = command;
    requireSomethingToEnd(command, this.#declared);
    const obeying = obeyedBy(command, this.validators);
    for (const validator of this.processes) {
      if (validator.isAlive || !obeying.includes(validator.plan.index)) continue;
      // In its turn: whoever starts it meanwhile holds its directory, too.
      await this.#inTurn(validator, () => validator.refuseIfForeign());
    }
    for (const { plan } of victims) {
      if (verb !== "rewind-disk" || hasCopy(plan)) continue;
      const remedy = `take one first: copy-disk ${plan.index}`;
      throw new FaultError("NO_COPY", `there is no copy of the disk of v${plan.index}`, remedy);
    }
  }

  /** Whose processes the command is about. */
  #victimsOf(command: FaultCommand): LiveValidator[] {
    const named = namedBy(command, this.validators);
    const missing = named.find((index) => this.processes[index] === undefined);
    if (missing !== undefined) {
      const remedy = `there are v0 to v${this.validators - 1}`;
      throw new FaultError("NO_SUCH_VALIDATOR", `there is no v${missing}`, remedy);
    }
    return this.processes.filter(({ plan }) => named.includes(plan.index));
  }

  /** Answers who did not. */
  async #tellAll(): Promise<readonly number[]> {
    const answers = await Promise.all(
      this.processes.map(async (validator) => {
        const { index } = validator.plan;
        const ailments = this.#ailmentsOf(index);
        const text = JSON.stringify(ailments);
        if (text === this.#told.get(index)) return "in-force";
        this.#told.set(index, text);
        return await validator.tell(ailments);
      }),
    );
    return answers.flatMap((answer, index) => (answer === "silent" ? [index] : []));
  }

  #ailmentsOf(index: number): Ailments {
    const { seed } = this.#options;
    const isDown = (flap: Declared["flaps"][number]) => this.#flapping.isDown(flap);
    return ailmentsOf(this.#declared, index, { seed, isDown });
  }

  #died(validator: LiveValidator, death: Death, isOrdered: boolean): void {
    const { index } = validator.plan;
    if (death.exitCode === EXIT_CODES.safetyHalt) this.#halted.add(index);
    if (death.exitCode === EXIT_CODES.dataDirectory) {
      this.#declared = syncHasFailed(this.#declared, index);
      void this.#tellAll();
    }
    this.#options.onDeath?.(validator, death, isOrdered);
  }

  #grantRestart(validator: LiveValidator, downMs: number): void {
    const { index } = validator.plan;
    if (this.#returning.has(index)) return;
    if (downMs === 0) {
      this.#inTurn(validator, () => this.#restart(validator)).catch(toldByItsDeath);
      return;
    }
    const waitMs = Math.min(Math.max(1, downMs), MAX_DOWN_MS);
    const comeBack = async () => {
      this.#returning.delete(index);
      if (this.#supervisor.isStopping || this.#declared.validators[index]?.isDown) return;
      await validator.start();
    };
    const timer = setTimeout(() => {
      this.#inTurn(validator, comeBack).catch(toldByItsDeath);
    }, waitMs);
    this.#returning.set(index, timer);
    void this.#inTurn(validator, () => validator.kill());
  }

  /** Whatever it had asked for. */
  #stay({ plan: { index } }: LiveValidator): void {
    clearTimeout(this.#returning.get(index));
    this.#returning.delete(index);
  }

  #quieten(): void {
    this.#flapping.stop();
    for (const validator of this.processes) this.#stay(validator);
  }
}

/** That a validator did not come back. */
function toldByItsDeath(): void {}

/** As after a crash, for the one that is copied: it stands still meanwhile. */
async function copyAtRest(victim: LiveValidator): Promise<Acknowledgement> {
  const goesOn = victim.isAlive && !victim.isPaused;
  await victim.pause();
  try {
    await copyData(victim.plan);
  } finally {
    if (goesOn) await victim.resume();
  }
  return "in-force";
}

async function requireWays(ways: readonly string[]): Promise<void> {
  // Behaviours take their time to load, and a devnet need not have any.
  const { WAYS, wayOf } = await import("../behaviours/index.ts");
  const unknown = ways.find((way) => wayOf(way) === undefined);
  if (unknown === undefined) return;
  const remedy = `there are ${[...WAYS.keys()].join(", ")}`;
  throw new FaultError("NO_SUCH_WAY", `there is no way to lie called "${unknown}"`, remedy);
}

function namedBy(command: FaultCommand, validators: number): readonly number[] {
  const all = (...who: readonly Victims[]) => who.flatMap((each) => victimsOf(each, validators));
  switch (command.verb) {
    case "partition":
      return command.groups.flat();
    case "cut":
      return all(command.from, command.to);
    case "flap":
      return [command.from, command.to];
    default:
      return all(command.who);
  }
}

/** Who has to do it or to have it done to them, and so must be ours. A heal does what it can. */
function obeyedBy(command: FaultCommand, validators: number): readonly number[] {
  switch (command.verb) {
    case "heal":
      return [];
    case "partition":
      return victimsOf("all", validators);
    case "cut":
      return victimsOf(command.from, validators);
    default:
      return namedBy(command, validators);
  }
}

type Unhealed = {
  readonly failures: readonly { readonly index: number; readonly reason: unknown }[];
  readonly silent: readonly number[];
};

/** Says of whom it is true all the same. What is no refusal stays what it is. */
function healedInPart(
  who: Victims,
  victims: readonly LiveValidator[],
  { failures, silent }: Unhealed,
): unknown {
  const refusals = failures.flatMap(({ reason }) => (reason instanceof FaultError ? [reason] : []));
  const [first] = refusals;
  if (first === undefined || refusals.length < failures.length) return failures[0]?.reason;
  const left = new Set([...failures.map(({ index }) => index), ...silent]);
  const well = victims.map(({ plan: { index } }) => index).filter((index) => !left.has(index));
  const whole = who === "all" ? "all others are healed" : `${names(well)} healed`;
  const parts = [
    ...(well.length === 0 ? [] : [whole]),
    ...refusals.map(({ message }) => message),
    ...(silent.length === 0 ? [] : [`${names(silent)} did not answer in time`]),
  ];
  const remedies = [...new Set(refusals.map(({ remedy }) => remedy))];
  return new FaultError(first.code, parts.join("; "), remedies.join("; "), first);
}

function noAnswer(silent: readonly number[]): FaultError {
  return new FaultError(
    "NO_ANSWER",
    `${names(silent)} did not answer in time`,
    "is it busy, or stopped by somebody else? It is told all the same, and obeys once it listens",
  );
}

function names(validators: readonly number[]): string {
  return [...new Set(validators)].map((index) => `v${index}`).join(", ");
}
