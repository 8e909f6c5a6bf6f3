// The words of one command, read from left to right. The first thing that is wrong is kept, with its place; whatever is
// read after it is undefined.

import { WAYS } from "../behaviours/index.ts";
import { type Amount, quoted, readDuration, readPercent, readRate } from "./amounts.ts";
import type { Victim, Victims } from "./command.ts";
import { nearest } from "./nearest.ts";

export type Context = {
  readonly validators: number;
  /** What `lie` takes: words, and the names of behaviours, which a refusal does not offer. */
  readonly ways: readonly string[];
};

export type Refusal = {
  readonly ok: false;
  /** The reason, one sentence. */
  readonly what: string;
  /** What could stand in the place of the word at `at`. */
  readonly nearest?: string;
  /** Characters from the start of the text. */
  readonly at: number;
};

type Word = { readonly text: string; readonly at: number };

const MAX_WAYS = 32;

export class Clause {
  readonly #words: readonly Word[];
  readonly #end: number;
  readonly #context: Context;
  #next = 0;
  #refusal: Refusal | undefined;

  constructor(text: string, context: Context) {
    this.#words = wordsOf(text);
    this.#end = text.length;
    this.#context = context;
  }

  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#words.length;
  }

  refuse(what: string, at: number, near?: string): undefined {
    this.#refusal ??= { ok: false, what, at, ...(near !== undefined && { nearest: near }) };
    return undefined;
  }

  /** Where the newest word begins. */
  get at(): number {
    return this.#words[this.#next - 1]?.at ?? 0;
  }

  /** The next word, whatever it is. */
  word(expected: string): Word | undefined {
    if (this.#refusal !== undefined) return undefined;
    const word = this.#words[this.#next];
    if (word === undefined) return this.refuse(`${expected} is missing`, this.#end);
    this.#next++;
    return word;
  }

  /** A word that stands between others: `to`, `every`, `jitter`. */
  keyword(keyword: string): string | undefined {
    const word = this.word(`the word ${keyword}`);
    if (word === undefined || word.text === keyword) return word?.text;
    const near = nearest(word.text, [keyword]);
    return near === undefined
      ? this.refuse(`${quoted(keyword)} is missing before ${quoted(word.text)}`, word.at)
      : this.refuse(`${quoted(word.text)} is not the word ${keyword}`, word.at, near);
  }

  finish(): void {
    const extra = this.#words[this.#next];
    if (extra !== undefined) this.refuse(`${quoted(extra.text)} is too much`, extra.at);
  }

  /** `2`, `1,3` or `all`. */
  victims(): Victims | undefined {
    if (this.isAtEnd) return this.refuse("say which validators: 2, or 1,3, or all", this.#end);
    const word = this.word("which validators");
    if (word === undefined) return undefined;
    return word.text === "all" ? "all" : this.#list(word);
  }

  victim(): Victim | undefined {
    const word = this.word("a validator");
    return word === undefined ? undefined : this.#index(word);
  }

  /** `0,1/2,3`; whoever is in two of them is a bridge between them. */
  groups(): readonly (readonly Victim[])[] | undefined {
    const word = this.word("the groups (0,1/2,3)");
    if (word === undefined) return undefined;
    const parts = partsOf(word, "/");
    const extra = parts[this.#context.validators];
    if (extra !== undefined) return this.refuse("more groups than validators", extra.at);
    const empty = parts.find(({ text }) => text === "");
    if (empty !== undefined) {
      return this.refuse("a group is empty: write groups as 0,1/2,3", empty.at);
    }
    const groups = parts.map((part) => this.#list(part));
    return groups.every((group) => group !== undefined) ? groups : undefined;
  }

  /** `equivocate,double-vote`. */
  ways(): readonly string[] | undefined {
    const word = this.word("a way to lie");
    if (word === undefined) return undefined;
    const ways: string[] = [];
    for (const part of partsOf(word, ",")) {
      const way = this.#way(part);
      if (way === undefined) return undefined;
      if (ways.includes(way)) return this.refuse(`${way} is there twice`, part.at);
      if (ways.length === MAX_WAYS) return this.refuse(`more than ${MAX_WAYS} ways`, part.at);
      ways.push(way);
    }
    return ways;
  }

  duration(): number | undefined {
    return this.#amount("a duration (250ms, 2s)", readDuration);
  }

  /** With a sign: `+5s`, `-1h`. */
  offset(): number | undefined {
    let sign = "";
    const ms = this.#amount("an offset (+5s, -1h)", (text) => {
      sign = /^[+-]/.exec(text)?.[0] ?? "";
      const read = readDuration(text.slice(sign.length));
      if (read.ok || read.nearest === undefined) return read;
      return { ...read, nearest: `${sign}${read.nearest}` };
    });
    if (ms === undefined) return undefined;
    return sign === "-" && ms !== 0 ? -ms : ms;
  }

  percent(): number | undefined {
    return this.#amount("a share (10%)", readPercent);
  }

  rate(): number | undefined {
    return this.#amount("a rate (50kB/s)", readRate);
  }

  #amount(expected: string, read: (text: string) => Amount): number | undefined {
    const word = this.word(expected);
    if (word === undefined) return undefined;
    const amount = read(word.text);
    return amount.ok ? amount.value : this.refuse(amount.what, word.at, amount.nearest);
  }

  #list(word: Word): Victim[] | undefined {
    const victims: Victim[] = [];
    for (const part of partsOf(word, ",")) {
      const victim = this.#index(part);
      if (victim === undefined) return undefined;
      if (victims.includes(victim)) {
        return this.refuse(`validator ${victim} is named twice`, part.at);
      }
      victims.push(victim);
    }
    return victims;
  }

  /** `3`, or `v3` as reports name it. */
  #index({ text, at }: Word): Victim | undefined {
    const { validators } = this.#context;
    const digits = /^v?(\d{1,9})$/.exec(text)?.[1];
    if (digits === undefined) {
      const near = nearest(text, ["all"]);
      return this.refuse(`${quoted(text)} is not the index of a validator`, at, near);
    }
    const index = Number(digits);
    if (index < validators) return index;
    const last = validators - 1;
    const range = last === 0 ? "there is validator 0 alone" : `they are 0 to ${last}`;
    return this.refuse(`there is no validator ${index}: ${range}`, at, String(last));
  }

  #way({ text, at }: Word): string | undefined {
    const { ways } = this.#context;
    if (ways.includes(text)) return text;
    const near = nearest(text, ways);
    const words = [...new Set(ways)].filter((way) => WAYS.has(way));
    const known = near === undefined ? `; there are ${words.join(", ")}` : "";
    return this.refuse(`${quoted(text)} is not a way to lie${known}`, at, near);
  }
}

/** Blanks separate words, but after the verb not around a comma or a slash. */
function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const { 0: found, index } of text.matchAll(/\S+/g)) {
    const before = words.at(-1);
    const joins = before !== undefined && (/[,/]$/.test(before.text) || /^[,/]/.test(found));
    if (joins && words.length > 1) {
      words.pop();
      words.push({ text: text.slice(before.at, index + found.length), at: before.at });
    } else {
      words.push({ text: found, at: index });
    }
  }
  return words;
}

function partsOf({ text, at }: Word, separator: string): readonly Word[] {
  let start = at;
  return text.split(separator).map((part) => {
    const word = { text: part.trim(), at: start + (part.length - part.trimStart().length) };
    start += part.length + separator.length;
    return word;
  });
}
