// Calls on their way: what is lost with a validator, and what somebody else's transaction overtakes.

import { expect, test } from "vitest";
import { CallDesk } from "../../../devnet/testing/call-desk.ts";
import { VirtualDevnet } from "../../../devnet/virtual/index.ts";
import { encodeCall } from "../../../node/transaction/index.ts";

const lease = encodeCall({
  ...{ type: "put-record", key: new TextEncoder().encode("mine") },
  ...{ value: Uint8Array.of(1), expectedVersion: 0 },
});

function started() {
  const devnet = new VirtualDevnet({ validators: 4, seed: 1 });
  devnet.expectAnyCalls();
  devnet.run(500);
  return { devnet, desk: new CallDesk(devnet) };
}

test("what was lost with every pool is handed in again", () => {
  const { devnet, desk } = started();
  const pending = desk.submit(lease, { from: 0, via: undefined });
  devnet.afflict({ verb: "kill", who: "all" });
  devnet.run(100);
  devnet.afflict({ verb: "heal", who: "all" });
  devnet.run(3_000);
  expect(pending.receipt).toMatchObject({ result: "ok", code: "" });
  expect(pending.attempts).toBe(1);
});

test("what lost its nonce to another transaction is signed anew, and carried out once", () => {
  const { devnet, desk } = started();
  const { simulation } = devnet;
  const nonce = simulation.nonceOf(0);
  const rival = simulation.signedTransfer({ from: 0, to: 1, amount: 5n, nonce });
  const pending = desk.submit(lease, { from: 0, via: 0 });
  const first = pending.signed;
  for (const node of simulation.validators.slice(1)) node.submit([rival]);
  devnet.run(3_000);
  expect(pending.attempts).toBe(2);
  expect(pending.signed.transaction.nonce).toBe(first.transaction.nonce + 1);
  // A second time, it would find the record there.
  expect(pending.receipt).toMatchObject({ result: "ok" });
});
