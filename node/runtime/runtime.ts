// The wiring of one live validator: opens its directory, binds replica, disk, network, workers and HTTP, and takes them
// apart again in the reverse order.

import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { ValidatorIndex } from "../../consensus/index.ts";
import { decode, encode, equalBytes, type Height } from "../../crypto/index.ts";
import { createSigner, nativeScheme, readKeyFile } from "../../crypto/native/index.ts";
import { ConfigError, type NodeConfig } from "../config/index.ts";
import type { Genesis } from "../genesis/index.ts";
import type { Log } from "../logging/index.ts";
import { createMetrics } from "../metrics/index.ts";
import { createNetwork, type Network, type NetworkHandlers } from "../network/index.ts";
import { Replica } from "../replica/index.ts";
import { createRpc } from "../rpc/index.ts";
import { lockDirectory } from "../storage/index.ts";
import { answer, answerCodec, questionCodec } from "../sync/index.ts";
import { createInlineVerification, createVerificationPool } from "../verification/index.ts";
import { Driver } from "./driver.ts";
import { recordHalt, refuseAfterHalt } from "./halt.ts";
import { Ingress } from "./ingress.ts";
import { createNodeApi } from "./node-api.ts";
import {
  type ChainRoot,
  chainRootOf,
  openStores,
  type Restored,
  restore,
  type Stores,
} from "./restoration.ts";
import { storedBlocks } from "./stored-blocks.ts";
import { TransactionTracker } from "./transaction-tracker.ts";

export type ValidatorOptions = {
  readonly dir: string;
  readonly config: NodeConfig;
  readonly genesis: Genesis;
  readonly log: Log;
  /** The node can do no more: stop it and exit with the error's code. Called once. */
  readonly onFatal: (error: unknown) => void;
};

export type RunningValidator = {
  readonly rpcUrl: string;
  /** Called with the height of every block that becomes final. */
  readonly onFinal: (listener: (height: Height) => void) => void;
  readonly stop: () => Promise<void>;
};

const MAX_VERIFICATION_BACKLOG = 65_536;

const VERSION = (
  JSON.parse(readFileSync(new URL(packageFile(), import.meta.url), "utf8")) as { version: string }
).version;

/** Two folders up from the sources, one more from `dist`. */
function packageFile(): string {
  return import.meta.url.includes("/dist/") ? "../../../package.json" : "../../package.json";
}

