// A liar's network: around a real one, with a conduct between it and the replica, as the simulator has it between replica
// and virtual network. Without a conduct all bytes pass as they are, and none is decoded.

import { type Message, messageCodec, type ValidatorIndex } from "../../consensus/index.ts";
import { decode, encode } from "../../crypto/index.ts";
import { hashIn } from "../../crypto/native/index.ts";
import {
  type GossipVerdict,
  type Network,
  NetworkError,
  type NetworkHandlers,
  type NetworkStats,
  type RequestOptions,
  type Topic,
} from "../../node/network/index.ts";
import {
  type Answer,
  answerCodec,
  batchCodec,
  proposalWithPayloadCodec,
  questionCodec,
} from "../../node/sync/index.ts";
import { decodeSignedTransaction } from "../../node/transaction/index.ts";
import type { Conduct, Delivery } from "../behaviours/index.ts";
import { Delays } from "./delays.ts";
import { HeardTransactions } from "./heard-transactions.ts";
import { Progress } from "./progress.ts";
import { type Utterance, Utterances } from "./utterances.ts";

export type LyingNetworkOptions = {
  readonly self: ValidatorIndex;
  readonly others: readonly ValidatorIndex[];
  /** The real one, under these handlers. */
  readonly create: (handlers: NetworkHandlers) => Network;
  /** The replica's own. */
  readonly handlers: NetworkHandlers;
  /** Something that a conduct wants said cannot be said: a bug of a behaviour. */
  readonly unspeakable: (error: unknown) => void;
  /** Whoever stands behind the conduct can forget what it had planned. */
  readonly stopped: () => void;
};

type Content = Delivery["content"];
type Draft = {
  readonly content: Content;
  readonly to: readonly ValidatorIndex[];
  readonly utterance: Utterance;
  /** Sends it as it is. */
  readonly plainly: () => void;
};

/** No answer at all: whoever asks gives up sooner. */
const STALL_MS = 1_500;

export class LyingNetwork implements Network {
  /** What went by while there was a conduct. */
  readonly heard = new HeardTransactions();
  readonly progress = new Progress();
  readonly #options: LyingNetworkOptions;
  readonly #inner: Network;
  readonly #delays = new Delays();
  readonly #utterances = new Utterances((id) => this.heard.bodyOf(id));
  #conduct: Conduct | undefined;
  #isUp = false;

