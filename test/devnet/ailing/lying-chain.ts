// Four real validators in this process, over libp2p on loopback, the last of them a liar whose ways a test switches. Taps
// on the honest ones record what really arrives; another one on the liar records what its honest replica wanted to say.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressOf, type Hash, height, nonce, publicKeyOf, toHex } from "../../../crypto/index.ts";
import { createSigner, writeKeyFile } from "../../../crypto/native/index.ts";
import { Liar } from "../../../devnet/ailing/liar.ts";
import {
  BUILT_IN_APPLICATION,
  chainRootOf,
  DEFAULT_CONSENSUS_PARAMS,
  DEFAULT_LEDGER_PARAMS,
  type Genesis,
} from "../../../node/chain/index.ts";
import { developmentKey } from "../../../node/cli/index.ts";
import { loadConfig } from "../../../node/config/index.ts";
import { genesisJson } from "../../../node/genesis/index.ts";
import { createLogger } from "../../../node/logging/index.ts";
import { createNetwork, type Network } from "../../../node/network/index.ts";
import { HaltError, type RunningValidator, startValidator } from "../../../node/runtime/index.ts";
import { encodeCall, signTransaction } from "../../../node/transaction/index.ts";
import { eventually } from "../../e2e/eventually.ts";
import { freePorts } from "../../e2e/ports.ts";
import { LIAR, overheard, Recorded, tapped } from "./lying-taps.ts";

export const HONEST = [0, 1, 2];
const SEED = "lying";
const ACCOUNTS = 8;
const BALANCE = 1_000_000n;
/** A ban ends soon: one way's must not hide the next one's lies. */
const LIMITS = { banMs: 250, strikeForgivenMs: 500, redialMs: 20 };

export type LyingChain = Awaited<ReturnType<typeof lyingChain>>;

