// Four validators as small HTTP servers with one chain, whose blocks a test makes: as much of each as an observer asks for.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Reader = { next: number; readonly outgoing: ServerResponse };

export class FakeChain {
  readonly requests: string[] = [];
  height: number;
  /** After the block at that height, as one validator has it. */
  stateRoot: (validator: number, height: number) => string = (_, height) => `s${height}`;
  /** Two more blocks come when v0 is asked for its status that often: later than whoever does not wait for them. */
  growsAtQuestion: number | undefined;
  #questions = 0;
  readonly #servers: readonly Server[];
  readonly #readers: Reader[] = [];

  constructor(height: number) {
    this.height = height;
    this.#servers = [0, 1, 2, 3].map((validator) => {
      return createServer((incoming, outgoing) => this.#answer(validator, incoming, outgoing));
    });
  }

  /** By validator. */
  async open(): Promise<readonly string[]> {
    return await Promise.all(
      this.#servers.map(async (server) => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      }),
    );
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  grow(blocks: number): void {
    this.height += blocks;
    for (const reader of this.#readers) this.#tell(reader);
  }

  #answer(validator: number, { url = "" }: IncomingMessage, outgoing: ServerResponse): void {
    this.requests.push(url);
    if (url === "/v1/status") {
      if (validator === 0 && ++this.#questions === this.growsAtQuestion) this.grow(2);
      outgoing.writeHead(200, { "content-type": "application/json" });
      outgoing.end(JSON.stringify(this.#status(validator)));
      return;
    }
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    const from = new URL(url, "http://127.0.0.1").searchParams.get("from");
    const reader = { next: from === null ? this.height + 1 : Number(from), outgoing };
    this.#readers.push(reader);
    this.#tell(reader);
  }

  #tell(reader: Reader): void {
    for (; reader.next <= this.height; reader.next++) {
      const data = { height: reader.next, hash: `h${reader.next}`, transactions: ["0x1"] };
      reader.outgoing.write(`event: block\ndata: ${JSON.stringify(data)}\n\n`);
    }
  }

  #status(validator: number) {
    const { height } = this;
    const stateRoot = this.stateRoot(validator, height);
    return {
      ...{ chainId: "0x1", version: "1", height, view: height + 1 },
      finalized: { height, hash: `h${height}`, stateRoot },
      ...{ validators: [], peers: [], pool: { count: 0, bytes: 0 } },
    };
  }
}
