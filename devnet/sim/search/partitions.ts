// Partitions of nodes into at most k sets, and scenarios made of them, up to symmetry: nodes that the search cannot tell
// apart may trade places. How many distinct scenarios there are follows from Burnside's lemma, without listing them.

/** Set number of each node; the first node is in set 0, and a new set has the next number. */
export type Partition = readonly number[];

/** One view of a scenario. */
export type Move = { readonly partition: Partition; readonly leader: number };

/** Where each node goes, and where each validator goes. */
export type Symmetry = {
  readonly nodes: readonly number[];
  readonly validators: readonly number[];
};

/** All of them, in lexicographic order. */
export function partitionsOf(nodes: number, maxSets: number): readonly Partition[] {
  let grown: (readonly number[])[] = [[]];
  for (let node = 0; node < nodes; node++) {
    grown = grown.flatMap((partition) => {
      const sets = partition.length === 0 ? 0 : Math.max(...partition) + 1;
      const choices = Math.min(sets + 1, maxSets);
      return Array.from({ length: choices }, (_, set) => [...partition, set]);
    });
  }
  return grown;
}

/** Numbers the sets in the order of their first nodes. */
export function normalized(sets: readonly number[]): Partition {
  const names = new Map<number, number>();
  return sets.map((set) => {
    if (!names.has(set)) names.set(set, names.size);
    return names.get(set) as number;
  });
}

export function permutationsOf(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((first) =>
    permutationsOf(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
  );
}

/** The moves of one view, and what each symmetry makes of each of them, by number. */
export class Moves {
  readonly all: readonly Move[];
  readonly #images: readonly (readonly number[])[];

  constructor(all: readonly Move[], symmetries: readonly Symmetry[]) {
    this.all = all;
    const numbers = new Map(all.map((move, number) => [nameOf(move), number]));
    this.#images = symmetries.map((symmetry) =>
      all.map((move) => numbers.get(nameOf(imageOf(move, symmetry))) as number),
    );
  }

  /** Scenarios of so many views. */
  total(views: number): number {
    return this.all.length ** views;
  }

  /** The same up to symmetry: the mean, over all symmetries, of how many scenarios each leaves as they are. */
  distinct(views: number): number {
    const fixed = this.#images.map((image) => image.filter((to, from) => to === from).length);
    return fixed.reduce((sum, count) => sum + count ** views, 0) / this.#images.length;
  }

  /** Is this the first, in lexicographic order, of all that are the same scenario? */
  isCanonical(scenario: readonly number[]): boolean {
    return this.#images.every((image) => {
      for (const move of scenario) {
        const difference = (image[move] as number) - move;
        if (difference !== 0) return difference > 0;
      }
      return true;
    });
  }
}

function imageOf({ partition, leader }: Move, { nodes, validators }: Symmetry): Move {
  const sets: number[] = [];
  for (const [node, set] of partition.entries()) sets[nodes[node] as number] = set;
  return { partition: normalized(sets), leader: validators[leader] as number };
}

function nameOf({ partition, leader }: Move): string {
  return `${partition} ${leader}`;
}
