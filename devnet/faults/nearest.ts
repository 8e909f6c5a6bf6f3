// The nearest valid word for one that is not: bounded work over short words, so that hostile text costs nothing.

const MAX_LENGTH = 64;
const MAX_CHOICES = 512;
const SHORTEST_BEGINNING = 3;

/** The choice that takes the fewest slips of the hand to turn `word` into; undefined if none is near. */
export function nearest(word: string, choices: readonly string[]): string | undefined {
  if (word.length === 0 || word.length > MAX_LENGTH) return undefined;
  const wanted = word.toLowerCase();
  let best: { readonly choice: string; readonly slips: number } | undefined;
  for (const choice of choices.slice(0, MAX_CHOICES)) {
    if (choice.length > MAX_LENGTH) continue;
    const slips = slipsBetween(wanted, choice.toLowerCase());
    if (slips < (best?.slips ?? Number.POSITIVE_INFINITY)) best = { choice, slips };
  }
  if (best !== undefined && best.slips <= Math.ceil(wanted.length / 3)) return best.choice;
  if (wanted.length < SHORTEST_BEGINNING) return undefined;
  return choices.slice(0, MAX_CHOICES).find((choice) => choice.toLowerCase().startsWith(wanted));
}

/** Letters put in, left out, changed or swapped with a neighbour (optimal string alignment). */
function slipsBetween(left: string, right: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      let slips = Math.min(
        at(above, column) + 1,
        at(current, column - 1) + 1,
        at(above, column - 1) + (isSame ? 0 : 1),
      );
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && isSwap) slips = Math.min(slips, at(twoAbove, column - 2) + 1);
      current.push(slips);
    }
    twoAbove = above;
    above = current;
  }
  return at(above, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
