// The ways to lie as a type, so that editors offer them; any other text is refused with the nearest one.

export const NAMED_WAYS = [
  "bad-payloads",
  "be-silent",
  "be-slow",
  "censor",
  "collude",
  "diverge",
  "double-vote",
  "equivocate",
  "far-future",
  "flood",
  "forge-certificates",
  "forge-signatures",
  "fork",
  "lie-in-sync",
  "old-epoch",
  "replay",
  "send-to-some",
  "stale-certificates",
  "withhold-bodies",
  "wrong-state-root",
] as const;

/** `string & {}` keeps the names apart for editors. */
export type Way = (typeof NAMED_WAYS)[number] | (string & {});
