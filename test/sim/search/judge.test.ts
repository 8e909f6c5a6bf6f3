// Every check of the searches can fail: each is shown one thing that must not be.

import { describe, expect, test } from "vitest";
import {
  type Block,
  blockHash,
  type Effect,
  type Message,
  type QuorumCert,
} from "../../../consensus/index.ts";
import { Forger } from "../../../devnet/sim/search/forger.ts";
import { Judge, type Signatory } from "../../../devnet/sim/search/judge.ts";
import { GENESIS_ROOT, hashOfText, Setting } from "../../../devnet/sim/search/setting.ts";

const setting = new Setting();
const ALL = [0, 1, 2, 3];
const FIRST: Signatory = { id: 0, validator: 0, isHonest: true };
const SECOND: Signatory = { id: 1, validator: 1, isHonest: true };

/** Three honest validators and, as far as the judge knows, so many liars. */
function scene({ liars = 1 }: { readonly liars?: number } = {}) {
  const judge = new Judge(setting, liars);
  // Signs for anyone: what the scene wants said, it says.
  const forger = new Forger(setting, ALL, (message) => judge.sealed(message));
  const blockOn = (justify: QuorumCert, view: number, variant = 0): Block =>
    forger.proposal({ view, justify, tc: undefined, proposer: view % 4, variant }).block;
  const qcOf = (block: Block) => forger.qcFor(forger.contentOf(block)) as QuorumCert;
  const vote = (block: Block, by: number) => forger.vote(forger.contentOf(block), by);
  const commitVote = (block: Block, by: number, root = GENESIS_ROOT) =>
    forger.commitVote({ ...forger.contentOf(block), stateRoot: root }, by);
  const timeout = (view: number, by: number, highQc = setting.genesisQc) =>
    forger.timeout({ view, voter: by, highQc });
  const says = (by: number, message: Message) =>
    judge.signed({ id: by, validator: by, isHonest: true }, message);
  const commit = (block: Block, root = GENESIS_ROOT) =>
    ({ type: "commit", block, hash: blockHash(block), stateRoot: root }) as const;
  return { judge, forger, blockOn, qcOf, vote, commitVote, timeout, says, commit };
}

const { genesisQc } = setting;