export async function lyingChain() {
  const home = mkdtempSync(join(tmpdir(), "quorate-lying-"));
  const genesis = genesisOf();
  const { p2pPort } = await freePorts(4);
  const { validators } = chainRootOf(genesis);
  let record = new Recorded(new Set());
  const everSaid = new Set<string>();
  const newRecord = () => {
    for (const key of record.said) everSaid.add(key);
    record = new Recorded(everSaid);
  };
  const fatal: { readonly by: number; readonly error: unknown }[] = [];
  const broken: unknown[] = [];
  const networks: Network[] = [];
  const newLiar = (ways: readonly string[], seed = 1) => {
    return new Liar({
      genesis,
      self: LIAR,
      keys: () => new Map([[LIAR, signerOf(`validator${LIAR}`)]]),
      accounts: Array.from({ length: ACCOUNTS }, (_, at) => signerOf(`dev${at}`)),
      seed,
      ways,
      restart: () => {},
      broke: (way, error) => broken.push(new Error(`${way} broke`, { cause: error })),
    });
  };
  let liar = newLiar([]);
  const start = async (index: number): Promise<RunningValidator> => {
    const dir = await directoryOf({ home, genesis, index, p2pPort });
    const destination = {
      write: (line: string) => {
        record.lines.push({ by: index, line: JSON.parse(line) });
      },
    };
    return await startValidator({
      config: await loadConfig({ dir, flags: {}, env: {} }),
      genesis,
      log: createLogger({ level: index === LIAR ? "silent" : "info", destination }),
      onFatal: (error) => fatal.push({ by: index, error }),
      surroundings: {
        createNetwork: (given, handlers) => {
          const options = { ...given, limits: LIMITS };
          const network =
            index === LIAR
              ? overheard(liar.createNetwork(options, handlers), () => record)
              : tapped(
                  { index, record: () => record },
                  (heard) => createNetwork(options, heard),
                  handlers,
                );
          networks[index] = network;
          return network;
        },
        ...(index === LIAR && { execution: liar.execution }),
      },
    });
  };
  const running = await Promise.all([0, 1, 2, 3].map(start));
  liar.attach(running[LIAR] as RunningValidator);
  for (const index of HONEST) {
    running[index]?.api.events().subscribe((occurrence) => {
      if (occurrence.type !== "evidence") return;
      record.evidence.push({ by: index, evidence: occurrence.evidence });
    });
  }
  const apiOf = (index: number) => (running[index] as RunningValidator).api;
  const load = new Load(genesis, apiOf);
  const heights = () => HONEST.map((index) => apiOf(index).status().height);
  const chain = {
    genesis,
    validators,
    networks,
    fatal,
    broken,
    apiOf,
    load,
    get record() {
      return record;
    },
    /** The liar lies in these ways from now on; what was recorded before is forgotten. */
    lie: (ways: readonly string[], seed = 1) => {
      newRecord();
      return liar.setWays(ways, seed);
    },
    /** What was recorded until now. */
    forget: newRecord,
    /**
     * The liar's process, as it were, ends and starts again, lying in these ways. It may end at once: it executes again
     * what its state on disk was behind its blocks.
     */
    restartLiar: async (ways: readonly string[], seed = 1) => {
      await running[LIAR]?.stop();
      newRecord();
      liar = newLiar(ways, seed);
      try {
        running[LIAR] = await start(LIAR);
      } catch (error) {
        if (!(error instanceof HaltError)) throw error;
        fatal.push({ by: LIAR, error });
        return;
      }
      liar.attach(running[LIAR]);
    },
    /** All honest ones finalize so many more blocks. */
    goesOn: async (blocks = 3) => {
      const goal = Math.max(...heights()) + blocks;
      await eventually({
        what: `height ${goal} at all honest validators`,
        probe: async () => (Math.min(...heights()) >= goal ? true : undefined),
      });
    },
    seen: async <T>(
      what: string,
      probe: (record: Recorded) => T | undefined | false,
    ): Promise<T> => {
      return await eventually({ what, probe: async () => probe(record) || undefined });
    },
    /** Links are up again after the last way's bans. */
    linked: async () => {
      await eventually({
        what: "the liar to be linked to all",
        probe: async () => {
          const isLinked = HONEST.every((index) => networks[index]?.connected().includes(LIAR));
          return isLinked ? true : undefined;
        },
      });
    },
    finalHash: async (at: number): Promise<Hash> => {
      const view = await apiOf(0).block({ by: "height", height: height(at) });
      if (view === undefined) throw new Error(`there is no block at height ${at}`);
      return view.hash;
    },
    /** The height at which a transaction became final. */
    seenFinal: async (id: Hash): Promise<number> => {
      return await eventually({
        what: "the transaction to be final",
        probe: async () => {
          const status = apiOf(0).transaction(id);
          return status.state === "final" ? status.height : undefined;
        },
      });
    },
    supply: BigInt(ACCOUNTS) * BALANCE,
    /** What all accounts hold, and how many transactions of theirs took effect. */
    money: () => {
      const accounts = Array.from({ length: ACCOUNTS }, (_, at) => {
        return apiOf(0).account(addressOf(signerOf(`dev${at}`).publicKey));
      });
      const held = accounts.reduce((sum, { balance }) => sum + balance, 0n);
      const paid = accounts.reduce((sum, account) => sum + BigInt(account.nonce), 0n);
      return { held, paid };
    },
    /** Blocks that two honest validators have at one height, and that differ. */
    forks: async () => {
      const lowest = Math.min(...heights());
      const forks: number[] = [];
      for (let at = 1; at <= lowest; at++) {
        const views = await Promise.all(
          HONEST.map((index) => apiOf(index).block({ by: "height", height: height(at) })),
        );
        const hashes = new Set(views.map((view) => view && toHex(view.hash)));
        if (hashes.size !== 1 || hashes.has(undefined)) forks.push(at);
      }
      return forks;
    },
    stop: async () => {
      load.stop();
      await Promise.all(running.map((validator) => validator.stop()));
      rmSync(home, { recursive: true, force: true });
    },
  };
  await chain.goesOn(1);
  load.start();
  return chain;
}

