// Bugs in what must be on disk before something is signed, and in what is made of it after a restart.

import type { PlantedBug } from "./planted-bug.ts";

const DRIVER = "devnet/sim/validator";

export const DURABILITY_BUGS: readonly PlantedBug[] = [
  {
    name: "signs-before-durable",
    why: "The driver signs at once, while the record of what it signs is still on its way to the disk.",
    edits: [
      {
        module: DRIVER,
        find: "this.#unsent.push(effect);",
        replace: "this.#later(0, () => this.#signAndSend(effect));",
      },
    ],
  },
];
