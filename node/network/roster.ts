// Who is who: validator index, network key, libp2p peer id.

import { privateKeyFromRaw, publicKeyFromRaw } from "@libp2p/crypto/keys";
import { peerIdFromPublicKey } from "@libp2p/peer-id";
import { multiaddr } from "@multiformats/multiaddr";
import { assert, concatBytes, publicKeyOf, secretKey } from "../../crypto/index.ts";
import type { NetworkPeer, ValidatorIndex } from "./contract.ts";
import { NetworkError } from "./errors.ts";
import type { Multiaddr, PeerId } from "./libp2p-types.ts";

export type RosterEntry = {
  readonly index: ValidatorIndex;
  readonly peerId: PeerId;
  /** The peer id as text. */
  readonly name: string;
  /** With the peer id: only this peer can answer there. */
  readonly addresses: readonly Multiaddr[];
};

export class Roster {
  readonly self: RosterEntry;
  /** All validators but ourselves, by ascending index. */
  readonly others: readonly RosterEntry[];
  readonly #byName = new Map<string, RosterEntry>();

  constructor(peers: readonly NetworkPeer[], self: ValidatorIndex) {
    for (const { index, networkKey, addresses } of peers) {
      const peerId = peerIdFromPublicKey(publicKeyFromRaw(networkKey));
      const name = peerId.toString();
      assert(!this.#byName.has(name), `validator ${index} has the network key of another`);
      this.#byName.set(name, {
        index,
        peerId,
        name,
        addresses: addresses.map((address) => multiaddr(`${address}/p2p/${name}`) as Multiaddr),
      });
    }
    const entries = [...this.#byName.values()].sort((left, right) => left.index - right.index);
    assert(new Set(entries.map((entry) => entry.index)).size === entries.length, "indices repeat");
    const own = entries.find((entry) => entry.index === self);
    assert(own !== undefined, `validator ${self}, ourselves, is on the list of peers`);
    this.self = own;
    this.others = entries.filter((entry) => entry !== own);
  }

  /** The validator, other than ourselves, behind a peer id. */
  find(name: string): RosterEntry | undefined {
    const entry = this.#byName.get(name);
    return entry === this.self ? undefined : entry;
  }

  /** The libp2p key pair of our seed. Throws NetworkError "wrong-key" when it is not the one on the list. */
  ownKey(seed: Uint8Array): ReturnType<typeof privateKeyFromRaw> {
    // libp2p takes the public half as given: unchecked, we would hold handshakes that nobody believes.
    const key = privateKeyFromRaw(concatBytes(seed, publicKeyOf(secretKey(seed))));
    const name = peerIdFromPublicKey(key.publicKey).toString();
    if (name === this.self.name) return key;
    throw new NetworkError(
      "wrong-key",
      `our network key is that of peer ${name}, but validator ${this.self.index} is listed as ` +
        `${this.self.name}: use this validator's own key file, or correct the list of validators`,
    );
  }
}
