// What a liar remembers of what it heard and said: the newest certificates, one a view, in a bounded archive.

import type { Message, QuorumCert, TimeoutCert } from "../../consensus/index.ts";
import type { View } from "../../crypto/index.ts";

export const MAX_REMEMBERED = 64;

/** Sets an entry; at the limit, what came first goes first. */
export function remember<K, V>(archive: Map<K, V>, key: K, value: V): void {
  archive.set(key, value);
  if (archive.size <= MAX_REMEMBERED) return;
  for (const oldest of archive.keys()) {
    archive.delete(oldest);
    return;
  }
}

export class Hearsay {
  readonly #qcs = new Map<View, QuorumCert>();
  readonly #tcs = new Map<View, TimeoutCert>();

  /** Certificates are taken as they come, sound or not. */
  hear(message: Message): void {
    switch (message.type) {
      case "proposal":
        this.#noteQc(message.block.justify);
        return this.#noteTc(message.tc);
      case "commit-vote":
        return this.#noteQc(message.qc);
      case "timeout":
        this.#noteQc(message.highQc);
        return this.#noteTc(message.highTc);
      case "vote":
      case "decision":
        return;
    }
  }

  /** Oldest view first. */
  get qcs(): readonly QuorumCert[] {
    return [...this.#qcs.values()].sort((left, right) => left.view - right.view);
  }

  get highQc(): QuorumCert | undefined {
    return this.qcs.at(-1);
  }

  tcOf(view: number): TimeoutCert | undefined {
    return this.#tcs.get(view as View);
  }

  #noteQc(qc: QuorumCert | undefined): void {
    if (qc !== undefined && !this.#qcs.has(qc.view)) remember(this.#qcs, qc.view, qc);
  }

  #noteTc(tc: TimeoutCert | undefined): void {
    if (tc === undefined || this.#tcs.has(tc.view)) return;
    remember(this.#tcs, tc.view, tc);
    this.#noteQc(tc.highQc);
  }
}