/** @throws {ConfigError | StorageError | HaltError | NetworkError | RpcError} with a code and what to do */
export async function startValidator(options: ValidatorOptions): Promise<RunningValidator> {
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await assemble(options, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  { config, genesis, log, onFatal }: ValidatorOptions,
  closers: (() => Promise<void> | void)[],
  stop: () => Promise<void>,
): Promise<RunningValidator> {
  const root = chainRootOf(genesis);
  const { chainId } = root.validators;
  const keys = await openKeys(config, root);
  await mkdir(config.dataDir, { recursive: true });
  const lock = await lockDirectory(config.dataDir);
  closers.push(() => lock.release());
  refuseAfterHalt(config.dataDir);
  const stores = await openStores(config.dataDir, chainId);
  closers.push(() => closeStores(stores));
  const restored = await restore(root, stores);

  let hasFailed = false;
  const failed = (error: unknown) => {
    if (hasFailed) return;
    hasFailed = true;
    log.fatal({ err: error }, "the node cannot go on");
    onFatal(error);
  };

  const workers = config.verifyWorkers;
  const verification =
    workers === 0
      ? createInlineVerification({ chainId })
      : createVerificationPool({
          workers,
          chainId,
          maxBacklog: MAX_VERIFICATION_BACKLOG,
          onFailure: failed,
        });
  closers.push(() => verification.close());

  const replica = replicaOf(root, config, keys.self, restored);
  const tracker = new TransactionTracker(
    { replica: () => replica, index: stores.stateStore },
    restored.tip.height,
  );
  const listeners: ((height: Height) => void)[] = [];
  let finalTimestampMs = restored.tipTimestampMs;
  let finalAtMs = performance.now();
  const metrics = createMetrics({
    sample: () => ({
      height: replica.status.tip.height,
      view: replica.status.view,
      poolCount: replica.status.pool.count,
      poolBytes: replica.status.pool.bytes,
      peers: network.connected().length,
      network: { ...network.stats() },
    }),
  });
  const handlers: NetworkHandlers = {
    onGossip: (topic, from, bytes) => ingress.gossip(topic, from, bytes),
    onFrame: (from, bytes) => ingress.frame(from, bytes),
    onRequest: async (_from, bytes) => {
      const question = decode(questionCodec, bytes);
      if (!question.ok) throw new Error(`a question that does not decode: ${question.refusal}`);
      return encode(
        answerCodec,
        answer(question.value, replica.held, storedBlocks(stores.blockStore)),
      );
    },
    onPeer: (peer, state) => log.info({ peer }, state),
  };
  const network: Network = createNetwork(
    {
      chainId,
      self: keys.self,
      secretKey: keys.networkSecret,
      listen: config.p2p.listen,
      peers: peersOf(genesis, config),
      log,
    },
    handlers,
  );
  const driver = new Driver({
    replica,
    self: keys.self,
    chainId,
    signer: keys.signer,
    stores,
    network,
    tracker,
    metrics,
    log,
    failed,
    onAnswer: (id, from, bytes) => ingress.answer(id, from, bytes),
    onFinal: ({ block }) => {
      finalTimestampMs = block.timestampMs;
      finalAtMs = performance.now();
      for (const listener of listeners) listener(block.height);
    },
    onHalt: (halt) => failed(recordHalt(config.dataDir, halt, replica.evidence)),
  });
  const ingress = new Ingress({
    verification,
    step: (event) => driver.step(event),
    isHeld: (id) => replica.has(id),
    penalise: (peer, reason) => network.penalise(peer, reason),
    failed,
  });
  closers.push(() => driver.close());
  closers.push(() => network.stop());
  await network.start();

  const api = createNodeApi({
    root,
    self: keys.self,
    version: VERSION,
    stores,
    ledger: restored.ledger,
    replica,
    network,
    driver,
    tracker,
    verification,
    metrics,
    finalTimestampMs: () => finalTimestampMs,
    sinceFinalMs: () => performance.now() - finalAtMs,
  });
  const { host, port, maxConnections } = config.rpc;
  const { requestsPerSecond, loopbackRequestsPerSecond } = config.rpc;
  const limits = { maxConnections, requestsPerSecond, loopbackRequestsPerSecond };
  const rpc = createRpc({ api, host, port, log, limits, answered: metrics.rpcAnswered });
  closers.push(() => rpc.stop());
  const { url } = await rpc.start();
  driver.step({ type: "start" });
  return { rpcUrl: url, onFinal: (listener) => void listeners.push(listener), stop };
}

type Keys = {
  readonly self: ValidatorIndex;
  readonly signer: ReturnType<typeof createSigner>;
  readonly networkSecret: Uint8Array;
};

/** The keys of the directory, and which of the chain's validators they make us. */
async function openKeys(config: NodeConfig, root: ChainRoot): Promise<Keys> {
  const { validatorKey, networkKey } = config;
  if (validatorKey === undefined) throw notAValidator(config, "config.json names no validatorKey");
  const passphrase = process.env.QUORATE_PASSPHRASE;
  const unlock = passphrase === undefined ? {} : { passphrase };
  const validator = await readKeyFile(validatorKey, unlock);
  const network = await readKeyFile(networkKey, unlock);
  const self = root.genesis.validators.findIndex(({ publicKey }) => {
    return equalBytes(publicKey, validator.publicKey);
  });
  const member = root.genesis.validators[self];
  if (member === undefined) throw notAValidator(config, "its key is not in genesis");
  if (!equalBytes(member.networkKey, network.publicKey)) {
    throw notAValidator(config, "its network key is not the one that genesis names");
  }
  return { self, signer: createSigner(validator.secretKey), networkSecret: network.secretKey };
}

function notAValidator({ dir }: NodeConfig, what: string): ConfigError {
  const remedy = "Only validators of the chain's genesis can run a node.";
  return new ConfigError({ source: dir, path: "validatorKey", what, remedy });
}

function replicaOf(
  { genesis, validators, genesisQc }: ChainRoot,
  config: NodeConfig,
  self: ValidatorIndex,
  restored: Restored,
): Replica {
  const { consensus } = genesis;
  const { blockIntervalMs, emptyBlockIntervalMs } = consensus;
  const { maxBlockTransactions, maxBlockBytes, maxClockDriftMs } = consensus;
  const { ledger, safety, tip, tipTimestampMs, unfinished } = restored;
  return new Replica({
    validators,
    self,
    scheme: nativeScheme(),
    genesisQc,
    baseTimeoutMs: consensus.baseTimeoutMs,
    pacing: { blockIntervalMs, emptyBlockIntervalMs },
    limits: { maxBlockTransactions, maxBlockBytes, maxClockDriftMs },
    pool: config.pool,
    ledger,
    safety,
    tip,
    tipTimestampMs,
    stored: unfinished,
  });
}

function peersOf(genesis: Genesis, config: NodeConfig) {
  return genesis.validators.map(({ networkKey }, index) => {
    const addresses = config.p2p.peers.find((peer) => peer.index === index)?.addresses ?? [];
    return { index, networkKey, addresses };
  });
}

async function closeStores({ safetyLog, blockStore, stateStore }: Stores): Promise<void> {
  await safetyLog.close();
  await blockStore.close();
  await stateStore.close();
}
