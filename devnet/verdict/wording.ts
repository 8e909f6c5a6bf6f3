// The verdict for people: one screen of at most 100 columns, the line that runs it again last.

import type { Paint } from "../../node/cli/index.ts";
import { type Check, type Culprit, isSound, type Sight, type Verdict } from "./verdict.ts";

const COLUMNS = 100;
/** Told in full. */
const MAX_HELD = 4;
const MAX_CULPRITS = 8;
const MAX_SIGHTS = 16;
const HASH_CHARACTERS = 10;
/** Wide enough for EXPECTED and "recording". */
const LABEL_COLUMNS = 11;
const OUTCOME_COLUMNS = 8;

const TITLES = { safety: "SAFETY", liveness: "LIVENESS", expectations: "EXPECTED" } as const;

const PLAIN: Paint = {
  bold: (text) => text,
  dim: (text) => text,
  red: (text) => text,
  green: (text) => text,
  yellow: (text) => text,
};

export function verdictText(verdict: Verdict, paint: Paint = PLAIN): string {
  const { scenario, backend, seed, validators, reached, recording, replay } = verdict;
  const count = `${validators} ${validators === 1 ? "validator" : "validators"}`;
  const { height, transactions, ms } = reached;
  const seconds = Math.round(ms / 100) / 10;
  const made = `height ${height}, ${transactions} transaction${transactions === 1 ? "" : "s"} final in ${seconds} s`;
  const checks = [...verdict.safety, ...verdict.liveness, ...verdict.expectations];
  const width = Math.max(0, ...checks.map(({ name }) => name.length)) + 2;
  const outcome = isSound(verdict) ? paint.green("all held") : paint.red("FAILED");
  return [
    `${paint.bold(scenario)}  ${backend}, ${count}, seed ${seed}`,
    "",
    ...(["safety", "liveness", "expectations"] as const).flatMap((kind) => {
      return checkLines(TITLES[kind], verdict[kind], { width, paint });
    }),
    "",
    ...liarLines(verdict),
    ...culpritLines(verdict.culprits, paint),
    "",
    ...sightLines(verdict.sights, paint),
    "",
    ...labelled("reached", made),
    `${label("verdict")}${outcome}`,
    ...(recording === undefined ? [] : [`${label("recording")}${recording}`]),
    // Not wrapped: it is there to be copied.
    `${label("replay")}${replay}`,
  ].join("\n");
}

function checkLines(
  title: string,
  checks: readonly Check[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): readonly string[] {
  if (checks.length === 0) return [`${label(title)}${paint.dim("nothing was promised")}`];
  const indent = LABEL_COLUMNS + OUTCOME_COLUMNS + width;
  return condensed(checks).flatMap((check, index) => {
    const outcome = (check.ok ? "ok" : "FAILED").padEnd(OUTCOME_COLUMNS);
    const [first = "", ...rest] = wrapped(check.what, COLUMNS - indent);
    const painted = check.ok ? paint.green(outcome) : paint.red(outcome);
    const head = `${label(index === 0 ? title : "")}${painted}${check.name.padEnd(width)}${first}`;
    return [head.trimEnd(), ...rest.map((line) => `${" ".repeat(indent)}${line}`)];
  });
}

/** Whatever failed and the first that held in full; of many others that held the names are enough. */
function condensed(checks: readonly Check[]): readonly Check[] {
  const held = checks.filter(({ ok }) => ok);
  const [first, ...rest] = held;
  if (first === undefined || held.length <= MAX_HELD) return checks;
  const names = rest.map(({ name }) => name).join(", ");
  const failed = checks.filter(({ ok }) => !ok);
  return [...failed, first, { name: `and ${rest.length} more`, ok: true, what: names }];
}

/** As declared, whatever came of it. */
function liarLines({ liars }: Verdict): readonly string[] {
  if (liars.length === 0) return [`${label("liars")}none`];
  const told = liars.map(({ validator, ways }) => `v${validator} ${ways.join(", ")}`);
  return labelled("liars", told.join("; "));
}

function culpritLines(culprits: readonly Culprit[], paint: Paint): readonly string[] {
  if (culprits.length === 0) return [`${label("guilty")}nobody is proven guilty`];
  const lines = culprits.slice(0, MAX_CULPRITS).flatMap((culprit, index) => {
    const { validator, why, statements, heldBy } = culprit;
    const holders =
      heldBy.length === 0 ? "nobody holds the proof" : `proof held by ${names(heldBy)}`;
    const [first = "", ...rest] = labelled(
      index === 0 ? "guilty" : "",
      `v${validator} ${why}; ${holders}`,
    );
    const proof = statements.flatMap((statement) => {
      return wrapped(statement, COLUMNS - LABEL_COLUMNS - 2).map((line) => `${label("")}  ${line}`);
    });
    return [paint.bold(first), ...rest, ...proof];
  });
  const left = culprits.length - MAX_CULPRITS;
  return left > 0 ? [...lines, `${label("")}and ${left} more: --json tells all`] : lines;
}

function sightLines(sights: readonly Sight[], paint: Paint): readonly string[] {
  const rows = sights
    .slice(0, MAX_SIGHTS)
    .map((sight) => [
      `v${sight.validator}`,
      sight.isHonest ? "honest" : "liar",
      sight.state,
      String(sight.height),
      String(sight.view),
      short(sight.block),
      short(sight.stateRoot),
    ]);
  const head = ["", "", "", "height", "view", "block", "state root"];
  const widths = head.map((title, column) => {
    return Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0));
  });
  const lines = [head, ...rows].map((row) => {
    return row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  });
  const [title = "", ...body] = lines.map((line) => line.trimEnd());
  const painted = body.map((line, index) => {
    const sight = sights[index];
    return sight?.isHonest === false || sight?.state !== "running" ? paint.yellow(line) : line;
  });
  const left = sights.length - MAX_SIGHTS;
  const more = left > 0 ? [`and ${left} more: --json tells all`] : [];
  return [paint.dim(title), ...painted, ...more];
}

function label(text: string): string {
  return text.padEnd(LABEL_COLUMNS);
}

function labelled(name: string, text: string): readonly string[] {
  return wrapped(text, COLUMNS - LABEL_COLUMNS).map((line, index) => {
    return `${label(index === 0 ? name : "")}${line}`;
  });
}

function names(validators: readonly number[]): string {
  return validators.map((validator) => `v${validator}`).join(", ");
}

function short(hash: string | undefined): string {
  if (hash === undefined) return "-";
  return hash.length > HASH_CHARACTERS ? `${hash.slice(0, HASH_CHARACTERS)}…` : hash;
}

/** At blanks; a word that is too long for a line is cut into several. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.trim().split(/\s+/)) {
    let rest = word;
    if (line !== "" && line.length + 1 + rest.length > columns) {
      lines.push(line);
      line = "";
    }
    for (; rest.length > columns; rest = rest.slice(columns)) lines.push(rest.slice(0, columns));
    line = line === "" ? rest : `${line} ${rest}`;
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line];
}
