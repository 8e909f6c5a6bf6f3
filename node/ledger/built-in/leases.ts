// Leases by height. Whoever holds one has its token, the final height at which it was acquired: a fencing token, which
// grows with every acquisition of the key, whoever acquires. What a holder writes elsewhere it writes with the token, and
// what has seen a larger one refuses it.

import {
  type Address,
  addressCodec,
  assert,
  type Codec,
  concatBytes,
  decode,
  encode,
  equalBytes,
  type Height,
  heightCodec,
  struct,
} from "../../../crypto/index.ts";
import type { AcquireLeaseCall, ReleaseLeaseCall } from "../../transaction/index.ts";
import type { CallContext, CallResult, StateReader, StateWriter } from "../state-machine.ts";
import { stateKey } from "./state-key.ts";

/** What stands under a lease's key, laid out in this order. */
export type Lease = {
  readonly holder: Address;
  /** The height at which the holder acquired it. */
  readonly token: Height;
  /** The last height at which it is held; below the token: released in the block that acquired it. */
  readonly expiresAt: Height;
};

export type AcquireLeaseFailure =
  | "lease-held"
  /** Acquired and released in this very block: the next token would not be larger. The next block may acquire it. */
  | "lease-just-released";
/** By nobody, or by somebody else. */
export type ReleaseLeaseFailure = "lease-not-held";

export const leaseCodec: Codec<Lease> = struct<Lease>({
  holder: addressCodec,
  token: heightCodec,
  expiresAt: heightCodec,
});

const LEASE_KEY_KIND = 0x6c;

/** The byte `l`, then the lease's key. */
export function leaseKey(key: Uint8Array): Uint8Array {
  return stateKey(LEASE_KEY_KIND, key);
}

/** Is it held by its holder after the block of this height? */
function isHeld({ expiresAt }: Lease, height: Height): boolean {
  return height <= expiresAt;
}

/** Undefined: never acquired, or released. One that has run out stays until somebody acquires it. */
export function readLease(state: StateReader, key: Uint8Array): Lease | undefined {
  const bytes = state.get(leaseKey(key));
  if (bytes === undefined) return undefined;
  const decoded = decode(leaseCodec, bytes);
  assert(decoded.ok, "what stands under a lease's key is a lease");
  return decoded.value;
}

/** Answers token and expiry. The holder renews, to an earlier expiry too, and keeps the token. */
export function acquireLease(
  { key, heights }: Pick<AcquireLeaseCall, "key" | "heights">,
  { sender, height }: CallContext,
  state: StateWriter,
): CallResult {
  const lease = readLease(state, key);
  const held = lease !== undefined && isHeld(lease, height) ? lease : undefined;
  if (held !== undefined && !equalBytes(held.holder, sender)) return failed("lease-held");
  if (held === undefined && lease?.token === height) return failed("lease-just-released");
  const token = held?.token ?? height;
  const expiresAt = (height + heights) as Height;
  state.set(leaseKey(key), encode(leaseCodec, { holder: sender, token, expiresAt }));
  return {
    ok: true,
    output: concatBytes(encode(heightCodec, token), encode(heightCodec, expiresAt)),
  };
}

export function releaseLease(
  { key }: Pick<ReleaseLeaseCall, "key">,
  { sender, height }: CallContext,
  state: StateWriter,
): CallResult {
  const lease = readLease(state, key);
  if (lease === undefined || !isHeld(lease, height) || !equalBytes(lease.holder, sender)) {
    return failed("lease-not-held");
  }
  if (lease.token < height) state.delete(leaseKey(key));
  else {
    const expiresAt = (lease.token - 1) as Height;
    state.set(leaseKey(key), encode(leaseCodec, { ...lease, expiresAt }));
  }
  return { ok: true };
}

function failed(code: AcquireLeaseFailure | ReleaseLeaseFailure): CallResult {
  return { ok: false, code };
}
