// One liar, or a few, among honest validators for a second or two: what it really sent, what the honest ones made of it,
// and whether they agreed and went on.

import { vi } from "vitest";
import type { Evidence, Halt, Message } from "../../../consensus/index.ts";
import { toHex } from "../../../crypto/index.ts";
import type { Behaviour, Delivery } from "../../../devnet/behaviours/behaviour.ts";
import { statementOf } from "../../../devnet/behaviours/statement.ts";
import { scheduleLoad } from "../../../devnet/sim/load.ts";
import type { NodeId, Observation } from "../../../devnet/sim/observation.ts";
import { Simulation, type SimulationOptions } from "../../../devnet/sim/simulation.ts";
import type { FinalBlock } from "../../../node/replica/index.ts";

export type Cast = SimulationOptions & {
  readonly behaviours: readonly Behaviour[];
  /** Nodes; the last validator alone by default. */
  readonly liars?: readonly NodeId[];
  readonly forMs?: number;
  /** Clients' transfers, one every 20 ms. */
  readonly transfers?: number;
  /** Before the first event. */
  readonly prepare?: (simulation: Simulation) => void;
};

export type Performance = {
  readonly simulation: Simulation;
  readonly honest: readonly NodeId[];
  /** What the liars put on the network, and honest validators signed. */
  readonly sent: readonly Delivery[];
  readonly signed: readonly { readonly by: NodeId; readonly message: Message }[];
  readonly finals: readonly FinalBlock[];
  readonly evidence: readonly Evidence[];
  /** Refusals of what came from liars, in the honest ones' words. */
  readonly penalties: ReadonlySet<string>;
  readonly halts: readonly { readonly by: NodeId; readonly halt: Halt }[];
  readonly gaveUp: number;
  /** What no validator may do, whoever lies: empty if all is well. */
  readonly violations: readonly string[];
  /** All honest ones reach this many more heights. */
  readonly goesOn: (heights: number) => boolean;
};

const PATIENCE_MS = 20_000;

export function perform(cast: Cast): Performance {
  const { behaviours, forMs = 800, transfers = 20, prepare, ...options } = cast;
  const simulation = new Simulation(options);
  const count = simulation.validators.length;
  const liars = cast.liars ?? [count - 1];
  const honest = simulation.nodes.map(({ node }) => node).filter((node) => !liars.includes(node));
  simulation.corrupt(new Map(liars.map((node) => [node, behaviours])));
  const sent: Delivery[] = [];
  for (const liar of liars) {
    const node = simulation.nodes[liar];
    if (node === undefined) throw new Error(`there is no node ${liar}`);
    const send = node.send.bind(node);
    vi.spyOn(node, "send").mockImplementation((delivery) => {
      sent.push(delivery);
      send(delivery);
    });
  }
  const watched = new Watch(honest);
  simulation.watch((seen) => watched.see(seen));
  scheduleLoad(simulation, {
    count: transfers,
    everyMs: 20,
    repeated: 0,
    doubleSpent: 0,
    otherCalls: 0,
  });
  prepare?.(simulation);
  simulation.start();
  simulation.run(forMs);
  const goesOn = (heights: number) => {
    const goal = simulation.highestHeight() + heights;
    return simulation.runUntil(() => simulation.lowestHeight(honest) >= goal, PATIENCE_MS);
  };
  return { simulation, honest, sent, ...watched.record, goesOn, gaveUp: watched.record.gaveUp };
}

/** The behaviour whose first draws, in order, come out as given: one variant of it. */
export function variant(behaviour: Behaviour, draws: readonly unknown[]): Behaviour {
  const adopt: Behaviour["adopt"] = (control) => {
    const left = [...draws];
    const { random } = control;
    const draw = <T>(otherwise: () => T): T =>
      left.length > 0 ? (left.shift() as T) : otherwise();
    const scripted = {
      fraction: () => draw(random.fraction),
      between: (low: number, high: number) => draw(() => random.between(low, high)),
      chance: (probability: number) => draw(() => random.chance(probability)),
      pick: <T>(choices: readonly T[]) => draw(() => random.pick(choices)),
    };
    return behaviour.adopt({ ...control, random: scripted });
  };
  return { ...behaviour, adopt };
}

/** What was sent, each message once. */
export function messagesOf<T extends Message["type"]>(
  { sent }: Pick<Performance, "sent">,
  type: T,
): readonly Extract<Message, { type: T }>[] {
  const messages = sent.flatMap(({ content }) =>
    content.type === "message" && content.message.type === type ? [content.message] : [],
  );
  return [...new Set(messages)] as unknown as readonly Extract<Message, { type: T }>[];
}

/** Looks at honest validators only, and trusts none of them. */
class Watch {
  readonly record = {
    signed: [] as { by: NodeId; message: Message }[],
    finals: [] as FinalBlock[],
    evidence: [] as Evidence[],
    penalties: new Set<string>(),
    halts: [] as { by: NodeId; halt: Halt }[],
    violations: [] as string[],
    gaveUp: 0,
  };
  readonly #honest: ReadonlySet<NodeId>;
  readonly #decided = new Map<number, string>();
  readonly #applied = new Map<string, string>();
  readonly #statements = new Map<string, string>();

  constructor(honest: readonly NodeId[]) {
    this.#honest = new Set(honest);
  }

  see(seen: Observation): void {
    const { record } = this;
    if (seen.type === "threw") record.violations.push(`${seen.by} threw: ${seen.why}`);
    if (seen.type === "halted") record.halts.push(seen);
    if (!this.#honest.has(seen.by)) return;
    switch (seen.type) {
      case "signed":
        record.signed.push(seen);
        return this.#noteStatement(seen.by, seen.message);
      case "final":
        return this.#noteFinal(seen.final);
      case "evidence":
        record.evidence.push(seen.evidence);
        if (this.#honest.has(seen.evidence.offender))
          record.violations.push("evidence against the honest");
        return;
      case "penalised":
        // Who only passed a liar's word on is blamed too.
        record.penalties.add(seen.reason);
        return;
      case "gave-up":
        record.gaveUp += 1;
        return;
      case "halted":
        record.violations.push(`${seen.by} halted: ${seen.halt.reason}`);
    }
  }

  #noteFinal(final: FinalBlock): void {
    const { violations, finals } = this.record;
    const { height } = final.block;
    const decided = `${toHex(final.hash)} ${toHex(final.stateRoot)}`;
    const before = this.#decided.get(height);
    if (before !== undefined && before !== decided) violations.push(`a fork at height ${height}`);
    if (before !== undefined) return;
    this.#decided.set(height, decided);
    finals.push(final);
    for (const [at, { result }] of final.receipts.entries()) {
      const signed = final.transactions[at];
      if (signed === undefined || result === "skipped") continue;
      const { sender, nonce } = signed.transaction;
      const spent = `${toHex(sender)} ${nonce}`;
      if (this.#applied.has(spent)) violations.push(`nonce ${nonce} took effect twice`);
      this.#applied.set(spent, toHex(signed.id));
    }
  }

  #noteStatement(by: NodeId, message: Message): void {
    if (message.type === "decision") return;
    const view = message.type === "proposal" ? message.block.view : message.content.view;
    const key = `${by} ${message.type} ${view}`;
    const said = statementOf(message);
    const before = this.#statements.get(key);
    if (before !== undefined && before !== said) {
      this.record.violations.push(`${by} said both ${before} and ${said}`);
    }
    this.#statements.set(key, said);
  }
}
