// What a validator's own keys can sign, sound in form and without sense.

import { type Message, messageCodec, signDraft, type Vote } from "../../consensus/index.ts";
import { encode, epoch, hash, height, signature, signatureList, view } from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { encodeFrames } from "../../node/network/framing.ts";
import type { HostileChain } from "./chain.ts";
import { keyOf } from "./chain.ts";
import { noise } from "./noise.ts";

type Sender = {
  readonly chain: {
    readonly chainId: HostileChain["chainId"];
    /** All keys are made from its name. */
    readonly genesis: { readonly name: string };
  };
  readonly index: number;
};

export const nowhere = hash(new Uint8Array(32).fill(0xbd));
const noSignature = signature(new Uint8Array(64).fill(3));

function contentAt(at: number) {
  return { epoch: epoch(0), view: view(at), height: height(at), block: nowhere };
}

function signed({ chain, index }: Sender, draft: Parameters<typeof signDraft>[0]): Message {
  const signer = createSigner(keyOf(chain.genesis.name, "validator", index));
  return signDraft(draft, chain.chainId, signer);
}

/** A vote of the sender's own for a block that nobody knows. */
export function voteAt(sender: Sender, at: number): Message {
  return signed(sender, { type: "vote", content: contentAt(at), voter: sender.index });
}

export function commitVoteAt(sender: Sender, at: number): Message {
  const content = { ...contentAt(at), stateRoot: nowhere };
  return signed(sender, { type: "commit-vote", content, voter: sender.index });
}

export function timeoutAt(sender: Sender, at: number): Message {
  const highQc = forgedQc(0);
  const content = { epoch: epoch(0), view: view(at), highQcView: view(0) };
  return signed(sender, { type: "timeout", content, voter: sender.index, highQc });
}

export function forgedVote(voter: number, at = 1): Vote {
  return { type: "vote", content: contentAt(at), voter, signature: noSignature };
}

/** With the signatures of two validators, both invented. */
export function forgedQc(at: number) {
  const entries = [0, 1].map((signer) => ({ signer, signature: noSignature }));
  return { ...contentAt(at), signatures: signatureList(entries) };
}

export function decisionAt(at: number): Message {
  return { type: "decision", cert: { ...forgedQc(at), stateRoot: nowhere } };
}

export function proposalAt(at: number, proposer: number): Message {
  const block = {
    epoch: epoch(0),
    view: view(at),
    height: height(at),
    parent: nowhere,
    justify: forgedQc(at - 1),
    payload: nowhere,
    timestampMs: 1,
    proposer,
  };
  return { type: "proposal", block, signature: noSignature };
}

/** As one frame of the direct stream. */
export function framed(...messages: readonly Message[]): Uint8Array {
  return encodeFrames(messages.map((message) => encode(messageCodec, message)));
}

/** One frame for each kind of message: its tag, then garbage. */
export function garbageOfEveryKind(): Uint8Array {
  return encodeFrames(
    Array.from({ length: 256 }, (_, tag) => Uint8Array.of(tag, ...noise(100, tag))),
  );
}
