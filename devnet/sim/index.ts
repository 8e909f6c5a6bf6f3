// The deterministic simulator: whole validators on a virtual clock, network and disk, decided by one seed.

export { CALM, type NetworkMood } from "./network.ts";
export { type Random, randomStream } from "./random.ts";
export { Simulation, type SimulationOptions } from "./simulation.ts";
