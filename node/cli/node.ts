// `quorate node`: one validator until it is told to stop. SIGTERM and SIGINT end it within a second, a second signal at
// once, and so does the end of the process that started it, if that one holds an IPC channel to it (a devnet does).

import { setFlagsFromString } from "node:v8";
import { Option } from "commander";
import type { RunningValidator, ValidatorOptions } from "../runtime/index.ts";
import { ignoreBrokenPipe } from "./broken-pipe.ts";
import { createEnding, type Ending } from "./ending.ts";
import { EXIT_CODES, exitCodeOf } from "./exit-codes.ts";
import { describeFailure } from "./failure.ts";
import { integerOption } from "./options.ts";
import { type ActionContext, addCommand, type Program } from "./program.ts";

type NodeOptions = {
  readonly dir: string;
  readonly rpcHost?: string;
  readonly rpcPort?: number;
  readonly p2pListen?: string;
  readonly logLevel?: string;
};

/** What a program that runs a node of its own may add to `quorate node`, which has no way to. */
export type NodeEquipment = {
  /** Waited for before the validator starts. */
  readonly surroundings: (
    given: Pick<ValidatorOptions, "config" | "genesis">,
  ) => Promise<NonNullable<ValidatorOptions["surroundings"]>>;
  readonly onStarted: (validator: RunningValidator) => void;
};

/** A stop that takes longer is cut short; what must be durable is durable before anyone hears of it. */
const STOP_LIMIT_MS = 900;

/**
 * By how much the old generation may grow between two full collections, in per cent of what lives. A transaction lives just
 * long enough to be promoted, so V8's own factor (up to 4) lets the heap of a loaded validator grow to three times this.
 */
const HEAP_GROWTH_PERCENT = 20;

export function registerNodeCommand(program: Program, equipment?: NodeEquipment): void {
  const portRange = { min: 0, max: 65_535 };
  addCommand<NodeOptions>(program, program.root, {
    name: "node",
    summary: "run one validator from its directory",
    options: [
      new Option("--dir <dir>", "holds genesis.json, config.json and keys")
        .env("QUORATE_DIR")
        .makeOptionMandatory(),
      new Option("--rpc-host <host>", "where HTTP is served"),
      new Option("--rpc-port <port>", "0 takes any").argParser(integerOption(portRange)),
      new Option("--p2p-listen <multiaddr>", "several with commas"),
      new Option("--application <file>", "a module that exports the state machine"),
      new Option("--log-level <level>", "trace, debug, info, warn, error, fatal or silent"),
    ],
    example: "node --dir .devnet/validator2",
    run: (options, _positional, context) => run({ options, context, equipment }),
  });
}

type Run = {
  readonly options: NodeOptions;
  readonly context: ActionContext;
  readonly equipment: NodeEquipment | undefined;
};

async function run(given: Run): Promise<number> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const ending = createEnding();
  if (process.connected) {
    process.once("disconnect", () => ending.end({ exitCode: EXIT_CODES.terminated }));
  }
  ignoreBrokenPipe();
  const starting = start(given, ending).catch((error: unknown) => {
    // The channel to whoever started us must not keep a process that could not start.
    process.channel?.unref();
    throw error;
  });
  // Before it has started there is nothing to close: what is durable is durable.
  const first = await Promise.race([ending.ended, starting.then(() => undefined)]);
  if (first !== undefined && first.error === undefined) process.exit(first.exitCode);
  const validator = await starting;
  const { exitCode, error } = await ending.ended;
  if (error !== undefined) given.context.output.failure(await describeFailure(error));
  const limit = setTimeout(() => process.exit(exitCode), STOP_LIMIT_MS);
  await validator.stop();
  clearTimeout(limit);
  // Whatever a library still holds open has no say in when a stopped node is gone.
  process.exit(exitCode);
}

async function start({ options, context, equipment }: Run, ending: Ending) {
  const { dir, ...flags } = options;
  const { output, env } = context;
  const [{ loadConfig }, { readGenesis }, { startValidator }, { createLogger }] = await Promise.all(
    [
      import("../config/index.ts"),
      import("../genesis/index.ts"),
      import("../runtime/index.ts"),
      import("../logging/index.ts"),
    ],
  );
  const config = await loadConfig({ dir, flags, env });
  const genesis = await readGenesis(config.genesis);
  const publicKey = await publicKeyText(config.validatorKey);
  const validator = await startValidator({
    config,
    genesis,
    passphrase: env.QUORATE_PASSPHRASE,
    ...(equipment && { surroundings: await equipment.surroundings({ config, genesis }) }),
    log: createLogger({ level: config.log.level }),
    onFatal: (error) => ending.end({ exitCode: exitCodeOf(error), error }),
  });
  equipment?.onStarted(validator);
  let isFirst = true;
  validator.onFinal((height) => {
    if (!isFirst) return;
    isFirst = false;
    output.record({ type: "final", height }, () => `final at height ${height}`);
  });
  const { rpcUrl } = validator;
  const { listen } = config.p2p;
  output.record(
    { type: "listening", rpc: rpcUrl, p2p: listen, publicKey },
    () => `serving ${rpcUrl}, listening for validators at ${listen.join(", ")}`,
  );
  return validator;
}

async function publicKeyText(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const [{ toHex }, { readPublicKey }, { keyFailure }] = await Promise.all([
    import("../../crypto/index.ts"),
    import("../../crypto/native/index.ts"),
    import("./key-file-access.ts"),
  ]);
  try {
    return toHex(await readPublicKey(file));
  } catch (error) {
    throw keyFailure(error);
  }
}
