// The parts of a running validator and the wires between them: replica, driver, network, workers, tracker, metrics.

import { LEADER_CHOICES, type ValidatorIndex } from "../../consensus/index.ts";
import { decode, encode, type Height } from "../../crypto/index.ts";
import { hashIn, hashLayer, nativeScheme } from "../../crypto/native/index.ts";
import { BUILT_IN_APPLICATION, type ChainRoot } from "../chain/index.ts";
import type { NodeConfig } from "../config/index.ts";
import type { StateReader } from "../ledger/index.ts";
import type { Log } from "../logging/index.ts";
import { createMetrics, type Metrics } from "../metrics/index.ts";
import type { Network, NetworkHandlers } from "../network/index.ts";
import { Replica } from "../replica/index.ts";
import type { NodeApi } from "../rpc/index.ts";
import { answer, answerCodec, questionCodec } from "../sync/index.ts";
import {
  createInlineVerification,
  createVerificationPool,
  type VerificationPool,
} from "../verification/index.ts";
import { contradictedBlock } from "./contradicted-block.ts";
import { Driver } from "./driver.ts";
import { EventSource } from "./event-source.ts";
import { EvidenceReporter } from "./evidence-reporter.ts";
import type { Contradiction } from "./halt.ts";
import { Ingress } from "./ingress.ts";
import type { Identity } from "./keys.ts";
import { createNodeApi } from "./node-api.ts";
import { Prover } from "./prover.ts";
import type { Restored, Stores } from "./restoration.ts";
import { storedBlocks } from "./stored-blocks.ts";
import type { Surroundings } from "./surroundings.ts";
import { TransactionTracker } from "./transaction-tracker.ts";
import { UncertifiedBlocks } from "./uncertified-blocks.ts";

export type LiveNodeOptions = {
  readonly root: ChainRoot;
  readonly config: NodeConfig;
  readonly identity: Identity;
  /** There was a mark of it when the node was opened. */
  readonly hasSignedBefore: boolean;
  readonly stores: Stores;
  readonly restored: Restored;
  readonly version: string;
  readonly surroundings: Surroundings;
  readonly log: Log;
  readonly failed: (error: unknown) => void;
  readonly onHalt: (contradiction: Contradiction) => void;
};

/** Without a quorum nothing can be decided; after this long we begin all the same, to hear and to catch up. */
const QUORUM_GRACE_MS = 3_000;
/** Transactions whose signatures are being checked; more are refused. */
const MAX_VERIFICATION_BACKLOG = 65_536;

export class LiveNode {
  readonly api: NodeApi;
  /** After the last final block. */
  readonly state: StateReader;
  readonly metrics: Metrics;
  readonly #options: LiveNodeOptions;
  readonly #replica: Replica;
  readonly #network: Network;
  readonly #driver: Driver;
  readonly #ingress: Ingress;
  readonly #verification: VerificationPool;
  readonly #uncertified = new UncertifiedBlocks();
  readonly #finalListeners: ((height: Height) => void)[] = [];
  #final: { readonly timestampMs: number; readonly atMs: number };
  #grace: NodeJS.Timeout | undefined;
  #hasBegun = false;

