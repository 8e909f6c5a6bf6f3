// `quorate verify`: checks a proof offline, against genesis alone, and says what it proves.

import { table } from "./output.ts";
import { addCommand, type Program } from "./program.ts";
import { genesisOption, trustedGenesis } from "./trusted-genesis.ts";

type VerifyOptions = { readonly genesis?: string };

export function registerVerifyCommand(program: Program): void {
  addCommand<VerifyOptions>(program, program.root, {
    name: "verify",
    summary: "check a proof offline, against genesis alone",
    takes: [
      ["<file>", "a node's answer with its proof, or the proof as 0x-hex or bytes; - is stdin"],
    ],
    options: [genesisOption()],
    example: "verify account.json --genesis genesis.json",
    run: async ({ genesis }, [file = "-"], { output }) => {
      const [{ readEvidence }, { provenBy }] = await Promise.all([
        import("./evidence-file.ts"),
        import("./proven.ts"),
      ]);
      const { facts, unproven } = await provenBy(await readEvidence(file), trustedGenesis(genesis));
      output.record({ type: "proven", ...facts, unproven }, () => {
        return table(Object.entries(facts).map(([name, value]) => [name, textOf(value)]));
      });
      if (unproven.length > 0) {
        output.note(`the proof says nothing about ${unproven.join(", ")}`);
      }
      return undefined;
    },
  });
}

function textOf(value: unknown): string {
  if (value === null) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
