// The timeline of a scenario out of a tree. Of a moment with something wrong in it, what is sound is kept, and what may be
// meant by the rest is a doubt.

import { type FaultCommand, formatCommand, verbOf } from "../faults/index.ts";
import { ANYTHING, type Doubt, doubtOfEnd, doubtOfTime, doubtOfVerb } from "./doubt.ts";
import {
  type CommandDesk,
  commandIn,
  doubtfulKeys,
  durationIn,
  fieldsOf,
  itemsIn,
} from "./fields.ts";
import { LIMITS } from "./limits.ts";
import type { Moment } from "./scenario.ts";
import type { Entry, Place, Tree } from "./tree.ts";
import { undo } from "./undo.ts";

export type MomentPlaces = { readonly at: Place; readonly do: Place; readonly for: Place };

type LocatedMoment = { readonly moment: Moment; readonly places: MomentPlaces };

/** When a moment is, and how long it lasts, be its command sound or not. */
export type Span = {
  readonly atMs: number;
  readonly forMs: number | undefined;
  readonly places: { readonly at: Place; readonly for: Place };
};

type Timeline = {
  /** In the order of time; those of one instant in the order of the text. */
  readonly located: readonly LocatedMoment[];
  readonly spans: readonly Span[];
  readonly doubts: readonly Doubt[];
};

export const NO_TIMELINE: Timeline = { located: [], spans: [], doubts: [] };
const MOMENT_KEYS = ["at", "do", "for"];

export function readTimeline(tree: Tree, reading: CommandDesk): Timeline {
  const { problems } = reading;
  const { count } = problems;
  const items = itemsIn(tree, { max: LIMITS.moments, of: "moments", problems });
  if (problems.count > count) return { ...NO_TIMELINE, doubts: [ANYTHING] };
  const read = items.map((item) => readMoment(item, reading));
  const present = <T>(some: readonly (T | undefined)[]) => some.filter((one) => one !== undefined);
  return {
    located: present(read.map(({ located }) => located)).sort(
      (a, b) => a.moment.atMs - b.moment.atMs,
    ),
    spans: present(read.map(({ span }) => span)),
    doubts: present(read.map(({ doubt }) => doubt)),
  };
}

type ReadMoment = {
  readonly located?: LocatedMoment;
  readonly span?: Span;
  readonly doubt?: Doubt | undefined;
};

function readMoment(tree: Tree, reading: CommandDesk): ReadMoment {
  const { problems, validators } = reading;
  const fields = fieldsOf(tree, MOMENT_KEYS, { problems });
  const inDoubt = doubtfulKeys(tree, MOMENT_KEYS);
  const [at, act, during] = [fields.get("at"), fields.get("do"), fields.get("for")];
  if (tree.kind === "map") {
    if (at === undefined) problems.add(tree.place, "the key at is missing");
    if (act === undefined) problems.add(tree.place, "the key do is missing");
  }
  const { max } = LIMITS.durationMs;
  const writtenAtMs = at && durationIn(at.value, { min: 0, max, problems });
  const written = act && commandIn(act.value, reading);
  const forMs = during && durationIn(during.value, { min: 1, max, problems });
  const isVain =
    during !== undefined && written !== undefined && undo(written, validators) === undefined;
  if (isVain) refuseVainFor(written, during, reading);
  const atMs = inDoubt.has("at") ? undefined : writtenAtMs;
  const command = inDoubt.has("do") ? undefined : written;
  const lasts = during !== undefined || inDoubt.has("for");
  if (at === undefined || atMs === undefined) {
    if (command !== undefined) return { doubt: doubtOfTime(command, { ends: lasts }) };
    return { doubt: doubtOfVerb(verbIn(act), { sinceMs: 0, ends: lasts }) };
  }
  const knownForMs = isVain || inDoubt.has("for") ? undefined : forMs;
  const places = { at: at.value.place, for: (during ?? act ?? at).value.place };
  const span = { atMs, forMs: knownForMs, places };
  if (act === undefined || command === undefined) {
    return { span, doubt: doubtOfVerb(verbIn(act), { sinceMs: atMs, ends: lasts }) };
  }
  const moment = { atMs, command, ...(knownForMs !== undefined && { forMs: knownForMs }) };
  const located = { moment, places: { ...places, do: act.value.place } };
  if (knownForMs !== undefined || !lasts) return { span, located };
  return { span, located, doubt: doubtOfEnd(command, { atMs, validators }) };
}

function verbIn(act: Entry | undefined) {
  const written = act?.value.kind === "value" ? act.value.value : undefined;
  return typeof written === "string" ? verbOf(written) : undefined;
}

function refuseVainFor(command: FaultCommand, during: Entry, reading: CommandDesk): void {
  const text = formatCommand(command).split(" ")[0];
  const what = `${text} has no opposite, so that it cannot last for a while: leave for away`;
  reading.problems.add(during.place, what);
}
