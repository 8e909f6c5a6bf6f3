// A validator's life as a list of attempts to sign, and the laws that its signatures must obey. The laws look at what was
// signed and seen and at nothing that the safety rules keep.

import fc from "fast-check";
import { expect } from "vitest";
import type { QuorumCert, TimeoutCert } from "../../consensus/certificates.ts";
import { type Block, blockHash } from "../../consensus/messages.ts";
import {
  initialSafetyState,
  mayCommitVote,
  mayPropose,
  mayTimeout,
  mayVote,
  type SafetyState,
  type SafetyVerdict,
  safetyStateCodec,
  withCertificates,
} from "../../consensus/safety-rules.ts";
import { decode, encode, type Height, toHex } from "../../crypto/index.ts";
import { hashOf, viewOf, world } from "./fixtures.ts";

export type Attempt =
  | {
      readonly type: "vote" | "propose";
      readonly view: number;
      readonly fork: number;
      /** View and fork of the certificate inside the block. */
      readonly on: readonly [view: number, fork: number];
      readonly tc: readonly number[] | undefined;
      /** The view given up, as a distance from the block's. */
      readonly behind: number;
    }
  | { readonly type: "commit-vote"; readonly view: number; readonly fork: number }
  | { readonly type: "timeout"; readonly view: number }
  | { readonly type: "see-qc"; readonly view: number; readonly fork: number }
  | { readonly type: "see-tc"; readonly view: number; readonly highest: readonly number[] };

const LAST_VIEW = 9;

/** Few views and forks, so that attempts meet. Certificates need not be honest: the rules alone must hold. */
export function attempts(): fc.Arbitrary<readonly Attempt[]> {
  const view = fc.integer({ min: 1, max: LAST_VIEW });
  const fork = fc.nat(1);
  const highest = fc.array(fc.nat(LAST_VIEW), { minLength: 1, maxLength: 3 });
  /** Mostly the view right before. */
  const behind = fc.constantFrom(1, 1, 1, 1, 2, 3);
  /** Now and then a certificate that is no older than its block. */
  const step = fc.constantFrom(1, 1, 1, 1, 2, 2, 3, 0, -1);
  const block = <T extends "vote" | "propose">(type: T) =>
    fc
      .record({ view, fork, onFork: fork, step, tc: fc.option(highest), behind })
      .map(({ onFork, step, tc, ...rest }): Attempt => {
        const on = [Math.max(0, rest.view - step), onFork] as const;
        return { type, ...rest, on, tc: tc ?? undefined };
      });
  return fc.array(
    fc.oneof(
      block("vote"),
      block("vote"),
      block("propose"),
      fc.record({ type: fc.constant("commit-vote" as const), view, fork }),
      fc.record({ type: fc.constant("timeout" as const), view }),
      fc.record({ type: fc.constant("see-qc" as const), view, fork }),
      fc.record({ type: fc.constant("see-tc" as const), view, highest }),
    ),
    { maxLength: 40, size: "max" },
  );
}

/** What a signature said, with the highest certificate seen by then. */
export type Signed =
  | {
      readonly type: "vote" | "proposal";
      readonly view: number;
      readonly block: string;
      readonly justify: string;
      readonly justifyView: number;
      readonly gaveUp: readonly number[] | undefined;
      readonly bestSeen: string;
    }
  | { readonly type: "commit-vote"; readonly view: number; readonly block: string }
  | { readonly type: "timeout"; readonly view: number; readonly names: number };

const { genesis, block: firstBlockOf } = world();
const template = firstBlockOf(1);
const unsigned = { signers: [], signatures: [] };

function qcOf(view: number, fork: number): QuorumCert {
  if (view === 0) return genesis;
  const block = hashOf(`certified ${view} ${fork}`);
  const content = { epoch: genesis.epoch, view: viewOf(view), height: view as Height, block };
  return { ...content, signatures: unsigned };
}

function tcOf(view: number, highest: readonly number[]): TimeoutCert {
  const highQcViews = highest.map((each) => viewOf(Math.min(each, view - 1)));
  const highQc = qcOf(Math.max(0, ...highQcViews), 0);
  return { epoch: genesis.epoch, view: viewOf(view), highQcViews, signatures: unsigned, highQc };
}

function blockOf({ view, fork, on }: Extract<Attempt, { type: "vote" | "propose" }>): Block {
  const justify = qcOf(...on);
  const height = (justify.height + 1) as Height;
  const payload = hashOf(`payload ${fork}`);
  return { ...template, view: viewOf(view), height, parent: justify.block, justify, payload };
}

