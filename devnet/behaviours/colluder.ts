// Colluder (28): votes for every proposal of every view at once, vouches for every state that somebody vouches for, gives
// every view up that anybody gives up and goes on voting in it, and makes certificates of what it heard and of the keys of
// all liars. Together with twins, and with more than f of its kind, it breaks what the protocol promises for f.
// What must hold: with f of them, everything; with more, f+1 culprits are proven.

import {
  blockHash,
  type CommitVote,
  commitVoteBytes,
  type Message,
  type Timeout,
  type Vote,
  voteBytes,
} from "../../consensus/index.ts";
import { toHex } from "../../crypto/index.ts";
import type { Behaviour } from "./behaviour.ts";
import { following } from "./far-off.ts";
import { PooledSignatures } from "./pooled-signatures.ts";
import { own } from "./wording.ts";

export const colluder: Behaviour = {
  name: "colluder",
  word: "collude",
  catalogue: [28],
  summary: "votes for everything, and lends its keys to the other liars",
  adopt: (control) => {
    const { validators } = control;
    const say = (said: Parameters<typeof own>[1]) => control.sendAll(own(control, said));
    const once = new Once();
    const doOnce = (what: string, act: () => void) => {
      if (once.isNew(what)) act();
    };
    const votes = new PooledSignatures<Vote>(control);
    const commitVotes = new PooledSignatures<CommitVote>(control);

    const onVote = (vote: Vote, key: string) => {
      const { content } = vote;
      const bytes = voteBytes(validators.chainId, content);
      const signatures = votes.certify(key, vote, bytes);
      if (signatures === undefined) return;
      // A timeout of the next view takes the certificate to everyone.
      const { epoch, view } = content;
      const highQc = { ...content, signatures };
      const given = { epoch, view: following(view), highQcView: view };
      doOnce(`certified ${key}`, () => say({ type: "timeout", content: given, highQc }));
    };
    const onCommitVote = (vote: CommitVote, key: string) => {
      const { content } = vote;
      const { qc } = vote;
      doOnce(`commit ${key}`, () => {
        say({ type: "commit-vote", content, ...(qc && { qc }) });
      });
      const bytes = commitVoteBytes(validators.chainId, content);
      const signatures = commitVotes.certify(key, vote, bytes);
      if (signatures === undefined) return;
      const decision: Message = { type: "decision", cert: { ...content, signatures } };
      doOnce(`final ${key}`, () => control.sendAll(decision));
    };
    const onTimeout = ({ content, highQc, highTc }: Timeout) => {
      doOnce(`timeout ${content.view}`, () => {
        say({ type: "timeout", content, highQc, ...(highTc && { highTc }) });
      });
    };
    const react = (message: Message) => {
      switch (message.type) {
        case "proposal": {
          const { epoch, view, height } = message.block;
          const block = blockHash(message.block);
          const content = { epoch, view, height, block };
          const vote = () => say({ type: "vote", content });
          return doOnce(`vote ${toHex(block)}`, vote);
        }
        case "vote":
          return onVote(message, `${message.content.view} ${toHex(message.content.block)}`);
        case "commit-vote": {
          const { block, stateRoot } = message.content;
          return onCommitVote(message, `${toHex(block)} ${toHex(stateRoot)}`);
        }
        case "timeout":
          return onTimeout(message);
        case "decision":
          return doOnce(`final ${toHex(message.cert.block)}`, () => control.sendAll(message));
      }
    };
    return {
      incoming: (_, message) => {
        react(message);
        return true;
      },
    };
  },
};

/** Several colluders would echo each other for ever about whatever they forgot: one that has said so much falls silent. */
const MAX_SAID = 4_096;

class Once {
  readonly #said = new Set<string>();

  isNew(what: string): boolean {
    if (this.#said.has(what) || this.#said.size >= MAX_SAID) return false;
    this.#said.add(what);
    return true;
  }
}
