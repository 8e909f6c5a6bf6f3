// Which two statements under one key prove that their signer broke the rules, in whatever order they are found.
//
// 1. Two of one kind and view that differ. Each kind is signed once a view, durably recorded before.
// 2. A certificate forgotten. The highest certificate that a validator knows never gets older, and each record of it is
//    durable before the signature that depends on it. So what was signed first must not know more than what was signed
//    later names as the highest. What shows knowledge, and when it was certainly signed before what names a certificate:
//      commit vote of w (knows w)             before any timeout of w or later: after such a timeout it is refused
//      vote of v (knows the justify of block) before any timeout of v or later (likewise); before a proposal after v
//      timeout of v (knows what it names)     before any timeout or proposal after v: views only grow
//      proposal of v (knows its justify)      before any timeout or proposal after v
//    Left out because honest validators do it: a proposal of v below a commit vote of w < v, which may be signed late;
//    a proposal of v above a timeout of v, when a certificate came between them.
// 3. With the three-chain rule, a vote below the lock: a vote for b locks what the parent of b justifies, and no later vote
//    is for a block that justifies less.
//
// With the default rules, 1 and 2 find f+1 in any fork: see the header of the engine's rules. A vote below one's own lock
// proves nothing there, for a timeout certificate may have allowed it.

import type { Statement, StatementKind } from "./statements.ts";

export type BlockFacts = { readonly parent: string; readonly justifyView: number };

/** By the word of a block's hash: a block proves itself. */
export type KnownBlocks = ReadonlyMap<string, BlockFacts>;

export type Guilt = { readonly first: Statement; readonly second: Statement; readonly why: string };

export type Suspicion = {
  readonly statements: readonly Statement[];
  readonly blocks: KnownBlocks;
  readonly locksByVote: boolean;
  /** Asked only of statements that would prove something. */
  readonly isReal: (statement: Statement) => boolean;
};

/** The first proof by rules 2 and 3 among the statements of one signer. */
export function forgetfulness(suspicion: Suspicion): Guilt | undefined {
  return forgottenCertificate(suspicion) ?? voteBelowLock(suspicion);
}

const IS_BEFORE: Readonly<
  Record<StatementKind, Partial<Record<StatementKind, "same-view" | "later-view">>>
> = {
  "commit-vote": { timeout: "same-view" },
  vote: { timeout: "same-view", proposal: "later-view" },
  timeout: { timeout: "later-view", proposal: "later-view" },
  proposal: { timeout: "later-view", proposal: "later-view" },
};

function forgottenCertificate(suspicion: Suspicion): Guilt | undefined {
  const { statements, blocks, isReal } = suspicion;
  const claims = statements.filter(({ kind }) => kind === "timeout" || kind === "proposal");
  if (claims.length === 0) return undefined;
  const lowest = Math.min(...claims.map(({ names = 0 }) => names));
  for (const first of statements) {
    const knows = knowledgeOf(first, blocks);
    if (knows === undefined || knows <= lowest) continue;
    for (const second of claims) {
      const { names = 0 } = second;
      if (names >= knows || !isBefore(first, second)) continue;
      if (!isReal(first)) break;
      if (!isReal(second)) continue;
      const named = `${second.kind} of view ${second.view} names the certificate of ${names}`;
      const why = `${named}, its ${first.kind} of view ${first.view} knows that of ${knows}`;
      return { first, second, why };
    }
  }
  return undefined;
}

function knowledgeOf(statement: Statement, blocks: KnownBlocks): number | undefined {
  if (statement.kind !== "vote") return statement.names;
  return blocks.get(statement.block ?? "")?.justifyView;
}

function isBefore(first: Statement, second: Statement): boolean {
  const relation = IS_BEFORE[first.kind][second.kind];
  if (relation === undefined) return false;
  return relation === "same-view" ? second.view >= first.view : second.view > first.view;
}

function voteBelowLock(suspicion: Suspicion): Guilt | undefined {
  const { statements, blocks, locksByVote, isReal } = suspicion;
  if (!locksByVote) return undefined;
  const votes = statements.filter(({ kind }) => kind === "vote");
  for (const first of votes) {
    const parent = blocks.get(blocks.get(first.block ?? "")?.parent ?? "");
    if (parent === undefined || parent.justifyView === 0) continue;
    for (const second of votes) {
      const justified = blocks.get(second.block ?? "")?.justifyView;
      if (second.view <= first.view || justified === undefined) continue;
      if (justified >= parent.justifyView || !isReal(first) || !isReal(second)) continue;
      const lock = `its vote of view ${first.view} locked ${parent.justifyView}`;
      const why = `vote of view ${second.view} for a block that justifies ${justified}, ${lock}`;
      return { first, second, why };
    }
  }
  return undefined;
}
