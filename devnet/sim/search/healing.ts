// After the faults: everything is delivered in order, timers fire when nothing moves, and within 4f+8 views every honest
// node must commit something that nobody had committed before. A standing that repeats is a chain that never moves again.

import type { Arena, Sent } from "./arena.ts";
import type { Node } from "./node.ts";

/** Deliveries in one healing; a chain that lives needs a few hundred. */
const MAX_DELIVERIES = 20_000;

export type HealingOptions = {
  /** What was sent before and is still on its way, by receiver. */
  readonly backlog: readonly (readonly [to: Node, sent: Sent])[];
  /** The first view whose leader the search did not choose; 0 if it chose none. */
  readonly fairFrom?: number;
};

/** Runs the arena without faults; reports to its judge if it does not go on. */
export function heal(arena: Arena, { backlog, fairFrom = 0 }: HealingOptions): void {
  const { judge, nodes, honest, setting } = arena;
  if (judge.violation !== undefined) return;
  arena.isHealed = true;
  arena.note(() => "-- healed --");
  const goal = 1 + Math.max(...honest.map(({ finals }) => finals.length));
  const lastView = Math.max(arena.highestView, fairFrom) + 4 * setting.faulty + 8;
  const isTooLate = () => honest.every(({ view }) => view > lastView);
  const queue: (readonly [to: Node, sent: Sent])[] = [...backlog];
  arena.onSent = (sent) => {
    for (const node of nodes) if (node.id !== sent.from) queue.push([node, sent]);
  };
  for (const node of nodes) node.releasePayloads();
  let head = 0;
  let standing = "";
  while (judge.violation === undefined) {
    for (; head < queue.length && head < MAX_DELIVERIES; head++) {
      const [to, sent] = queue[head] as readonly [Node, Sent];
      arena.deliver(to, sent);
      if (judge.violation !== undefined || isDone(honest, goal)) return;
      if (isTooLate()) break;
    }
    const late = honest.filter(({ finals }) => finals.length < goal).map(({ id }) => id);
    if (late.length === 0) return;
    if (isTooLate() || head >= MAX_DELIVERIES) {
      const what = `[${late.join(" ")}] below height ${goal} in view ${arena.highestView}`;
      return judge.report("liveness", what);
    }
    const now = arena.standing();
    if (now === standing) return judge.report("liveness", `nothing moves any more: ${now}`);
    standing = now;
    for (const node of nodes) arena.fireTimer(node);
  }
}

function isDone(honest: readonly Node[], goal: number): boolean {
  for (const { finals } of honest) if (finals.length < goal) return false;
  return true;
}
