// The ten lines of the README: an application of one's own under a lying validator.

import { expect, test } from "vitest";
import { keyOf, readTask, taskBoard } from "../../../devnet/examples/task-board.ts";
import { createDevnet } from "../../../devnet/testing/index.ts";

test("claims go on while validator 3 equivocates, and it is caught (seed 7)", async () => {
  const net = await createDevnet({ validators: 4, seed: 7, stateMachine: taskBoard });
  await net.lie(3, "equivocate");
  await net.append({ do: "open", task: "build", title: "Build it" });
  const claims = [0, 1, 2].map((from) => net.call({ do: "claim", task: "build" }, { from }));
  const won = (await Promise.all(claims)).filter(({ result }) => result === "ok");
  expect(won).toHaveLength(1);
  expect(readTask(await net.read(keyOf("build"), { at: 1 }))?.token).toBe(won[0]?.height);
  await net.blocks(8);
  await net.mustHold({ culprits: [3] });
  await net.stop();
});
