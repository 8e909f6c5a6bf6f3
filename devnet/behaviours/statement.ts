// What a message says, as text: the same text for the same statement, whoever sends it, and however often.

import type { Message } from "../../consensus/index.ts";
import { toHex } from "../../crypto/index.ts";

export function statementOf(message: Message): string {
  switch (message.type) {
    case "proposal": {
      const { view, height, proposer, payload, justify } = message.block;
      const what = `proposal view ${view} height ${height} by v${proposer}`;
      const tc = message.tc === undefined ? "" : ` tc ${message.tc.view}`;
      return `${what} payload ${short(payload)} on qc ${justify.view}${tc}`;
    }
    case "vote":
      return `vote view ${message.content.view} block ${short(message.content.block)}`;
    case "commit-vote": {
      const { view, block, stateRoot } = message.content;
      return `commit-vote view ${view} block ${short(block)} state ${short(stateRoot)}`;
    }
    case "timeout":
      return `timeout view ${message.content.view} highQc ${message.content.highQcView}`;
    case "decision":
      return `decision height ${message.cert.height} block ${short(message.cert.block)}`;
  }
}

function short(hash: Uint8Array): string {
  return toHex(hash.subarray(0, 4)).slice(2);
}
