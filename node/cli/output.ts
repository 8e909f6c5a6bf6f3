// What every command writes: data on stdout, everything said about the work on stderr, one JSON object a line with
// `--json`. Colour only on a terminal that wants it, so a pipe and a file see plain text. What others say, a node or a file,
// moves no cursor and sets no title: control characters other than those of colours come out as �.

export type Stream = {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export type Paint = {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
};

/** A JSON value that `JSON.stringify` writes in one line; counters of 64 bits stand in it as strings. */
export type JsonRecord = { readonly [name: string]: unknown };

export type Output = {
  readonly json: boolean;
  /** Colours for stdout. */
  readonly paint: Paint;
  /** Is someone watching stdout? False with `--json`: then nothing moves on the screen. */
  readonly interactive: boolean;
  /** One result: a line of JSON with `--json`, else the text for people. */
  readonly record: (value: JsonRecord, text: () => string) => void;
  /** A remark on stderr; with `--json` an object of type `note` there. */
  readonly note: (text: string) => void;
  /** A failure on stderr: one sentence, then what to do about it. */
  readonly failure: (failure: FailureText) => void;
  /**
   * How far long work is, in one line that the next one replaces, and that is gone before anything else is written;
   * undefined: it is over. Nothing unless `interactive`.
   */
  readonly progress: (text: string | undefined) => void;
  /** Raw text on stdout, for lines that rewrite themselves. Only where `interactive`. */
  readonly raw: (text: string) => void;
};

export type FailureText = {
  readonly message: string;
  readonly remedy?: string | undefined;
  readonly code?: string | undefined;
  readonly exitCode: number;
};

export type OutputOptions = {
  readonly json: boolean;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Environment;
};

/** Takes the line away on which the cursor stands. */
export const CLEAR_LINE = "\r\u001b[2K";

const COLUMNS = 80;

export function createOutput({ json, stdout, stderr, env }: OutputOptions): Output {
  const errorPaint = paintFor(stderr, env);
  const interactive = !json && stdout.isTTY === true && env.TERM !== "dumb";
  let isInProgress = false;
  const progress = (text: string | undefined) => {
    if (!interactive || (text === undefined && !isInProgress)) return;
    isInProgress = text !== undefined;
    // A line that wraps could not be taken away.
    stdout.write(`${CLEAR_LINE}${text?.slice(0, (stdout.columns ?? COLUMNS) - 1) ?? ""}`);
  };
  return {
    json,
    paint: paintFor(stdout, env),
    interactive,
    record: (value, text) => {
      progress(undefined);
      stdout.write(`${json ? JSON.stringify(value) : printable(text())}\n`);
    },
    note: (text) => {
      progress(undefined);
      stderr.write(`${json ? JSON.stringify({ type: "note", text }) : printable(text)}\n`);
    },
    failure: ({ message, remedy, code, exitCode }) => {
      progress(undefined);
      if (json) {
        stderr.write(`${JSON.stringify({ type: "error", code, message, remedy, exitCode })}\n`);
        return;
      }
      stderr.write(`${errorPaint.red("error:")} ${printable(message)}\n`);
      if (remedy === undefined) return;
      stderr.write(`  ${printable(remedy).replaceAll("\n", "\n  ")}\n`);
    },
    progress,
    raw: (text) => stdout.write(text),
  };
}

/** https://no-color.org: any non-empty NO_COLOR switches colour off. */
export function paintFor(stream: Stream, env: Environment): Paint {
  const coloured =
    stream.isTTY === true && (env.NO_COLOR ?? "") === "" && (env.TERM ?? "") !== "dumb";
  const style = (code: number) => (text: string) =>
    coloured ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: style(1), dim: style(2), red: style(31), green: style(32), yellow: style(33) };
}

/** Rows as aligned columns, two blanks apart; widths count the text without its colours. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
    });
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - visibleLength(cell)))
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

const COLOUR = `${String.fromCharCode(27)}\\[[0-9;]*m`;
const ESCAPES = new RegExp(COLOUR, "g");
const UNPRINTABLE = new RegExp(`(${COLOUR})|(?![\\n\\t])\\p{Cc}`, "gu");

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (_, colour: string | undefined) => colour ?? "\ufffd");
}

function visibleLength(text: string): number {
  return text.replaceAll(ESCAPES, "").length;
}