/** A transfer every so often, through one honest validator after the other. */
class Load {
  readonly #genesis: Genesis;
  readonly #apiOf: (index: number) => RunningValidator["api"];
  readonly #next = Array.from({ length: ACCOUNTS }, () => 0);
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(genesis: Genesis, apiOf: (index: number) => RunningValidator["api"]) {
    this.#genesis = genesis;
    this.#apiOf = apiOf;
  }

  start(): void {
    this.#timer = setInterval(() => void this.transfer(), 40);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async transfer(): Promise<{ readonly id: Hash; readonly sentAtHeight: number }> {
    const from = this.#count++ % ACCOUNTS;
    const signer = signerOf(`dev${from}`);
    const sender = addressOf(signer.publicKey);
    const api = this.#apiOf(this.#count % HONEST.length);
    const known = api.account(sender).nonce;
    // A liar may have spent this one, or a transaction may have been refused: start again from what is final.
    const used = Math.max(known, Math.min(this.#next[from] ?? 0, known + 8));
    this.#next[from] = used + 1;
    const signed = signTransaction(
      {
        chainId: chainRootOf(this.#genesis).validators.chainId,
        sender,
        publicKey: signer.publicKey,
        nonce: nonce(used),
        fee: 1n,
        validUntilHeight: height(api.status().height + 100),
        call: encodeCall({ type: "transfer", to: sender, amount: 1n, memo: new Uint8Array() }),
      },
      signer,
    );
    const sentAtHeight = api.status().height;
    await api.submit(signed.bytes);
    return { id: signed.id, sentAtHeight };
  }
}

function signerOf(name: string) {
  return createSigner(developmentKey({ seed: SEED, name }));
}

function genesisOf(): Genesis {
  const keyOf = (name: string) => developmentKey({ seed: SEED, name });
  return {
    version: 1,
    name: SEED,
    genesisTimeMs: Date.now() - 1_000,
    validators: [0, 1, 2, 3].map((index) => ({
      publicKey: publicKeyOf(keyOf(`validator${index}`)),
      networkKey: publicKeyOf(keyOf(`network${index}`)),
      power: 1,
    })),
    accounts: Array.from({ length: ACCOUNTS }, (_, at) => ({
      address: addressOf(signerOf(`dev${at}`).publicKey),
      balance: BALANCE,
    })),
    consensus: { ...DEFAULT_CONSENSUS_PARAMS, baseTimeoutMs: 200, emptyBlockIntervalMs: 50 },
    ledger: DEFAULT_LEDGER_PARAMS,
    application: BUILT_IN_APPLICATION,
  };
}

async function directoryOf(of: {
  readonly home: string;
  readonly genesis: Genesis;
  readonly index: number;
  readonly p2pPort: number;
}): Promise<string> {
  const { home, genesis, index, p2pPort } = of;
  const dir = join(home, `validator${index}`);
  mkdirSync(dir, { recursive: true });
  const keyFile = (name: string) => {
    const secretKey = developmentKey({ seed: SEED, name: `${name}${index}` });
    return writeKeyFile(join(dir, `${name}.key`), { secretKey });
  };
  const isNew = !existsSync(join(dir, "genesis.json"));
  if (isNew) await Promise.all([keyFile("validator"), keyFile("network")]);
  writeFileSync(join(dir, "genesis.json"), genesisJson(genesis));
  const addressAt = (at: number) => `/ip4/127.0.0.1/tcp/${p2pPort + at}`;
  const others = [0, 1, 2, 3].filter((other) => other !== index);
  const config = {
    validatorKey: "validator.key",
    verifyWorkers: 0,
    rpc: { port: 0 },
    p2p: {
      listen: [addressAt(index)],
      peers: others.map((other) => ({ index: other, addresses: [addressAt(other)] })),
    },
  };
  writeFileSync(join(dir, "config.json"), JSON.stringify(config));
  return dir;
}
