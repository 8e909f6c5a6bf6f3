// One of two messages that prove a validator guilty, as a person reads it.

import { blockHash, type Message } from "../../consensus/index.ts";
import { toHex } from "../../crypto/index.ts";
import { statementOf } from "../behaviours/index.ts";

/** With what two statements may differ in, beyond what a line of an event says. */
export function statementText(message: Message): string {
  const said = statementOf(message);
  switch (message.type) {
    case "proposal": {
      const { block } = message;
      const hash = toHex(blockHash(block).subarray(0, 4)).slice(2);
      return `${said} time ${block.timestampMs} block ${hash}`;
    }
    case "vote":
    case "commit-vote":
      return `${said} height ${message.content.height}`;
    default:
      return said;
  }
}
