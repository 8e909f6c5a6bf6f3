// The seed of the day: CI tries others every day. A failing test names its seed, and QUORATE_SEED repeats a whole day.

const day = Number(process.env.QUORATE_SEED ?? Math.floor(Date.now() / 86_400_000));

export function seedsOfTheDay(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => day * 1_000 + at);
}
