// What accounts own besides money, in the fewest words: records with a version, leases by height. What is stored of them is
// written a second time, from the documented layouts.
//
//   record   under `r` ‖ key: version 8 ‖ height 8 ‖ 0, or 1 ‖ owner 20 ‖ length 4 ‖ value
//   lease    under `l` ‖ key: holder 20 ‖ token 8 ‖ last height 8

import { toHex } from "../../../crypto/index.ts";
import type { LedgerCall } from "./calls.ts";

type Entry = {
  readonly version: number;
  readonly height: number;
  readonly content: { readonly owner: string; readonly value: Uint8Array } | undefined;
};
type Lease = { readonly holder: string; readonly token: number; readonly until: number };

export type ThingCall = Exclude<LedgerCall, { type: "pay" }>;

const RECORD_KIND = 0x72;
const LEASE_KIND = 0x6c;
/** Of the value in what is stored, behind slot and length. */
const STORED_AT = 8;

/** Names of owners and keys are hex, with 0x. */
export class ModelThings {
  readonly #records = new Map<string, Entry>();
  readonly #leases = new Map<string, Lease>();

  /** What it answers; undefined: it fails, and changes nothing. */
  apply(call: ThingCall, sender: string, height: number): string | undefined {
    switch (call.type) {
      case "put-record": {
        const { key, value, expected } = call;
        const entry = this.#records.get(key);
        const present = entry?.content === undefined ? 0 : entry.version;
        if ((entry?.content?.owner ?? sender) !== sender) return undefined;
        if ((expected ?? present) !== present) return undefined;
        return this.#write(key, { height, content: { owner: sender, value } });
      }
      case "delete-record": {
        const entry = this.#owned(call.key, sender);
        if (entry !== undefined)
          this.#records.set(call.key, { ...entry, height, content: undefined });
        return entry && "0x";
      }
      case "give-record": {
        const content = this.#owned(call.key, sender)?.content;
        return (
          content &&
          this.#write(call.key, { height, content: { ...content, owner: toHex(call.to) } })
        );
      }
      case "acquire-lease":
        return this.#acquire(call, sender, height);
      case "release-lease":
        return this.#release(call.key, sender, height);
    }
  }

  /** By the key in the state, as hex: the bytes under it. */
  stored(): ReadonlyMap<string, string> {
    const all = new Map<string, string>();
    for (const [key, { version, height, content }] of this.#records) {
      const value =
        content &&
        `01${bare(content.owner)}${hex(content.value.length, 4)}${bare(toHex(content.value))}`;
      all.set(stateKey(RECORD_KIND, key), `0x${hex(version, 8)}${hex(height, 8)}${value ?? "00"}`);
    }
    for (const [key, { holder, token, until }] of this.#leases) {
      all.set(stateKey(LEASE_KIND, key), `${holder}${hex(token, 8)}${hex(until, 8)}`);
    }
    return all;
  }

  #owned(key: string, sender: string): Entry | undefined {
    const entry = this.#records.get(key);
    return entry?.content?.owner === sender ? entry : undefined;
  }

  #write(key: string, { height, content }: Omit<Entry, "version">): string {
    const version = (this.#records.get(key)?.version ?? 0) + 1;
    this.#records.set(key, { version, height, content });
    return `0x${hex(version, 8)}`;
  }

  #acquire(
    { key, heights }: Extract<LedgerCall, { type: "acquire-lease" }>,
    sender: string,
    height: number,
  ): string | undefined {
    const lease = this.#leases.get(key);
    const isHeld = lease !== undefined && height <= lease.until;
    if (isHeld ? lease.holder !== sender : lease?.token === height) return undefined;
    const token = isHeld ? lease.token : height;
    this.#leases.set(key, { holder: sender, token, until: height + heights });
    return `0x${hex(token, 8)}${hex(height + heights, 8)}`;
  }

  #release(key: string, sender: string, height: number): string | undefined {
    const lease = this.#leases.get(key);
    if (lease?.holder !== sender || height > lease.until) return undefined;
    // Of one that was acquired in this block the token is kept, for nobody may get it again.
    if (lease.token === height) this.#leases.set(key, { ...lease, until: height - 1 });
    else this.#leases.delete(key);
    return "0x";
  }
}

/** Key and bytes as hex, the bytes undefined if it was deleted; undefined: what stands under this key is no such thing. */
export function readThingChange(
  key: Uint8Array,
  value: Uint8Array | undefined,
): readonly [string, string | undefined] | undefined {
  if (key[0] !== RECORD_KIND && key[0] !== LEASE_KIND) return undefined;
  return [toHex(key), value && toHex(value.subarray(STORED_AT))];
}

function stateKey(kind: number, key: string): string {
  return `0x${hex(kind, 1)}${bare(key)}`;
}

function hex(value: number, bytes: number): string {
  return value.toString(16).padStart(2 * bytes, "0");
}

function bare(text: string): string {
  return text.slice(2);
}
