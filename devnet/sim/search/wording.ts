// Messages in one readable line each, for traces and findings.

import type { Message } from "../../../consensus/index.ts";
import { blockName, shortName } from "./setting.ts";

/** `vote 2 for 7/a1b2`. The signer stands behind the kind. */
export function describe(message: Message): string {
  switch (message.type) {
    case "proposal": {
      const { block, tc } = message;
      const on = shortName(block.justify.view, block.justify.block);
      const opened = tc === undefined ? "" : ` after TC ${tc.view} [${tc.highQcViews.join(" ")}]`;
      return `proposal ${block.proposer} of ${blockName(block)} on ${on}${opened}`;
    }
    case "vote":
      return `vote ${message.voter} for ${shortName(message.content.view, message.content.block)}`;
    case "commit-vote": {
      const { content, voter, qc } = message;
      const root = shortName(content.view, content.stateRoot).split("/")[1];
      const lifted = qc === undefined ? "" : ` with QC by ${qc.signatures.signers.join(" ")}`;
      return `commit vote ${voter} for ${shortName(content.view, content.block)} root ${root}${lifted}`;
    }
    case "timeout": {
      const { content, voter, highQc, highTc, vote } = message;
      const high = shortName(content.highQcView, highQc.block);
      const tc =
        highTc === undefined ? "" : ` after TC ${highTc.view} [${highTc.highQcViews.join(" ")}]`;
      const voted = vote === undefined ? "" : `, voted ${wordOfVote(vote)}`;
      return `timeout ${voter} of ${content.view} knowing ${high}${tc}${voted}`;
    }
    case "decision": {
      const { view, block, signatures } = message.cert;
      return `decision ${shortName(view, block)} by ${signatures.signers.join(" ")}`;
    }
  }
}

function wordOfVote({ content }: Extract<Message, { type: "vote" }>): string {
  return shortName(content.view, content.block);
}
