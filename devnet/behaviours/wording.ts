// How behaviours put things in other words: a message said otherwise is signed again with the liar's own key, and all who
// get the same message get the same lie.

import { type Draft, type Message, signDraft } from "../../consensus/index.ts";
import type { Hash, Signer } from "../../crypto/index.ts";
import type { Control, Delivery } from "./behaviour.ts";

export type Wording = { readonly message: Message; readonly ids: readonly Hash[] };

/** A draft signed as this liar; whose word it claims to be stands in the draft. */
export function sign(control: Control, draft: Draft): Message {
  const { keys, self, validators } = control;
  return signDraft(draft, validators.chainId, keys.get(self) as Signer);
}

type Unspoken<T> = T extends { readonly voter: number } ? Omit<T, "voter"> : never;

/** A vote, commit vote or timeout of our own. */
export function own(control: Control, said: Unspoken<Draft>): Message {
  return sign(control, { ...said, voter: control.self } as Draft);
}

/** What goes out in the place of each message: nothing, other things, or more. What is no message passes. */
export function reworded(
  deliveries: readonly Delivery[],
  reword: (wording: Wording) => readonly Wording[],
): readonly Delivery[] {
  const said = new Map<Message, readonly Wording[]>();
  return deliveries.flatMap((delivery) => {
    const { content } = delivery;
    if (content.type !== "message") return [delivery];
    const words = said.get(content.message) ?? reword(content);
    said.set(content.message, words);
    return words.map(({ message, ids }): Delivery => {
      return { ...delivery, content: { type: "message", message, ids } };
    });
  });
}

/** The message as it is, and lies beside it. */
export function withLies(wording: Wording, lies: readonly Message[]): readonly Wording[] {
  return [wording, ...lies.map((message) => ({ message, ids: wording.ids }))];
}
