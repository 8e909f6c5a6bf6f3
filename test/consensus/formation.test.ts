import { expect, test } from "vitest";
import { commitCertFrom, quorumCertFrom, timeoutCertFrom } from "../../consensus/formation.ts";
import { viewOf, world } from "./fixtures.ts";

const made = world();
const { qc, vote, commitVote, commitCert, timeout, tc } = made;
const quorum = [0, 2, 3];

test("votes make a certificate of what they say, in the order that they come", () => {
  const votes = quorum.map((by) => vote(3, { by }));
  expect(quorumCertFrom(votes)).toEqual(qc(3, { by: quorum }));
});

test("commit votes make a certificate that says the state too, and carries no certificate", () => {
  const votes = quorum.map((by) => commitVote(3, { by, qc: qc(3) }));
  expect(commitCertFrom(votes)).toEqual(commitCert(3, { by: quorum }));
});

test("timeouts make a certificate of what each names, with the highest of them", () => {
  const highTc = tc(6, { highQc: 2 });
  const named = [2, 5, 3];
  const timeouts = quorum.map((by, at) => timeout(7, { by, highQc: named[at] ?? 0, highTc }));
  const made = tc(7, { by: quorum, highQc: 5, highQcViews: named });
  expect(timeoutCertFrom(timeouts)).toEqual(made);
  expect(timeoutCertFrom(timeouts).highQcViews).toEqual(named.map(viewOf));
});

test("no ballots make no certificate: our bug", () => {
  for (const make of [quorumCertFrom, commitCertFrom, timeoutCertFrom]) {
    expect(() => make([])).toThrow("a quorum is not empty");
  }
});
