// A token bucket for each remote address. Bounded: the address that asked longest ago is forgotten first, and with it
// what it had used up.

import { isIPv6 } from "node:net";

export type RateLimitOptions = {
  readonly requestsPerSecond: number;
  readonly loopbackRequestsPerSecond: number;
  readonly maxRememberedAddresses: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
};

export type RateVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusal: "rate-limited"; readonly retryAfterMs: number };

/** What one address has left. */
export type Bucket = {
  /** Tokens a second, which is thousandths of a token a millisecond. */
  readonly rate: number;
  /** In thousandths, like `level`. */
  readonly capacity: number;
  level: number;
  updatedMs: number;
};

/** A full bucket holds so many seconds' worth. */
const BURST_SECONDS = 2;
const PASSED: RateVerdict = { ok: true };

export class RateLimit {
  readonly #options: RateLimitOptions;
  /** Oldest use first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes `cost` tokens if there are so many. A cost above the capacity passes a full bucket and leaves a debt. */
  take(address: string, cost: number): RateVerdict {
    const bucket = this.#bucketOf(clientOf(address));
    const needed = Math.min(cost * 1_000, bucket.capacity);
    if (bucket.level < needed) {
      const retryAfterMs = Math.ceil((needed - bucket.level) / bucket.rate);
      return { ok: false, refusal: "rate-limited", retryAfterMs };
    }
    bucket.level -= cost * 1_000;
    return PASSED;
  }

  #bucketOf(client: string): Bucket {
    const now = this.#options.now();
    const known = this.#buckets.get(client);
    if (known !== undefined) {
      const gained = (now - known.updatedMs) * known.rate;
      known.level = Math.min(known.capacity, known.level + gained);
      known.updatedMs = now;
      // Keeps the order of use; alone in the map there is nothing to order.
      if (this.#buckets.size > 1) {
        this.#buckets.delete(client);
        this.#buckets.set(client, known);
      }
      return known;
    }
    if (this.#buckets.size >= this.#options.maxRememberedAddresses) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    const bucket = this.#fullBucket(client, now);
    this.#buckets.set(client, bucket);
    return bucket;
  }

  #fullBucket(client: string, now: number): Bucket {
    const { requestsPerSecond, loopbackRequestsPerSecond } = this.#options;
    const rate = isLoopback(client) ? loopbackRequestsPerSecond : requestsPerSecond;
    const capacity = rate * BURST_SECONDS * 1_000;
    return { rate, capacity, level: capacity, updatedMs: now };
  }
}

/** Is this what the socket of a client on the same machine says? */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");
}

/** IPv6 hosts usually own a whole /64, so that is what one client is. */
function clientOf(address: string): string {
  if (!address.includes(":") || isLoopback(address) || address.startsWith("::ffff:")) {
    return address;
  }
  return isIPv6(address) ? `${network64(address)}::/64` : address;
}

function network64(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
  }
  return groups.slice(0, 4).join(":");
}