describe("the judge", () => {
  test("says nothing of a vote, its commit vote and the commit", () => {
    const { judge, blockOn, vote, commitVote, says, commit } = scene();
    const block = blockOn(genesisQc, 1);
    says(0, vote(block, 0));
    says(0, vote(block, 0));
    says(0, commitVote(block, 0));
    judge.committed(FIRST, commit(block));
    judge.committed(SECOND, commit(block));
    expect(judge.violation).toBeUndefined();
  });

  test("reports a second vote in one view", () => {
    const { judge, blockOn, vote, says } = scene();
    says(0, vote(blockOn(genesisQc, 1, 1), 0));
    says(0, vote(blockOn(genesisQc, 1, 2), 0));
    expect(judge.violation?.oracle).toBe("double-sign");
  });

  test("reports a second state root for one block", () => {
    const { judge, blockOn, commitVote, says } = scene();
    const block = blockOn(genesisQc, 1);
    says(0, commitVote(block, 0));
    says(0, commitVote(block, 0, hashOfText("another state")));
    expect(judge.violation?.oracle).toBe("double-sign");
  });

  test("reports a second proposal for one view", () => {
    const { judge, forger, says } = scene();
    const options = { view: 1, justify: genesisQc, tc: undefined, proposer: 1 };
    says(1, forger.proposal({ ...options, variant: 1 }));
    says(1, forger.proposal({ ...options, variant: 2 }));
    expect(judge.violation?.oracle).toBe("double-sign");
  });

  test("reports a timeout that names another certificate than before", () => {
    const { judge, blockOn, qcOf, timeout, says } = scene();
    says(0, timeout(2, 0));
    says(0, timeout(2, 0, qcOf(blockOn(genesisQc, 1))));
    expect(judge.violation?.oracle).toBe("double-sign");
  });

  test("reports a vote in a view that was given up", () => {
    const { judge, blockOn, vote, timeout, says } = scene();
    says(0, timeout(1, 0));
    says(0, vote(blockOn(genesisQc, 1), 0));
    expect(judge.violation?.oracle).toBe("given-up");
  });

  test("reports a commit vote in a view that was given up", () => {
    const { judge, blockOn, commitVote, timeout, says } = scene();
    says(0, timeout(2, 0));
    says(0, commitVote(blockOn(genesisQc, 1), 0));
    expect(judge.violation?.oracle).toBe("given-up");
  });

  test("lets a validator repeat what it said before it gave up", () => {
    const { judge, blockOn, vote, timeout, says } = scene();
    const block = blockOn(genesisQc, 1);
    says(0, vote(block, 0));
    says(0, timeout(1, 0));
    says(0, vote(block, 0));
    expect(judge.violation).toBeUndefined();
  });

  test("reports a fork", () => {
    const { judge, blockOn, commit } = scene();
    judge.committed(FIRST, commit(blockOn(genesisQc, 1, 1)));
    judge.committed(SECOND, commit(blockOn(genesisQc, 1, 2)));
    expect(judge.violation?.oracle).toBe("agreement");
  });

  test("reports two states after one block", () => {
    const { judge, blockOn, commit } = scene();
    const block = blockOn(genesisQc, 1);
    judge.committed(FIRST, commit(block));
    judge.committed(SECOND, commit(block, hashOfText("another state")));
    expect(judge.violation?.oracle).toBe("agreement");
  });

  test("reports a gap between heights", () => {
    const { judge, blockOn, qcOf, commit } = scene();
    judge.committed(FIRST, commit(blockOn(qcOf(blockOn(genesisQc, 1)), 2)));
    expect(judge.violation?.oracle).toBe("contiguity");
  });

  test("reports a commit that does not build on the one before", () => {
    const { judge, blockOn, qcOf, commit } = scene();
    judge.committed(FIRST, commit(blockOn(genesisQc, 1, 1)));
    judge.committed(FIRST, commit(blockOn(qcOf(blockOn(genesisQc, 1, 2)), 2)));
    expect(judge.violation?.oracle).toBe("contiguity");
  });

  test("reports a certificate below a quorum", () => {
    const { judge, forger, blockOn, timeout, says } = scene();
    const weak = forger.qcFor(forger.contentOf(blockOn(genesisQc, 1)), { missing: 1 });
    says(0, timeout(2, 0, weak));
    expect(judge.violation?.oracle).toBe("certificate");
  });

  test("reports a certificate in which one signer stands twice", () => {
    const { judge, blockOn, qcOf, timeout, says } = scene();
    const { signatures, ...content } = qcOf(blockOn(genesisQc, 1));
    const [signature = signatures.signatures[0]] = signatures.signatures;
    const twice = { signers: [0, 0, 0], signatures: [signature, signature, signature] };
    says(0, timeout(2, 0, { ...content, signatures: twice } as QuorumCert));
    expect(judge.violation?.oracle).toBe("certificate");
  });

  test("reports a certificate with a signature that nobody made", () => {
    const { judge, blockOn, timeout, says } = scene();
    const foreign = scene();
    const block = blockOn(genesisQc, 1);
    says(0, timeout(2, 0, foreign.qcOf(block)));
    expect(judge.violation?.oracle).toBe("certificate");
  });

  test("reports a halt and evidence against the honest, as long as the liars are few", () => {
    const { height, view } = genesisQc;
    const ours = genesisQc.block;
    const halt = { reason: "conflicting-commit", height, view, ours, theirs: ours } as const;
    const effect: Extract<Effect, { type: "halt" }> = { type: "halt", halt };
    const few = scene();
    few.judge.halted(FIRST, effect);
    expect(few.judge.violation?.oracle).toBe("halt");
    const many = scene({ liars: 2 });
    many.judge.halted(FIRST, effect);
    expect(many.judge.violation).toBeUndefined();
  });

  test("reports evidence against the honest, not against liars", () => {
    const { judge, blockOn, vote } = scene();
    const [first, second] = [vote(blockOn(genesisQc, 1, 1), 2), vote(blockOn(genesisQc, 1, 2), 2)];
    const evidence = { offender: 2, view: first.content.view, first, second };
    judge.accused(FIRST, { type: "evidence", evidence }, false);
    expect(judge.violation).toBeUndefined();
    judge.accused(FIRST, { type: "evidence", evidence }, true);
    expect(judge.violation?.oracle).toBe("evidence");
  });
});

describe("with more liars than f, the judge", () => {
  function fork(liars: number, says: (scene_: ReturnType<typeof scene>) => void) {
    const played = scene({ liars });
    says(played);
    played.judge.committed(FIRST, played.commit(played.blockOn(genesisQc, 1, 1)));
    played.judge.committed(SECOND, played.commit(played.blockOn(genesisQc, 1, 2)));
    return played.judge;
  }

  test("accepts a fork for which f+1 double votes are proven", () => {
    const judge = fork(2, ({ judge: { signed }, blockOn, vote, judge: own }) => {
      for (const by of [2, 3]) {
        for (const variant of [1, 2]) {
          const liar = { id: -1, validator: by, isHonest: false };
          signed.call(own, liar, vote(blockOn(genesisQc, 1, variant), by));
        }
      }
    });
    expect(judge.isForked).toBe(true);
    expect(judge.culprits).toEqual([2, 3]);
    expect(judge.violation).toBeUndefined();
  });

  test("counts a timeout that denies what its signer commit-voted for", () => {
    const judge = fork(2, ({ judge: own, blockOn, commitVote, timeout }) => {
      for (const by of [2, 3]) {
        const liar = { id: -1, validator: by, isHonest: false };
        own.signed(liar, commitVote(blockOn(genesisQc, 1, 1), by));
        own.signed(liar, timeout(1, by));
      }
    });
    expect(judge.culprits).toEqual([2, 3]);
  });

  test("reports a fork for which too few can be convicted", () => {
    const judge = fork(2, () => {});
    expect(judge.violation?.oracle).toBe("accountability");
  });
});
