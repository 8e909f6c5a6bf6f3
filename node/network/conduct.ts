// Strikes and bans, one record for each validator. A ban is short: with few validators, shutting out a confused but
// honest one for long costs more than its nonsense.

import type { NetworkLimits } from "./limits.ts";
import { TokenBucket } from "./token-bucket.ts";

export class Conduct {
  readonly #limits: NetworkLimits;
  #mercy: TokenBucket;
  #bannedUntilMs = 0;

  constructor(limits: NetworkLimits, nowMs: number) {
    this.#limits = limits;
    this.#mercy = this.#newMercy(nowMs);
  }

  /** True if this strike is the one too many: the ban begins, and the record is clean after it. */
  strike(nowMs: number): boolean {
    if (this.isBanned(nowMs) || this.#mercy.take(nowMs)) return false;
    this.ban(nowMs);
    return true;
  }

  /** At once, for what cannot be an accident. */
  ban(nowMs: number): void {
    this.#bannedUntilMs = nowMs + this.#limits.banMs;
    this.#mercy = this.#newMercy(nowMs);
  }

  isBanned(nowMs: number): boolean {
    return nowMs < this.#bannedUntilMs;
  }

  #newMercy(nowMs: number): TokenBucket {
    return new TokenBucket({
      capacity: this.#limits.strikes - 1,
      perSecond: 1000 / this.#limits.strikeForgivenMs,
      nowMs,
    });
  }
}
