import { beforeEach, describe, expect, test } from "vitest";
import { CommandLine, type Done } from "../../../devnet/control/index.ts";
import { FakeDevnet } from "./subject.ts";

let done: Done[];
let commands: CommandLine;

beforeEach(() => {
  done = [];
  commands = new CommandLine(new FakeDevnet(), (each) => done.push(each));
});

describe("the line of commands", () => {
  test("tells of each command that was obeyed, once, and who gave it", async () => {
    await commands.say("kill  2");
    await commands.give({ verb: "resume", who: [1] }, "scenario");
    expect(done.map(({ text, origin }) => ({ text, origin }))).toEqual([
      { text: "kill 2", origin: "person" },
      { text: "resume 1", origin: "scenario" },
    ]);
  });

  test("tells of none that was not, but hands on what to do", async () => {
    await commands.say("kil 2");
    expect(await commands.say("rewind-disk 2")).toEqual({
      ok: false,
      refusal: "failed",
      what: "no copy was made of the disk of v2",
      remedy: "copy-disk 2",
    });
    expect(done).toEqual([]);
  });
});
