// A chain of one real validator in this process: its files, its network port, its HTTP interface.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressOf, height, nonce, publicKeyOf, type SecretKey } from "../../../crypto/index.ts";
import { createSigner, writeKeyFile } from "../../../crypto/native/index.ts";
import {
  BUILT_IN_APPLICATION,
  chainIdOf,
  DEFAULT_CONSENSUS_PARAMS,
  DEFAULT_LEDGER_PARAMS,
  type Genesis,
} from "../../../node/chain/index.ts";
import { developmentKey } from "../../../node/cli/index.ts";
import { loadConfig } from "../../../node/config/index.ts";
import { genesisJson } from "../../../node/genesis/index.ts";
import { createLogger } from "../../../node/logging/index.ts";
import { startValidator } from "../../../node/runtime/index.ts";
import {
  type Call,
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../../node/transaction/index.ts";
import { eventually } from "../../e2e/eventually.ts";

/** Known to the commands as `dev0` and `dev1`. */
export const dev = (index: number) =>
  createSigner(developmentKey({ seed: "quorate", name: `dev${index}` }));

export type LiveChain = Awaited<ReturnType<typeof liveChain>>;

export async function liveChain(name: string) {
  const dir = mkdtempSync(join(tmpdir(), `quorate-${name}-`));
  const keys = { validator: keyNamed(name, "validator"), network: keyNamed(name, "network") };
  await writeKeyFile(join(dir, "validator.key"), { secretKey: keys.validator });
  await writeKeyFile(join(dir, "network.key"), { secretKey: keys.network });
  const genesis: Genesis = {
    version: 1,
    name,
    genesisTimeMs: Date.now() - 1_000,
    validators: [
      {
        publicKey: publicKeyOf(keys.validator),
        networkKey: publicKeyOf(keys.network),
        power: 1,
      },
    ],
    accounts: [{ address: addressOf(dev(0).publicKey), balance: 1_000n }],
    consensus: { ...DEFAULT_CONSENSUS_PARAMS, emptyBlockIntervalMs: 100 },
    ledger: DEFAULT_LEDGER_PARAMS,
    application: BUILT_IN_APPLICATION,
  };
  const genesisFile = join(dir, "genesis.json");
  writeFileSync(genesisFile, genesisJson(genesis));
  const config = {
    validatorKey: "validator.key",
    verifyWorkers: 0,
    rpc: { port: 0 },
    p2p: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  };
  writeFileSync(join(dir, "config.json"), JSON.stringify(config));
  const chainId = chainIdOf(genesis);
  const failures: unknown[] = [];
  const start = async () => {
    return await startValidator({
      config: await loadConfig({ dir, flags: {}, env: {} }),
      genesis,
      log: createLogger({ level: "silent" }),
      onFatal: (error) => failures.push(error),
    });
  };
  let running = await start();
  let used = 0;
  return {
    dir,
    genesis,
    genesisFile,
    chainId,
    failures,
    get url() {
      return running.rpcUrl;
    },
    /** The next transaction of `dev0`. */
    signed: (call: Call): SignedTransaction => {
      const signer = dev(0);
      const unsigned = {
        chainId,
        sender: addressOf(signer.publicKey),
        publicKey: signer.publicKey,
        nonce: nonce(used++),
        fee: 1n,
        validUntilHeight: height(50_000),
        call: encodeCall(call),
      };
      return signTransaction(unsigned, signer);
    },
    restart: async () => {
      await running.stop();
      running = await start();
    },
    stop: async () => {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function keyNamed(seed: string, name: string): SecretKey {
  return developmentKey({ seed, name });
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
type Json = any;

/** Signs a call and sends it: the answer once it is final. */
export async function sendCall(
  chain: LiveChain,
  call: Parameters<LiveChain["signed"]>[0],
): Promise<Json> {
  const body = chain.signed(call).bytes as Uint8Array<ArrayBuffer>;
  const headers = { "content-type": "application/octet-stream" };
  const url = `${chain.url}/v1/txs?wait=final`;
  return await (await fetch(url, { method: "POST", body, headers })).json();
}

/** Asks again while it is too early for a proof. */
export function askForProof(chain: LiveChain, path: string): Promise<Json> {
  return eventually({
    what: path,
    probe: async () => {
      const body: Json = await (await fetch(chain.url + path)).json();
      return body.code === "NOT_PROVABLE_YET" ? undefined : body;
    },
  });
}
