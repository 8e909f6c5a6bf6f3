// One live validator from its directory to its HTTP interface, and back again in the reverse order.

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { Height } from "../../crypto/index.ts";
import type { Genesis } from "../chain/index.ts";
import { type ChainRoot, chainRootOf } from "../chain/index.ts";
import type { NodeConfig } from "../config/index.ts";
import type { StateMachine, StateReader } from "../ledger/index.ts";
import type { Log } from "../logging/index.ts";
import { createRpc, type NodeApi } from "../rpc/index.ts";
import { lockDirectory } from "../storage/index.ts";
import { recordHalt, refuseAfterHalt, withBundle } from "./halt.ts";
import { type Identity, openIdentity } from "./keys.ts";
import { LiveNode } from "./live-node.ts";
import { loadStateMachine, machineOf } from "./machine.ts";
import { closeStores, openStores, restore } from "./restoration.ts";
import { openSignedMark } from "./signed-mark.ts";
import { SURROUNDINGS, type Surroundings } from "./surroundings.ts";

export type ValidatorOptions = {
  readonly config: NodeConfig;
  readonly genesis: Genesis;
  /** Of both key files; needed if they are encrypted. */
  readonly passphrase?: string | undefined;
  /** The application that genesis names; that of the configuration, or the built-in ledger, unless given. */
  readonly stateMachine?: StateMachine | undefined;
  /** Sound ones in the place of those that are not given. */
  readonly surroundings?: Partial<Surroundings>;
  readonly log: Log;
  /** The node can do no more: stop it and exit with the error's code. Called once. */
  readonly onFatal: (error: unknown) => void;
};

export type RunningValidator = {
  readonly rpcUrl: string;
  /** What the HTTP interface asks, without HTTP. */
  readonly api: NodeApi;
  /** The state after the last final block. */
  readonly state: StateReader;
  /** Called with the height of every block that becomes final. */
  readonly onFinal: (listener: (height: Height) => void) => void;
  readonly stop: () => Promise<void>;
};

type Closers = (() => Promise<void> | void)[];

/** @throws {ConfigError | StorageError | HaltError | NetworkError | RpcError} with a `code` and a remedy */
export async function startValidator(options: ValidatorOptions): Promise<RunningValidator> {
  const closers: Closers = [];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const close of closers.splice(0).reverse()) {
      // One that cannot close must not keep the others open.
      await Promise.resolve()
        .then(close)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const node = await openNode(options, closers);
    const rpcUrl = await serve(options, node, closers);
    const { api, state } = node;
    return { rpcUrl, api, state, onFinal: (listener) => node.onFinal(listener), stop };
  } catch (error) {
    await stop().catch((failure: unknown) => options.log.warn({ err: failure }, "not all closed"));
    throw error;
  }
}

async function openNode(options: ValidatorOptions, closers: Closers): Promise<LiveNode> {
  const { config, genesis, log } = options;
  const root = chainRootOf(genesis);
  const machine = machineOf(root, await applicationOf(options), (error) => {
    log.error({ err: error }, "the application threw; the call has failed");
  });
  const unmarked = await openIdentity(options, options.passphrase);
  const { identity, hasSignedBefore } = markSignatures(options, root, unmarked);
  const surroundings = { ...SURROUNDINGS, ...options.surroundings };
  const stores = await openDirectory({ config, root, surroundings }, closers);
  const version = packageVersion();
  const owner = { chainId: root.validators.chainId, application: machine.name, version };
  const restored = await restore(root, stores, {
    ...{ hasSignedBefore, machine, surroundings },
  }).catch((error) => {
    throw withBundle(config.dataDir, error, owner);
  });
  const failed = once((error: unknown) => {
    log.fatal({ err: error }, "the node cannot go on");
    options.onFatal(error);
  });
  const node = new LiveNode({
    root,
    config,
    identity,
    hasSignedBefore,
    stores,
    restored,
    version,
    surroundings,
    log,
    failed,
    onHalt: (contradiction) => failed(recordHalt(config.dataDir, contradiction, owner)),
  });
  closers.push(() => node.stop());
  return node;
}

/** What the program brings, or else what the configuration names; undefined: the built-in ledger. */
async function applicationOf(options: ValidatorOptions): Promise<StateMachine | undefined> {
  const { stateMachine, config } = options;
  if (stateMachine !== undefined || config.application === undefined) return stateMachine;
  return loadStateMachine(config.application);
}

/** From its first signature on, a key is known to have signed, whatever becomes of the data directory. */
function markSignatures(
  { config, log }: ValidatorOptions,
  root: ChainRoot,
  identity: Identity,
): { readonly identity: Identity; readonly hasSignedBefore: boolean } {
  const { validatorKey } = config;
  if (validatorKey === undefined) return { identity, hasSignedBefore: false };
  const { chainId } = root.validators;
  const mark = openSignedMark({ validatorKey, chainId }, (error) => {
    log.warn({ err: error }, "no mark that this key has signed: never start it on an empty disk");
  });
  const signer = mark.marking(identity.signer);
  return { identity: { ...identity, signer }, hasSignedBefore: mark.hasSigned };
}

async function openDirectory(
  {
    config: { dataDir },
    root,
    surroundings,
  }: { readonly config: NodeConfig; readonly root: ChainRoot; readonly surroundings: Surroundings },
  closers: Closers,
) {
  await mkdir(dataDir, { recursive: true });
  const lock = await lockDirectory(dataDir);
  closers.push(() => lock.release());
  refuseAfterHalt(dataDir);
  const stores = await openStores(dataDir, root.validators.chainId, surroundings);
  closers.push(() => closeStores(stores));
  return stores;
}

async function serve(
  { config, log }: ValidatorOptions,
  node: LiveNode,
  closers: Closers,
): Promise<string> {
  const { host, port, ...limits } = config.rpc;
  const { api, metrics } = node;
  const rpc = createRpc({ api, host, port, log, limits, answered: metrics.rpcAnswered });
  closers.push(() => rpc.stop());
  const { url } = await rpc.start();
  await node.start();
  return url;
}

function once<T>(call: (value: T) => void): (value: T) => void {
  let isCalled = false;
  return (value) => {
    if (isCalled) return;
    isCalled = true;
    call(value);
  };
}

/** package.json stands two folders up from the sources, three from `dist`. */
function packageVersion(): string {
  const up = import.meta.url.includes("/dist/") ? "../../../" : "../../";
  const text = readFileSync(new URL(`${up}package.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
