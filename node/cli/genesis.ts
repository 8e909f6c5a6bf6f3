// `quorate genesis`: make the file that a chain of one's own starts from, and look at one. The keys stay with their
// owners: a genesis needs public keys only.

import { Option } from "commander";
import type { ConsensusParams, Genesis, GenesisAccount, GenesisValidator } from "../chain/index.ts";
import { CommandFailure, usageFailure } from "./failure.ts";
import { leadersOption } from "./options.ts";
import { table } from "./output.ts";
import { type ActionContext, addCommand, addGroup, type Program } from "./program.ts";

type NewOptions = {
  readonly name: string;
  readonly validator: readonly string[];
  readonly account: readonly string[];
  readonly leaders: ConsensusParams["leaders"];
  readonly out: string;
};

export function registerGenesisCommands(program: Program): void {
  const group = addGroup(program.root, {
    name: "genesis",
    summary: "make and look at the file that a chain starts from",
    example: "genesis show .devnet/genesis.json",
  });
  addCommand<NewOptions>(program, group, {
    name: "new",
    summary: "write a genesis file for a chain of your own",
    options: [
      new Option("--name <name>", "a-z, 0-9 and -, at most 32").makeOptionMandatory(),
      repeatable(
        "--validator <keys>",
        "PUBLICKEY,NETWORKKEY[,POWER]; once for each",
      ).makeOptionMandatory(),
      repeatable("--account <money>", "ADDRESS=BALANCE; once for each").default([]),
      leadersOption().default("round-robin"),
      new Option("--out <file>", "must not exist yet").default("genesis.json"),
    ],
    example: "genesis new --name mine --validator 0x..,0x.. --account qr1..=5000",
    run: (options, _positional, context) => make(options, context),
  });
  addCommand<object>(program, group, {
    name: "show",
    summary: "check a genesis file and print what it says",
    takes: [["<file>", "genesis.json"]],
    example: "genesis show .devnet/validator0/genesis.json",
    run: async (_options, [file = ""], context) => {
      const { readGenesis } = await import("../genesis/index.ts");
      await print(await readGenesis(file), file, context);
      return undefined;
    },
  });
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: string[] | undefined) => [
    ...(before ?? []),
    text,
  ]);
}

async function make(options: NewOptions, context: ActionContext): Promise<undefined> {
  const [genesisFloor, chainFloor, { writeFile }] = await Promise.all([
    import("../genesis/index.ts"),
    import("../chain/index.ts"),
    import("node:fs/promises"),
  ]);
  const { BUILT_IN_APPLICATION, DEFAULT_CONSENSUS_PARAMS, DEFAULT_LEDGER_PARAMS, GENESIS_VERSION } =
    chainFloor;
  const text = genesisFloor.genesisJson({
    version: GENESIS_VERSION,
    name: options.name,
    genesisTimeMs: Date.now(),
    validators: await Promise.all(options.validator.map(validatorFrom)),
    accounts: await Promise.all(options.account.map((text) => accountFrom(text, context))),
    consensus: { ...DEFAULT_CONSENSUS_PARAMS, leaders: options.leaders },
    ledger: DEFAULT_LEDGER_PARAMS,
    application: BUILT_IN_APPLICATION,
  });
  const checked = genesisFloor.parseGenesis(text);
  if (!checked.ok) {
    throw usageFailure(`this makes no genesis: ${genesisFloor.describeGenesisRefusal(checked)}`);
  }
  try {
    await writeFile(options.out, text, { flag: "wx" });
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
    const message = `${options.out} cannot be written${reason}`;
    const remedy = "choose another file with --out; a genesis is never overwritten";
    throw new CommandFailure({ message, remedy, exitCode: 2, code: "FILE", cause });
  }
  await print(checked.genesis, options.out, context);
  return undefined;
}

async function validatorFrom(text: string): Promise<GenesisValidator> {
  const { fromHex, PUBLIC_KEY_BYTES, publicKey } = await import("../../crypto/index.ts");
  const [own, network, power = "1", ...others] = text.split(",");
  const ownBytes = fromHex(own ?? "");
  const networkBytes = fromHex(network ?? "");
  const isSound =
    ownBytes?.length === PUBLIC_KEY_BYTES &&
    networkBytes?.length === PUBLIC_KEY_BYTES &&
    /^[1-9][0-9]{0,9}$/.test(power) &&
    others.length === 0;
  if (isSound) {
    return {
      publicKey: publicKey(ownBytes),
      networkKey: publicKey(networkBytes),
      power: Number(power),
    };
  }
  throw usageFailure(
    `--validator ${text} does not name a validator`,
    "write PUBLICKEY,NETWORKKEY or PUBLICKEY,NETWORKKEY,POWER; " +
      "`quorate keys show FILE --public-key` prints a key",
  );
}

async function accountFrom(text: string, { env }: ActionContext): Promise<GenesisAccount> {
  const { addressFrom } = await import("./values.ts");
  const [name = "", balance = "", ...others] = text.split("=");
  if (/^[1-9][0-9]{0,19}$/.test(balance) && others.length === 0) {
    return { address: addressFrom(name, env), balance: BigInt(balance) };
  }
  throw usageFailure(`--account ${text} does not name an account`, "write ADDRESS=BALANCE");
}

async function print(genesis: Genesis, file: string, { output }: ActionContext): Promise<void> {
  const [{ toHex }, { chainIdOf }, { genesisJson }] = await Promise.all([
    import("../../crypto/index.ts"),
    import("../chain/index.ts"),
    import("../genesis/index.ts"),
  ]);
  const chainId = toHex(chainIdOf(genesis));
  const value = { type: "genesis", file, chainId, genesis: JSON.parse(genesisJson(genesis)) };
  output.record(value, () => {
    const supply = genesis.accounts.reduce((sum, { balance }) => sum + balance, 0n);
    return table([
      ["file", file],
      ["chain", chainId],
      ["name", genesis.name],
      ["time", new Date(genesis.genesisTimeMs).toISOString()],
      ["validators", String(genesis.validators.length)],
      ["accounts", `${genesis.accounts.length}, ${supply} together`],
      ["leaders", genesis.consensus.leaders],
      ["least fee", String(genesis.ledger.minFee)],
    ]);
  });
}
