// What a run came to, simulated or live: the same report for both.

/** A run proves a validator's guilt by two messages that it signed and that an honest one never signs both. */
export type Culprit = {
  readonly validator: number;
  /** One sentence: "signed two votes in view 41". */
  readonly why: string;
  /** Canonical bytes (WIRE.md, messages), each with its signature: 0x-hex. */
  readonly messages: readonly [string, string];
  /** The same for people: "vote view 41 block 7f3a…". */
  readonly statements: readonly [string, string];
  /** Honest validators that hold the proof, ascending. */
  readonly heldBy: readonly number[];
};

/** What a validator says at the end, or the last that it said. */
export type Sight = {
  readonly validator: number;
  readonly isHonest: boolean;
  readonly state: "running" | "paused" | "down" | "halted";
  readonly height: number;
  readonly view: number;
  /** 0x-hex, after the block at `height`; undefined where nobody could ask. */
  readonly block: string | undefined;
  readonly stateRoot: string | undefined;
};

export type Check = {
  /** "agreement", "state-roots", "contiguity", "no-double-sign", "progress", "recovery", "culprits" ... */
  readonly name: string;
  readonly ok: boolean;
  /** What was seen, one sentence; where it failed, who and at which height. */
  readonly what: string;
};

export type Verdict = {
  readonly type: "verdict";
  readonly ok: boolean;
  readonly scenario: string;
  readonly backend: "simulated" | "live";
  readonly seed: number;
  readonly validators: number;
  /** Declared liars and what they were told to do. */
  readonly liars: readonly { readonly validator: number; readonly ways: readonly string[] }[];
  readonly safety: readonly Check[];
  readonly liveness: readonly Check[];
  /** What else the scenario expects, among it who must be proven guilty. */
  readonly expectations: readonly Check[];
  readonly culprits: readonly Culprit[];
  readonly sights: readonly Sight[];
  /** Highest final height of an honest validator, transactions made final, and how long the run took in its own time. */
  readonly reached: { readonly height: number; readonly transactions: number; readonly ms: number };
  /** The command that runs the same again in the simulator. */
  readonly replay: string;
  /** The file that a failing live run left. */
  readonly recording?: string;
  /** Of a simulated run: the same seed gives the same hash. */
  readonly traceHash?: string;
};

/** Safety and expectations decide, and liveness as far as the scenario promises it. */
export function isSound({ safety, liveness, expectations }: Omit<Verdict, "ok">): boolean {
  return [...safety, ...liveness, ...expectations].every(({ ok }) => ok);
}
