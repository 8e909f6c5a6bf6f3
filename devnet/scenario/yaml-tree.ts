// YAML, and with it JSON, into a tree that knows its lines. Size, depth and number of tokens are bounded before anything is
// built: the parser recurses, and a file from a stranger may be nothing but brackets.

import {
  Composer,
  CST,
  type Document,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
} from "yaml";
import { quoted } from "../faults/index.ts";
import { type Entry, MAX_DEPTH, type Place, type Problems, type Tree } from "./tree.ts";

const MAX_FILE_BYTES = 256 * 1024;
const MAX_TOKENS = 32_768;
const MAX_REASON_CHARACTERS = 160;
const COLLECTIONS: ReadonlySet<string> = new Set(["block-map", "block-seq", "flow-collection"]);
const REFUSED_TOKENS: ReadonlyMap<string, string> = new Map([
  ["anchor", "anchors (&) are not allowed here: write the value out, or put quotes around it"],
  ["alias", "aliases (*) are not allowed here: write the value out, or put quotes around it"],
  ["tag", "tags (!) are not allowed here: leave it away, or put quotes around the value"],
]);

/** What is wrong with a file of so many bytes, if it is their number. */
export function tooLarge(bytes: number): string | undefined {
  if (bytes <= MAX_FILE_BYTES) return undefined;
  return `${bytes} bytes are too many: a scenario has at most ${MAX_FILE_BYTES / 1024} KiB`;
}

/** Undefined if there is none; `problems` says why. */
export function readYaml(text: string, problems: Problems): Tree | undefined {
  const start = { line: 1, column: 1, path: "" };
  const size = tooLarge(Buffer.byteLength(text));
  if (size !== undefined) return problems.add(start, size);
  const lines = new LineCounter();
  const placeAt = (offset: number, path: string): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, path };
  };
  const refuse = (offset: number, what: string) => problems.add(placeAt(offset, ""), what);
  const tokens = tokensOf(text, lines, refuse);
  if (tokens === undefined) return undefined;
  const options = { uniqueKeys: false, prettyErrors: false } as const;
  const documents: Document.Parsed<ParsedNode>[] = [
    ...new Composer(options).compose(tokens, true, text.length),
  ];
  for (const { pos, message } of documents.flatMap(({ errors, warnings }) => {
    return [...errors, ...warnings];
  })) {
    if (problems.isFull) break;
    refuse(pos[0], `no YAML: ${quoted(message, MAX_REASON_CHARACTERS).slice(1, -1)}`);
  }
  const [document, second] = documents;
  if (second !== undefined) refuse(second.range[0], "a second document: one file, one scenario");
  if (!problems.isEmpty) return undefined;
  const contents = document?.contents;
  if (contents === null || contents === undefined) {
    return problems.add(start, "the file is empty: a scenario has at least a name");
  }
  return new TreeBuilder(text, placeAt).build(contents, "");
}

function tokensOf(
  text: string,
  lines: LineCounter,
  refuse: (offset: number, what: string) => undefined,
): readonly CST.Token[] | undefined {
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    const refused = REFUSED_TOKENS.get(`${CST.tokenType(lexeme)}`);
    if (refused !== undefined) return refuse(parser.offset, refused);
    const { offset } = parser;
    for (const token of parser.next(lexeme)) tokens.push(token);
    const depth = parser.stack.filter((token) => COLLECTIONS.has(token.type)).length;
    if (depth > MAX_DEPTH) return refuse(offset, `nested more than ${MAX_DEPTH} deep`);
    count++;
    if (count > MAX_TOKENS) return refuse(offset, `more than ${MAX_TOKENS} words and signs`);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

class TreeBuilder {
  readonly #text: string;
  readonly #placeAt: (offset: number, path: string) => Place;

  constructor(text: string, placeAt: (offset: number, path: string) => Place) {
    this.#text = text;
    this.#placeAt = placeAt;
  }

  build(node: ParsedNode, path: string): Tree {
    const place = this.#placeAt(node.range[0], path);
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const entries = node.items.map(({ key, value }) => this.#entry({ key, value, path }));
      return { kind: "map", entries, isFlow: node.flow === true, place };
    }
    if (isSeq<ParsedNode>(node)) {
      const items = node.items.map((item, index) => this.build(item, `${path}[${index}]`));
      return { kind: "list", items, place };
    }
    const value = isScalar(node) ? plainValue(node.value) : null;
    return { kind: "value", value, place, placeOf: this.#placeOf(node, path) };
  }

  #entry({ key, value, path }: { key: ParsedNode; value: ParsedNode | null; path: string }): Entry {
    const name = isScalar(key) ? String(key.value) : this.#text.slice(key.range[0], key.range[1]);
    const inside = path === "" ? name : `${path}.${name}`;
    const place = this.#placeAt(key.range[0], path);
    if (value !== null) return { key: name, place, value: this.build(value, inside) };
    const nothing = { kind: "value", value: null, place, placeOf: () => place } as const;
    return { key: name, place, value: nothing };
  }

  /** Exact where the text stands in the file as it is; else where it begins. */
  #placeOf(node: ParsedNode, path: string): (character: number) => Place {
    const [start] = node.range;
    const value = isScalar(node) && typeof node.value === "string" ? node.value : "";
    for (const from of [start, start + 1]) {
      if (value !== "" && this.#text.startsWith(value, from)) {
        return (character) => this.#placeAt(from + Math.min(character, value.length), path);
      }
    }
    return () => this.#placeAt(start, path);
  }
}

function plainValue(value: unknown): string | number | boolean | null {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    default:
      return null;
  }
}