function nameOf(qc: QuorumCert): string {
  return `${qc.view} ${toHex(qc.block)}`;
}

export class History {
  readonly signed: Signed[] = [];
  state: SafetyState = initialSafetyState(genesis);
  /** In the order in which they were seen; what a signature relied on was seen with it. */
  readonly #qcs: QuorumCert[] = [genesis];
  readonly #tcs: TimeoutCert[] = [];

  try(attempt: Attempt): void {
    switch (attempt.type) {
      case "vote":
        return this.#vote(attempt);
      case "propose":
        return this.#propose(attempt);
      case "commit-vote":
        return this.#commitVote(attempt.view, attempt.fork);
      case "timeout":
        return this.#timeOut(attempt.view);
      case "see-qc":
        return this.#see({ qc: qcOf(attempt.view, attempt.fork) });
      case "see-tc":
        return this.#see({ tc: tcOf(attempt.view, attempt.highest) });
    }
  }

  /** Forgets all but the durable record. */
  restart(): void {
    const decoded = decode(safetyStateCodec, encode(safetyStateCodec, this.state));
    if (!decoded.ok) throw new Error(`the record does not decode: ${decoded.refusal}`);
    expect(decoded.value).toEqual(this.state);
    this.state = decoded.value;
  }

  #see(seen: { readonly qc?: QuorumCert; readonly tc?: TimeoutCert }): void {
    if (seen.qc !== undefined) this.#qcs.push(seen.qc);
    if (seen.tc !== undefined) this.#tcs.push(seen.tc);
    this.#become(withCertificates(this.state, seen));
  }

  #vote(attempt: Extract<Attempt, { type: "vote" | "propose" }>): void {
    const block = blockOf(attempt);
    const tc = gaveUpBefore(attempt);
    const isNext = attempt.view === block.justify.view + 1;
    const proof = tc !== undefined && tc.view === attempt.view - 1 ? tc : undefined;
    const remembers = (proof?.highQcViews ?? []).every((each) => each <= block.justify.view);
    const isLawful =
      attempt.view > Math.max(0, ...this.#views("vote", "commit-vote", "timeout")) &&
      (isNext || (proof !== undefined && remembers && block.justify.view < attempt.view));
    if (!this.#decide(mayVote(this.state, block, tc), isLawful, attempt)) return;
    this.#qcs.push(block.justify);
    if (tc !== undefined) this.#tcs.push(tc);
    this.#sign("vote", block, isNext ? undefined : tc);
  }

  #propose(attempt: Extract<Attempt, { type: "vote" | "propose" }>): void {
    const block = blockOf(attempt);
    const tc = gaveUpBefore(attempt);
    const proposals = this.signed.filter(({ type }) => type === "proposal");
    const last = proposals.at(-1);
    const isSame = last !== undefined && "block" in last && last.block === toHex(blockHash(block));
    const isLawful =
      isSame ||
      (attempt.view > (last?.view ?? 0) && nameOf(block.justify) === nameOf(this.#bestSeen()));
    if (!this.#decide(mayPropose(this.state, block, tc), isLawful, attempt)) return;
    if (!isSame) this.#sign("proposal", block, tc);
  }

  #commitVote(view: number, fork: number): void {
    const qc = qcOf(view, fork);
    const { signatures: _, ...content } = qc;
    const verdict = mayCommitVote(this.state, qc, { ...content, stateRoot: hashOf("state") });
    const isLawful = view > Math.max(0, ...this.#views("commit-vote", "timeout"));
    if (!this.#decide(verdict, isLawful, { type: "commit-vote", view, fork })) return;
    this.#qcs.push(qc);
    this.signed.push({ type: "commit-vote", view, block: toHex(qc.block) });
  }

  #timeOut(view: number): void {
    const given = this.#views("timeout");
    const last = Math.max(0, ...given);
    const isAgain = given.length > 0 && view === last;
    const best = this.#bestSeen().view;
    const isHere = view === best + 1 || this.#highestTcView() === view - 1;
    const isLawful = isAgain || (view > last && view > best && isHere);
    if (!this.#decide(mayTimeout(this.state, viewOf(view)), isLawful, { type: "timeout", view })) {
      return;
    }
    const names = this.state.lastTimeout?.highQc.view ?? -1;
    this.signed.push({ type: "timeout", view, names });
  }

  /** Takes the verdict's state if it is yes. The verdict must be what the law says. */
  #decide(verdict: SafetyVerdict, isLawful: boolean, attempt: Attempt): boolean {
    expect(verdict.ok, `${JSON.stringify(attempt)} after ${JSON.stringify(this.signed)}`).toBe(
      isLawful,
    );
    if (verdict.ok) this.#become(verdict.state);
    return verdict.ok;
  }

  #become(state: SafetyState): void {
    const before = this.state;
    expect(state.lastVotedView).toBeGreaterThanOrEqual(before.lastVotedView);
    expect(state.lockedView).toBeGreaterThanOrEqual(before.lockedView);
    expect(state.highQc.view).toBeGreaterThanOrEqual(before.highQc.view);
    expect(state.highTc?.view ?? 0).toBeGreaterThanOrEqual(before.highTc?.view ?? 0);
    expect(state.highQc.view).toBeGreaterThanOrEqual(state.lockedView);
    expect(state.lastVotedView).toBeGreaterThanOrEqual(state.lockedView);
    this.state = state;
  }

  #sign(type: "vote" | "proposal", block: Block, tc: TimeoutCert | undefined): void {
    const { justify, view } = block;
    this.signed.push({
      type,
      view,
      block: toHex(blockHash(block)),
      justify: nameOf(justify),
      justifyView: justify.view,
      gaveUp: tc?.highQcViews,
      bestSeen: nameOf(this.#bestSeen()),
    });
  }

  #views(...types: readonly Signed["type"][]): readonly number[] {
    return this.signed.filter(({ type }) => types.includes(type)).map(({ view }) => view);
  }

  /** The first that was seen of the highest view. */
  #bestSeen(): QuorumCert {
    let best = genesis;
    for (const qc of this.#qcs) if (qc.view > best.view) best = qc;
    return best;
  }

  #highestTcView(): number {
    return Math.max(0, ...this.#tcs.map(({ view }) => view));
  }

  /** The laws over everything that was signed. */
  judge(): void {
    for (const [at, one] of this.signed.entries()) {
      for (const later of this.signed.slice(at + 1)) judgePair(one, later);
      if (one.type === "vote") judgeVote(one);
      if (one.type === "proposal") expect(one.justify).toBe(one.bestSeen);
    }
    const views = this.#views("vote", "commit-vote", "timeout");
    expect(this.state.lastVotedView).toBe(Math.max(0, ...views));
    expect(this.state.lockedView).toBe(Math.max(0, ...this.#views("commit-vote")));
    expect(nameOf(this.state.highQc)).toBe(nameOf(this.#bestSeen()));
  }
}

function gaveUpBefore({ view, behind, tc }: Extract<Attempt, { type: "vote" | "propose" }>) {
  return tc === undefined || view <= behind ? undefined : tcOf(view - behind, tc);
}

/** A vote enters its view by a certificate of the view before, and forgets nothing that was certified. */
function judgeVote(vote: Extract<Signed, { type: "vote" | "proposal" }>): void {
  expect(vote.justifyView).toBeLessThan(vote.view);
  if (vote.justifyView === vote.view - 1) return;
  expect(vote.justifyView).toBeGreaterThanOrEqual(Math.max(...(vote.gaveUp ?? [Infinity])));
}

/** What one signature forbids a later one. */
function judgePair(earlier: Signed, later: Signed): void {
  const pair = `${earlier.type}, then ${later.type}`;
  switch (later.type) {
    case "vote":
      // Never a second vote of a view, nor one in a view given up, nor one behind a commit vote.
      if (earlier.type !== "proposal") expect(later.view, pair).toBeGreaterThan(earlier.view);
      return;
    case "commit-vote":
      if (earlier.type === "commit-vote" || earlier.type === "timeout") {
        expect(later.view, pair).toBeGreaterThan(earlier.view);
      }
      return;
    case "timeout":
      if (earlier.type !== "timeout") {
        // What was commit-voted may be final: whoever gives a later view up must name it or something newer.
        if (earlier.type === "commit-vote" && later.view > earlier.view) {
          expect(later.names, pair).toBeGreaterThanOrEqual(earlier.view);
        }
        return;
      }
      expect(later.view, pair).toBeGreaterThanOrEqual(earlier.view);
      if (later.view === earlier.view) expect(later.names, pair).toBe(earlier.names);
      return;
    case "proposal":
      if (earlier.type === "proposal") expect(later.view, pair).toBeGreaterThan(earlier.view);
  }
}
