// What was seen of a live devnet, as far as a verdict needs it: who called which block final with which state, how long
// the chain stood still, who halted. Bounded: of each validator the newest MAX_HEIGHTS heights; what contradicted itself
// is kept beyond that.

export type SeenBlock = {
  readonly height: number;
  readonly hash: string;
  /** Unknown where only a later block's certificate made it final. */
  readonly stateRoot: string | undefined;
  readonly transactions: number;
};

/** The last that a validator said of itself. */
export type SeenStatus = {
  readonly height: number;
  readonly view: number;
  readonly block: string;
  readonly stateRoot: string;
};

/** Different answers to one question, each with who gave it. */
export type Split = {
  readonly height: number;
  readonly answers: readonly { readonly text: string; readonly by: readonly number[] }[];
};

/** Blocks of one validator that do not follow each other. */
export type Skip = {
  readonly validator: number;
  readonly height: number;
  readonly expected: number;
};

export type Wait = {
  readonly ms: number;
  /** The height that the chain stood at. */
  readonly height: number;
  readonly fromMs: number;
};

/** The moment at which all faults ended. */
export type Heal = {
  readonly atMs: number;
  /** The highest final block then. */
  readonly height: number;
  /** When the next block came. */
  readonly nextBlockAtMs: number | undefined;
};

const MAX_HEIGHTS = 4_096;
const MAX_SPLITS = 64;
/** To one question: a liar may answer something else each time. */
const MAX_ANSWERS = 256;

export class Sightings {
  readonly #hashes = new Ballot();
  readonly #stateRoots = new Ballot();
  readonly #next = new Map<number, number>();
  readonly #skips = new Map<number, Skip>();
  readonly #statuses = new Map<number, SeenStatus>();
  readonly #halts = new Map<number, string>();
  #heal: Heal | undefined;
  #counted: number | undefined;
  #transactions = 0;
  #highest: number;
  #highestAtMs = 0;
  #longestWait: Wait = { ms: 0, height: 0, fromMs: 0 };

  /** `height`: where the chain stands as the watch begins. */
  constructor(height: number) {
    this.#highest = height;
  }

  /** Nobody looked before: no wait counts from earlier on, and no block up to `height` is a new one. */
  begin(atMs: number, height: number): void {
    this.#highest = Math.max(this.#highest, height);
    this.#highestAtMs = atMs;
  }

  /** A validator's next block. `counts`: may it move the chain's height, or does it lie? */
  block(by: number, block: SeenBlock, atMs: number, counts: boolean): void {
    const { height, hash, stateRoot, transactions } = block;
    const expected = this.#next.get(by);
    if (expected !== undefined && height !== expected && !this.#skips.has(by)) {
      this.#skips.set(by, { validator: by, height, expected });
    }
    this.#next.set(by, height + 1);
    this.#hashes.note(height, hash, by);
    if (stateRoot !== undefined) this.#stateRoots.note(height, stateRoot, by);
    if (!counts) return;
    this.#reach(height, atMs);
    if (this.#counted === undefined || height > this.#counted) {
      this.#counted = height;
      this.#transactions += transactions;
    }
  }

  status(by: number, status: SeenStatus): void {
    this.#statuses.set(by, status);
    if (status.height === 0) return;
    this.#hashes.note(status.height, status.block, by);
    this.#stateRoots.note(status.height, status.stateRoot, by);
  }

  healed(atMs: number): void {
    this.#heal = { atMs, height: this.#highest, nextBlockAtMs: undefined };
  }

  /** Something is wrong again. */
  disturbed(): void {
    this.#heal = undefined;
  }

  /** The last one, if nothing was wrong since. */
  get heal(): Heal | undefined {
    return this.#heal;
  }

  /** It ended for good, for safety's sake. */
  halt(by: number, why: string): void {
    if (!this.#halts.has(by)) this.#halts.set(by, why);
  }

  get highest(): number {
    return this.#highest;
  }

  get transactions(): number {
    return this.#transactions;
  }

  get halts(): ReadonlyMap<number, string> {
    return this.#halts;
  }

  /** When the highest block came. */
  get highestAtMs(): number {
    return this.#highestAtMs;
  }

  /** The one that lasts included. */
  longestWait(nowMs: number): Wait {
    const ms = nowMs - this.#highestAtMs;
    if (ms <= this.#longestWait.ms) return this.#longestWait;
    return { ms, height: this.#highest, fromMs: this.#highestAtMs };
  }

  /** The first height that was not handed in yet; undefined before the first. */
  nextOf(validator: number): number | undefined {
    return this.#next.get(validator);
  }

  statusOf(validator: number): SeenStatus | undefined {
    return this.#statuses.get(validator);
  }

  skips(counts: (validator: number) => boolean): readonly Skip[] {
    return [...this.#skips.values()].filter(({ validator }) => counts(validator));
  }

  hashSplits(counts: (validator: number) => boolean): readonly Split[] {
    return this.#hashes.splits(counts);
  }

  stateSplits(counts: (validator: number) => boolean): readonly Split[] {
    return this.#stateRoots.splits(counts);
  }

  /** Did it ever say anything? */
  hasHeard(validator: number): boolean {
    return this.#next.has(validator) || this.#statuses.has(validator);
  }

  /** Heights that somebody spoke of. */
  get heights(): number {
    return this.#hashes.heights;
  }

  #reach(height: number, atMs: number): void {
    if (height <= this.#highest) return;
    const ms = atMs - this.#highestAtMs;
    if (ms > this.#longestWait.ms) {
      this.#longestWait = { ms, height: this.#highest, fromMs: this.#highestAtMs };
    }
    this.#highest = height;
    this.#highestAtMs = atMs;
    const heal = this.#heal;
    if (heal !== undefined && heal.nextBlockAtMs === undefined) {
      this.#heal = { ...heal, nextBlockAtMs: atMs };
    }
  }
}

type Answers = Map<string, Set<number>>;

/** Who said what of each height. */
class Ballot {
  /** Oldest first. */
  readonly #byHeight = new Map<number, Answers>();
  /** Heights that left the window with more than one answer; the first ones stay. */
  readonly #old = new Map<number, Answers>();
  #heights = 0;

  get heights(): number {
    return this.#heights;
  }

  note(height: number, text: string, by: number): void {
    const answers = this.#byHeight.get(height) ?? this.#open(height);
    const who = answers.get(text);
    if (who !== undefined) who.add(by);
    else if (answers.size < MAX_ANSWERS) answers.set(text, new Set([by]));
  }

  splits(counts: (validator: number) => boolean): readonly Split[] {
    const contested = [...this.#old, ...this.#byHeight].filter(([, answers]) => answers.size > 1);
    return contested
      .map(([height, answers]) => ({
        height,
        answers: [...answers]
          .map(([text, by]) => ({ text, by: [...by].filter(counts).sort((a, b) => a - b) }))
          .filter(({ by }) => by.length > 0)
          .sort(({ by: [left = 0] }, { by: [right = 0] }) => left - right),
      }))
      .filter(({ answers }) => answers.length > 1);
  }

  #open(height: number): Answers {
    const answers: Answers = new Map();
    this.#byHeight.set(height, answers);
    this.#heights += 1;
    if (this.#byHeight.size > MAX_HEIGHTS) this.#forgetOldest();
    return answers;
  }

  #forgetOldest(): void {
    const [oldest] = this.#byHeight;
    if (oldest === undefined) return;
    const [height, answers] = oldest;
    this.#byHeight.delete(height);
    if (answers.size > 1 && this.#old.size < MAX_SPLITS) this.#old.set(height, answers);
  }
}