  constructor(options: LiveNodeOptions) {
    this.#options = options;
    const { root, identity, stores, restored, log, failed } = options;
    this.state = restored.ledger.reader();
    this.#final = { timestampMs: restored.tip.timestampMs, atMs: performance.now() };
    this.#verification = verificationOf(options);
    this.#replica = replicaOf(options);
    const { stateStore: index, blockStore: blocks } = stores;
    const sources = { inventory: this.#replica.inventory, index, blocks };
    const tracker = new TransactionTracker(sources, restored.tip.height);
    const events = new EventSource(stores, restored.tip.height);
    const { ledger } = restored;
    const prover = new Prover({ ledger, ...stores });
    this.metrics = createMetrics({ sample: () => this.#sample() });
    const { createNetwork, wallMs } = options.surroundings;
    this.#network = createNetwork(networkOptions(options), this.#handlers());
    const common = { replica: this.#replica, network: this.#network, metrics: this.metrics };
    this.#driver = new Driver({
      ...common,
      self: identity.self,
      chainId: root.validators.chainId,
      signer: identity.signer,
      stores,
      tracker,
      events,
      ledger,
      wallMs,
      log,
      failed,
      onAnswer: (id, from, bytes) => this.#ingress.answer(id, from, bytes),
      onFinal: (final) => {
        const { block } = final;
        this.#uncertified.note(final);
        prover.note(block.height, final.receipts);
        this.#final = { timestampMs: block.timestampMs, atMs: performance.now() };
        for (const listener of this.#finalListeners) listener(block.height);
      },
      onHalt: (halt) => {
        const { inventory, evidence } = this.#replica;
        const memory = { ledger: restored.ledger, inventory, uncertified: this.#uncertified };
        options.onHalt({ halt, evidence, ...contradictedBlock(halt, { ...memory, blocks }) });
      },
    });
    this.#ingress = new Ingress({
      verification: this.#verification,
      step: (event) => this.#driver.step(event),
      isKnownBlock: (block) => this.#replica.inventory.knowsBlock(block),
      isHeld: (id) => this.#replica.inventory.find(id) !== undefined,
      penalise: (peer, reason) => this.#network.penalise(peer, reason),
      failed,
    });
    this.api = createNodeApi({
      ...common,
      root,
      self: identity.self,
      version: options.version,
      stores,
      ledger,
      driver: this.#driver,
      tracker,
      events,
      prover,
      verification: this.#verification,
      finalTimestampMs: () => this.#final.timestampMs,
      sinceFinalMs: () => performance.now() - this.#final.atMs,
    });
    this.#reportEvidence();
  }

  /** Only the built-in ledger has a place for it. */
  #reportEvidence(): void {
    const { root, identity, log } = this.#options;
    const { validators, genesis } = root;
    if (genesis.application.name !== BUILT_IN_APPLICATION.name) return;
    const { self, signer } = identity;
    const { api, state } = this;
    const fee = genesis.ledger.minFee;
    const evidence = () => this.#replica.evidence;
    const reporter = new EvidenceReporter({
      ...{ validators, self, signer, fee, evidence, state, api, log },
    });
    this.onFinal((height) => void reporter.onFinal(height));
  }

  onFinal(listener: (height: Height) => void): void {
    this.#finalListeners.push(listener);
  }

  /** Resolves once we listen; consensus begins with the links to a quorum. */
  async start(): Promise<void> {
    await this.#network.start();
    if (this.#hasBegun) return;
    this.#grace = setTimeout(() => this.#begin(), QUORUM_GRACE_MS);
    this.#beginWithQuorum();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#grace);
    this.#hasBegun = true;
    await this.#network.stop();
    this.#driver.close();
    await this.#verification.close();
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    clearTimeout(this.#grace);
    this.#driver.step({ type: "start" });
  }

  #beginWithQuorum(): void {
    const { root, identity } = this.#options;
    const present = [identity.self, ...this.#network.connected()];
    const power = present.reduce(
      (sum, index) => sum + (root.validators.members[index]?.power ?? 0),
      0,
    );
    if (power >= root.validators.quorumPower) this.#begin();
  }

  #handlers(): NetworkHandlers {
    const { stores, log } = this.#options;
    const blocks = storedBlocks(stores.blockStore);
    return {
      onGossip: (topic, from, bytes) => this.#ingress.gossip(topic, from, bytes),
      onFrame: (from, bytes) => this.#ingress.frame(from, bytes),
      onRequest: async (_from, bytes) => {
        const question = decode(questionCodec, bytes);
        if (!question.ok) throw new Error(`a question that does not decode: ${question.refusal}`);
        try {
          return encode(answerCodec, answer(question.value, this.#replica.inventory, blocks));
        } catch (error) {
          // Nothing that a peer can ask for makes this throw: our own disk does.
          this.#options.failed(error);
          throw error;
        }
      },
      onPeer: (peer, state) => {
        log.debug({ peer }, state);
        if (state !== "connected") return;
        this.#driver.greet(peer);
        this.#beginWithQuorum();
      },
    };
  }

  #sample() {
    const { tip, view, pool } = this.#replica.status;
    return {
      height: tip.height,
      view,
      poolCount: pool.count,
      poolBytes: pool.bytes,
      peers: this.#network.connected().length,
      network: { ...this.#network.stats() },
    };
  }
}

function verificationOf({ root, config, failed }: LiveNodeOptions): VerificationPool {
  const { chainId } = root.validators;
  const workers = config.verifyWorkers;
  if (workers === 0) return createInlineVerification({ chainId });
  const maxBacklog = MAX_VERIFICATION_BACKLOG;
  return createVerificationPool({ workers, chainId, maxBacklog, onFailure: failed });
}

function replicaOf(options: LiveNodeOptions): Replica {
  const { root, config, identity, restored, hasSignedBefore } = options;
  const { validators, genesisQc, genesis } = root;
  const { consensus } = genesis;
  const { blockIntervalMs, emptyBlockIntervalMs } = consensus;
  const { maxBlockTransactions, maxBlockBytes, maxClockDriftMs } = consensus;
  const { ledger, safety, tip, unfinished } = restored;
  return new Replica({
    validators,
    self: identity.self,
    scheme: nativeScheme(),
    genesisQc,
    baseTimeoutMs: consensus.baseTimeoutMs,
    pacing: { blockIntervalMs, emptyBlockIntervalMs },
    limits: { maxBlockTransactions, maxBlockBytes, maxClockDriftMs },
    pool: config.pool,
    ledger,
    safety,
    tip,
    hashers: { hash: hashIn, hashLayer },
    stored: unfinished,
    hasSignedBefore,
    leaders: LEADER_CHOICES[consensus.leaders],
  });
}

function networkOptions({ root, config, identity, log }: LiveNodeOptions) {
  const addressesOf = (index: ValidatorIndex) => {
    return config.p2p.peers.find((peer) => peer.index === index)?.addresses ?? [];
  };
  return {
    chainId: root.validators.chainId,
    self: identity.self,
    secretKey: identity.networkSecret,
    listen: config.p2p.listen,
    peers: root.genesis.validators.map(({ networkKey }, index) => {
      return { index, networkKey, addresses: addressesOf(index) };
    }),
    log,
  };
}
