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
    run: async ({ genesis }, [file = "-"], { output, env }) => {
      const [{ readEvidence }, { provenBy }] = await Promise.all([
        import("./evidence-file.ts"),
        import("./proven.ts"),
      ]);
      const evidence = await readEvidence(file);
      const { facts, unproven } = await provenBy(evidence, trustedGenesis(genesis, env));
      output.record({ type: "proven", ...facts, unproven }, () => {
        return table(rowsOf(facts).map(([name = "", ...value]) => [wordsOf(name), ...value]));
      });
      if (unproven.length > 0) {
        output.note(`the proof says nothing about ${unproven.join(", ")}`);
      }
      return undefined;
    },
  });
}

/** `stateRoot` as people say it. */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Fields within a field, such as those of a receipt, get rows of their own unless they stand there already. */
function rowsOf(facts: Readonly<Record<string, unknown>>): readonly (readonly string[])[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (typeof value !== "object" || value === null) return [[name, String(value ?? "none")]];
    return Object.entries(value)
      .filter(([inner]) => !(inner in facts))
      .map(([inner, innerValue]) => [inner, String(innerValue)]);
  });
}
