import { describe, expect, test } from "vitest";
import type { LiveValidator } from "../../../devnet/live/index.ts";
import { reportDeath } from "../../../devnet/terminal/announcements.ts";
import type { Run } from "../../../devnet/terminal/part.ts";
import { createOutput } from "../../../node/cli/output.ts";

const VALIDATOR = {
  plan: { index: 2, dir: "/chain/validator2" },
  logFile: "/chain/validator2/node.log",
} as LiveValidator;
const KILLED = { exitCode: null, signal: "SIGKILL", lastLogLine: "" } as const;

function told({ isControlled }: { readonly isControlled: boolean }): string {
  let text = "";
  const stream = {
    write: (more: string) => {
      text += more;
    },
  };
  const output = createOutput({ json: false, stdout: stream, stderr: stream, env: {} });
  const run = { context: { output, env: {} }, opened: { plan: { dir: "/chain" } } };
  reportDeath(run as unknown as Run, VALIDATOR, KILLED, isControlled);
  return text;
}

describe("the death of a validator is told", () => {
  test("with the command by which the devnet brings it back", () => {
    expect(told({ isControlled: true })).toMatch(
      /bring back {2}.* fault restart 2 --dir .*chain\n/,
    );
  });

  test("with the way to bring it back by hand before the devnet takes commands", () => {
    expect(told({ isControlled: false })).toMatch(
      /bring back {2}.* node --dir \/chain\/validator2\n/,
    );
  });
});
