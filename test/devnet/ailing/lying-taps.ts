// What tests of a live liar look at: everything that honest validators heard from it, were answered and logged, and what
// the liar's honest replica wanted to say.

import { type Evidence, type Message, messageCodec } from "../../../consensus/index.ts";
import { decode, encode, type Hash, toHex } from "../../../crypto/index.ts";
import type { createNetwork, Network, Topic } from "../../../node/network/index.ts";
import {
  answerCodec,
  proposalWithPayloadCodec,
  type Question,
  questionCodec,
} from "../../../node/sync/index.ts";

export const LIAR = 3;
const MAX_RECORDED = 50_000;

export type Heard = {
  readonly at: number;
  readonly atMs: number;
  /** Who passed it on. */
  readonly from: number;
  /** Undefined: bytes that are no message. */
  readonly message: Message | undefined;
  readonly ids: readonly Hash[];
  /** The message alone, canonical: the same for all who say the same. */
  readonly key: string;
};

export type Asked = {
  readonly by: number;
  readonly to: number;
  readonly question: Question;
  /** Undefined: none came, or none that decodes. */
  readonly answer: string | undefined;
};

type Line = { readonly msg?: unknown; readonly reason?: unknown; readonly peer?: unknown };

/** All that was noted since a way was taken up. */
export class Recorded {
  readonly heard: Heard[] = [];
  readonly said = new Set<string>();
  /** What was said before may still be on its way. */
  readonly #before: ReadonlySet<string>;
  readonly asked: Asked[] = [];
  readonly evidence: { readonly by: number; readonly evidence: Evidence }[] = [];
  readonly lines: { readonly by: number; readonly line: Line }[] = [];
  batches = 0;

  constructor(before: ReadonlySet<string>) {
    this.#before = before;
  }

  /** What honest validators heard of the liar's that its replica never said. */
  get lies(): readonly Heard[] {
    return this.heard.filter(({ key, message }) => {
      return !this.said.has(key) && !this.#before.has(key) && isOfLiar(message);
    });
  }

  /** An honest validator refused something of the liar's, for such a reason. */
  strikes(reason: RegExp): boolean {
    return this.lines.some(({ line }) => {
      const isStrike = line.msg === "strike against a validator" && line.peer === LIAR;
      return isStrike && reason.test(`${line.reason}`);
    });
  }
}

/** In the liar's name; or nobody's, for all others are honest. */
export function isOfLiar(message: Message | undefined): boolean {
  if (message === undefined) return true;
  if (message.type === "decision") return false;
  const signer = message.type === "proposal" ? message.block.proposer : message.voter;
  return signer === LIAR;
}

type Handlers = Parameters<typeof createNetwork>[1];

/** Records what an honest validator hears and is answered. */
export function tapped(
  { index, record }: { readonly index: number; readonly record: () => Recorded },
  create: (handlers: Handlers) => Network,
  handlers: Handlers,
): Network {
  const note = (from: number, heard: Pick<Heard, "message" | "ids" | "key">) => {
    const { heard: all } = record();
    if (all.length < MAX_RECORDED) all.push({ at: index, atMs: performance.now(), from, ...heard });
  };
  const network = create({
    ...handlers,
    onFrame: (from, bytes) => {
      if (from === LIAR) note(from, messageIn("frame", bytes));
      return handlers.onFrame(from, bytes);
    },
    onGossip: (topic, from, bytes) => {
      if (topic !== "transactions") note(from, messageIn(topic, bytes));
      else if (from === LIAR) record().batches += 1;
      return handlers.onGossip(topic, from, bytes);
    },
  });
  return {
    ...bound(network),
    request: async (to, bytes, options) => {
      const question = decode(questionCodec, bytes);
      const noteAnswer = (answer: string | undefined) => {
        if (question.ok) record().asked.push({ by: index, to, question: question.value, answer });
      };
      try {
        const answer = await network.request(to, bytes, options);
        const decoded = decode(answerCodec, answer);
        noteAnswer(decoded.ok ? toHex(answer) : undefined);
        return answer;
      } catch (error) {
        noteAnswer(undefined);
        throw error;
      }
    },
  };
}

/** Records what the liar's honest replica says, before its conduct has it. */
export function overheard(network: Network, record: () => Recorded): Network {
  const note = (kind: Topic | "frame", bytes: Uint8Array) => {
    record().said.add(messageIn(kind, bytes).key);
  };
  return {
    ...bound(network),
    broadcast: (bytes) => {
      note("frame", bytes);
      network.broadcast(bytes);
    },
    send: (to, bytes) => {
      note("frame", bytes);
      network.send(to, bytes);
    },
    publish: (topic, bytes, to) => {
      note(topic, bytes);
      network.publish(topic, bytes, to);
    },
  };
}

function bound(network: Network): Network {
  return {
    start: () => network.start(),
    stop: () => network.stop(),
    publish: (...args) => network.publish(...args),
    send: (...args) => network.send(...args),
    broadcast: (...args) => network.broadcast(...args),
    request: (...args) => network.request(...args),
    connected: () => network.connected(),
    penalise: (...args) => network.penalise(...args),
    stats: () => network.stats(),
  };
}

/** A message and what makes it itself, from the bytes that carry it. */
function messageIn(
  kind: Topic | "frame",
  bytes: Uint8Array,
): Pick<Heard, "message" | "ids" | "key"> {
  if (kind === "proposals") {
    const decoded = decode(proposalWithPayloadCodec, bytes);
    if (decoded.ok) {
      const { message, ids } = decoded.value;
      return { message, ids, key: keyOf(message) };
    }
  }
  const decoded = decode(messageCodec, bytes);
  return decoded.ok
    ? { message: decoded.value, ids: [], key: keyOf(decoded.value) }
    : { message: undefined, ids: [], key: `raw ${bytes.length}` };
}

export function keyOf(message: Message): string {
  return toHex(encode(messageCodec, message));
}