  constructor(options: LyingNetworkOptions) {
    this.#options = options;
    const { handlers } = options;
    this.#inner = options.create({
      onGossip: (topic, from, bytes) => {
        const goesOn = this.#conduct === undefined || this.#hearGossip(topic, from, bytes);
        return goesOn ? handlers.onGossip(topic, from, bytes) : ("ignore" as GossipVerdict);
      },
      onFrame: (from, bytes) => {
        const goesOn = this.#conduct === undefined || this.#hearFrame(from, bytes);
        return goesOn ? handlers.onFrame(from, bytes) : true;
      },
      onRequest: (from, bytes) => {
        if (this.#conduct === undefined) return handlers.onRequest(from, bytes);
        return this.#answer(this.#conduct, from, bytes);
      },
      onPeer: (peer, state) => handlers.onPeer(peer, state),
    });
  }

  /** Who is between replica and network from now on. What is under way already still arrives. */
  set conduct(conduct: Conduct | undefined) {
    this.#conduct = conduct;
    if (conduct === undefined) this.heard.clear();
    else if (this.#isUp) conduct.started();
  }

  // --- Life ------------------------------------------------------------------------------------------------------

  async start(): Promise<void> {
    await this.#inner.start();
    this.#isUp = true;
    this.#conduct?.started();
  }

  async stop(): Promise<void> {
    this.#isUp = false;
    this.#delays.clear();
    this.#options.stopped();
    await this.#inner.stop();
  }

  connected(): readonly ValidatorIndex[] {
    return this.#inner.connected();
  }

  penalise(peer: ValidatorIndex, reason: string): void {
    this.#inner.penalise(peer, reason);
  }

  stats(): NetworkStats {
    return this.#inner.stats();
  }

  // --- What our replica says -------------------------------------------------------------------------------------

  broadcast(bytes: Uint8Array): void {
    const plainly = () => this.#inner.broadcast(bytes);
    this.#frame(bytes, this.#options.others, plainly);
  }

  send(to: ValidatorIndex, bytes: Uint8Array): void {
    this.#frame(bytes, [to], () => this.#inner.send(to, bytes));
  }

  publish(topic: Topic, bytes: Uint8Array, to = this.#options.others): void {
    const plainly = () => this.#inner.publish(topic, bytes, to);
    const isToAll = to === this.#options.others;
    const content = this.#conduct && this.#contentOf(topic, bytes);
    const toAll = () => this.#inner.publish(topic, bytes);
    if (content === undefined) return isToAll ? toAll() : plainly();
    const utterance: Utterance = { by: "gossip", topic, bytes };
    this.#say({ content, to, utterance, plainly: isToAll ? toAll : plainly });
  }

  #frame(bytes: Uint8Array, to: readonly ValidatorIndex[], plainly: () => void): void {
    const decoded = this.#conduct && decode(messageCodec, bytes);
    if (decoded?.ok !== true) return plainly();
    const content: Content = { type: "message", message: decoded.value, ids: [] };
    this.#say({ content, to, utterance: { by: "frame", bytes }, plainly });
  }

  /** What gossip of our own replica stands for; undefined for what is none of the conduct's business. */
  #contentOf(topic: Topic, bytes: Uint8Array): Content | undefined {
    if (topic === "transactions") {
      const batch = decode(batchCodec, bytes);
      if (!batch.ok) return undefined;
      this.heard.note(batch.value.bodies);
      const transactions = batch.value.bodies.flatMap((body) => {
        const decoded = decodeSignedTransaction(body, hashIn);
        return decoded.ok ? [decoded.value] : [];
      });
      return { type: "transactions", transactions };
    }
    const said = this.#messageIn(topic, bytes);
    return said && { type: "message", ...said };
  }

  #say({ content, to, utterance, plainly }: Draft): void {
    if (content.type === "message") this.progress.note(content.message);
    const honest = to.map((index): Delivery => ({ to: index, content }));
    const told = this.#conduct?.outgoing(honest) ?? honest;
    const isHonest =
      told.length === honest.length &&
      told.every((each, at) => {
        return each.content === content && each.to === to[at] && (each.delayMs ?? 0) <= 0;
      });
    if (isHonest) return plainly();
    this.#utterances.remember(content, utterance);
    for (const each of told) this.deliver(each);
  }

  /** Past the conduct, straight to the network, now or later. */
  deliver({ to, content, delayMs = 0 }: Delivery): void {
    if (!this.#isUp || !this.#options.others.includes(to)) return;
    try {
      const utterance = this.#utterances.of(content);
      if (delayMs <= 0) this.#utter(to, utterance);
      else this.#delays.after(delayMs, () => this.#utter(to, utterance));
    } catch (error) {
      this.#options.unspeakable(error);
    }
  }

  #utter(to: ValidatorIndex, utterance: Utterance): void {
    try {
      if (utterance.by === "frame") this.#inner.send(to, utterance.bytes);
      else this.#inner.publish(utterance.topic, utterance.bytes, [to]);
    } catch (error) {
      // Too large for the network: a lie that nobody can hear.
      if (!(error instanceof NetworkError)) throw error;
    }
  }

  // --- What it hears ---------------------------------------------------------------------------------------------

  /** False keeps it from the replica. */
  #hearFrame(from: ValidatorIndex, bytes: Uint8Array): boolean {
    const decoded = decode(messageCodec, bytes);
    return !decoded.ok || this.#conduct?.incoming(from, decoded.value, []) !== false;
  }

  #hearGossip(topic: Topic, from: ValidatorIndex, bytes: Uint8Array): boolean {
    if (topic === "transactions") {
      const batch = decode(batchCodec, bytes);
      if (batch.ok) this.heard.note(batch.value.bodies);
      return true;
    }
    const said = this.#messageIn(topic, bytes);
    if (said === undefined) return true;
    const { message, ids } = said;
    // What we told one validator comes back from another: our replica must not find itself guilty.
    if (message.type === "proposal" && message.block.proposer === this.#options.self) return false;
    return this.#conduct?.incoming(from, message, ids) !== false;
  }

  #messageIn(topic: Topic, bytes: Uint8Array) {
    if (topic === "proposals") {
      const decoded = decode(proposalWithPayloadCodec, bytes);
      if (!decoded.ok) return undefined;
      const { message, ids, bodies } = decoded.value;
      this.heard.note(bodies);
      return { message, ids };
    }
    const decoded = decode(messageCodec, bytes);
    return decoded.ok ? { message: decoded.value as Message, ids: [] } : undefined;
  }

  // --- Questions -------------------------------------------------------------------------------------------------

  async #answer(conduct: Conduct, from: ValidatorIndex, bytes: Uint8Array): Promise<Uint8Array> {
    const question = decode(questionCodec, bytes);
    const honestBytes = await this.#options.handlers.onRequest(from, bytes);
    if (!question.ok) return honestBytes;
    const honest = this.#answerIn(honestBytes);
    const given = conduct.answer(from, question.value, honest);
    if (given !== undefined) return given === honest ? honestBytes : encode(answerCodec, given);
    await this.#stall(STALL_MS);
    throw new Error("a liar keeps its answer");
  }

  async request(
    to: ValidatorIndex,
    bytes: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    if (this.#conduct === undefined) return await this.#inner.request(to, bytes, options);
    const question = decode(questionCodec, bytes);
    if (question.ok && !this.#conduct.asking(to, question.value)) {
      await this.#stall(options.timeoutMs);
      throw new NetworkError("timeout", "a liar keeps its question");
    }
    const given = await this.#inner.request(to, bytes, options);
    this.#answerIn(given);
    return given;
  }

  /** Decoded, and its bodies noted. */
  #answerIn(bytes: Uint8Array): Answer | undefined {
    const decoded = decode(answerCodec, bytes);
    if (!decoded.ok) return undefined;
    const { value } = decoded;
    if (value.type === "bodies") this.heard.note(value.bodies);
    if (value.type === "block") this.heard.note(value.found?.bodies ?? []);
    return value;
  }

  /** At once if the network stops, or too much waits already. */
  #stall(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#delays.after(ms, resolve, resolve)) resolve();
    });
  }
}
