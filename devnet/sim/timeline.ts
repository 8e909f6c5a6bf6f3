// Puts the faults of a plan on the agenda of a simulation, and ends them.

import type { NodeId } from "./observation.ts";
import type { Fault, Plan } from "./plan.ts";
import type { Simulation } from "./simulation.ts";
import type { SimulatedValidator } from "./validator.ts";

const LYING_DISK_DOWN_MS = 100;

export function scheduleFaults(simulation: Simulation, plan: Plan): void {
  for (const fault of plan.timeline) {
    const startMs = Math.min(fault.atMs, plan.stressMs);
    simulation.agenda.after(startMs, () => {
      simulation.see({
        type: "fault",
        what: describe(fault),
        by: "node" in fault ? fault.node : -1,
        atMs: simulation.agenda.now,
      });
      const end = begin(simulation, fault);
      if (end === undefined || !("forMs" in fault)) return;
      const leftMs = Math.max(0, plan.stressMs - simulation.agenda.now);
      simulation.agenda.after(Math.min(fault.forMs, leftMs), end);
    });
  }
}

/** Starts a fault; what is to be done at its end, if it has one. */
function begin(simulation: Simulation, fault: Fault): (() => void) | undefined {
  const { network } = simulation;
  if ("node" in fault) {
    const victim = simulation.nodes[fault.node];
    return victim === undefined ? undefined : befall(simulation, victim, fault);
  }
  switch (fault.type) {
    case "partition":
      return cutBetween(simulation, fault.groups);
    case "bridge": {
      const all = simulation.nodes.map(({ node }) => node).filter((id) => id !== fault.bridge);
      const left = all.filter((id) => fault.left.includes(id));
      return cutBetween(simulation, [left, all.filter((id) => !left.includes(id))]);
    }
    case "one-way-cut":
      network.cut(fault.from, fault.to);
      return () => network.mend(fault.from, fault.to);
    case "flapping":
      return flap(simulation, fault);
  }
}

function befall(
  simulation: Simulation,
  victim: SimulatedValidator,
  fault: Extract<Fault, { readonly node: number }>,
): (() => void) | undefined {
  const { network, agenda } = simulation;
  const { files } = victim.disk;
  switch (fault.type) {
    case "crash":
      return void victim.restartAfter(fault.downMs);
    case "power-cut":
      return void files.cutPowerAt(files.operations + fault.operation);
    case "disk-error":
      return void files.fail(fault.on, fault.error);
    case "lying-disk":
      files.ignoresSyncs = true;
      files.odds = { ...files.odds, duplicated: 1 };
      return () => {
        victim.restartAfter(LYING_DISK_DOWN_MS, "power cut on a lying disk");
        files.ignoresSyncs = false;
      };
    case "lost-disk":
      victim.crash("disk lost");
      files.wipe();
      return void agenda.after(fault.downMs, () => victim.start());
    case "old-disk": {
      const image = files.image();
      return () => {
        victim.crash("an old disk is put back");
        files.restore(image);
        agenda.after(fault.downMs, () => victim.start());
      };
    }
    case "slow":
      network.slow(victim.node, fault.extraMs);
      return () => network.slow(victim.node, 0);
    case "pause":
      return void victim.pause(fault.forMs);
    case "clock-step":
      victim.clock.step(fault.byMs);
      return () => victim.clock.correct();
    case "clock-freeze":
      victim.clock.freeze();
      return () => victim.clock.correct();
  }
}

function cutBetween(simulation: Simulation, groups: readonly (readonly NodeId[])[]): () => void {
  const links = simulation.network.partition(groups);
  return () => {
    for (const [from, to] of links) simulation.network.mend(from, to);
  };
}

function flap(
  { network, agenda }: Simulation,
  { from, to, everyMs }: Extract<Fault, { type: "flapping" }>,
): () => void {
  let isOver = false;
  let isDown = false;
  const toggle = () => {
    if (isOver && !isDown) return;
    isDown = !isDown;
    for (const [left, right] of [
      [from, to],
      [to, from],
    ] as const) {
      if (isDown) network.cut(left, right);
      else network.mend(left, right);
    }
    if (!isOver) agenda.after(everyMs, toggle);
  };
  toggle();
  return () => {
    isOver = true;
    if (isDown) toggle();
  };
}

/** One line for recordings. */
export function describe(fault: Fault): string {
  const { type, ...rest } = fault;
  const details = Object.entries(rest)
    .filter(([key]) => key !== "atMs")
    .map(([key, value]) => `${key} ${Array.isArray(value) ? JSON.stringify(value) : value}`);
  return [type, ...details].join(" ");
}
