// A choice among named things, each as likely as its weight says.

import type { Random } from "../../random/index.ts";

export function pickWeighted<K extends string>(
  random: Random,
  weights: Readonly<Record<K, number>>,
) {
  const names = Object.keys(weights) as K[];
  let left = random.fraction() * names.reduce((total, name) => total + weights[name], 0);
  for (const name of names) {
    left -= weights[name];
    if (left < 0) return name;
  }
  return names[0] as K;
}
