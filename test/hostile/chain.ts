// The chain under attack, in this process: a victim and a witness, who can decide only together, with files, network and
// HTTP interface as in production, and seats whose network keys the attackers hold. The witness tells what becomes of an
// honest link; a seat for each attack keeps one attacker's ban from shielding the victim from the next.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addressOf, type Hash, height, type Nonce, publicKeyOf } from "../../crypto/index.ts";
import { createSigner, writeKeyFile } from "../../crypto/native/index.ts";
import {
  BUILT_IN_APPLICATION,
  chainIdOf,
  DEFAULT_CONSENSUS_PARAMS,
  DEFAULT_LEDGER_PARAMS,
  type Genesis,
} from "../../node/chain/index.ts";
import { developmentKey } from "../../node/cli/index.ts";
import { loadConfig } from "../../node/config/index.ts";
import { genesisJson } from "../../node/genesis/index.ts";
import { createLogger } from "../../node/logging/index.ts";
import type { RpcLimits } from "../../node/rpc/index.ts";
import { type RunningValidator, startValidator } from "../../node/runtime/index.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../node/transaction/index.ts";
import { eventually } from "../e2e/eventually.ts";
import { freePorts } from "../e2e/ports.ts";

const VICTIM = 0;
const WITNESS = 1;
const FIRST_SEAT = 2;
/** Victim and witness hold a quorum together and neither does alone; a seat weighs next to nothing. */
const POWERS = [1_000, 1_000];
const MAX_SEATS = 48;
const MAX_LINES = 20_000;

type Line = Readonly<Record<string, unknown>>;

/** An index, and the seed of the network key that belongs to it. */
export type Seat = { readonly index: number; readonly seed: Uint8Array };

export type HostileChain = {
  readonly chainId: Hash;
  readonly genesis: Genesis;
  readonly url: string;
  readonly rpcPort: number;
  readonly p2pPort: number;
  /** A validator that nobody runs; never the same one twice. */
  readonly seat: () => Seat;
  /** The honest one that does run: whoever has its key fights with it over its link. */
  readonly witness: Seat;
  /** Resolves once the victim has logged a line with this message and these fields; fails after half a minute. */
  readonly said: (message: string, fields?: Line) => Promise<void>;
  /** How often the victim has logged it. */
  readonly count: (message: string, fields?: Line) => number;
  /** A sound payment of the one account, the same until it is final. */
  readonly payment: () => SignedTransaction;
  /** Alive, linked to the witness, finalizing, and nothing thrown that nobody caught. */
  readonly isWell: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type ChainOptions = {
  readonly seats?: number;
  /** Of the victim's HTTP interface, where a test must not wait for the defaults. */
  readonly rpc?: Partial<RpcLimits>;
};

export async function hostileChain(
  name: string,
  options: ChainOptions = {},
): Promise<HostileChain> {
  const { seats = 2, rpc = {} } = options;
  if (seats > MAX_SEATS) throw new Error(`a chain under attack has at most ${MAX_SEATS} seats`);
  const home = mkdtempSync(join(tmpdir(), `quorate-hostile-${name}-`));
  const genesis = genesisOf(name, seats);
  const { rpcPort, p2pPort } = await freePorts(2);
  const lines: Line[] = [];
  const escaped = watchEscapes();
  const fatal: unknown[] = [];
  const start = async (index: number) => {
    const dir = await directoryOf({ home, name, genesis, index, ports: { rpcPort, p2pPort } });
    const config = await loadConfig({ dir, flags: {}, env: {} });
    const destination = {
      write: (line: string) => {
        if (lines.length < MAX_LINES) lines.push(JSON.parse(line));
      },
    };
    const log =
      index === VICTIM
        ? createLogger({ level: "debug", destination })
        : createLogger({ level: "silent" });
    const limits = index === VICTIM ? rpc : {};
    return await startValidator({
      config: { ...config, rpc: { ...config.rpc, ...limits } },
      genesis,
      log,
      onFatal: (error) => fatal.push(error),
    });
  };
  const [victim, witness] = await Promise.all([start(VICTIM), start(WITNESS)]);
  const count = (message: string, fields: Line = {}) =>
    lines.filter((line) => line.msg === message && isPart(fields, line)).length;
  const seatAt = (index: number): Seat => ({ index, seed: keyOf(name, "network", index) });
  let nextSeat = FIRST_SEAT;
  const chain: HostileChain = {
    chainId: chainIdOf(genesis),
    genesis,
    url: victim.rpcUrl,
    rpcPort: Number(new URL(victim.rpcUrl).port),
    p2pPort,
    seat: () => {
      if (nextSeat >= genesis.validators.length) throw new Error("every seat is taken");
      return seatAt(nextSeat++);
    },
    witness: seatAt(WITNESS),
    count,
    said: async (message, fields = {}) => {
      await eventually({
        what: `the victim to say "${message}" ${JSON.stringify(fields)}`,
        probe: async () => (count(message, fields) > 0 ? true : undefined),
      });
    },
    payment: () => paymentOf(genesis, victim.api.account(addressOf(payer(name).publicKey)).nonce),
    isWell: () => checkWell({ victim, witness, fatal, escaped: escaped.seen }),
    stop: async () => {
      await Promise.all([victim.stop(), witness.stop()]);
      escaped.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  await finalizes(victim, 2);
  return chain;
}

async function checkWell(parts: {
  readonly victim: RunningValidator;
  readonly witness: RunningValidator;
  readonly fatal: readonly unknown[];
  readonly escaped: readonly unknown[];
}): Promise<void> {
  const { victim, witness, fatal, escaped } = parts;
  const alive = await fetch(`${victim.rpcUrl}/livez`);
  if (alive.status !== 200) throw new Error(`the victim is not alive: ${await alive.text()}`);
  await finalizes(victim, 2);
  await finalizes(witness, 1);
  const link = victim.api.status().peers.find(({ index }) => index === WITNESS);
  if (link?.connected !== true) throw new Error("the victim has lost the honest validator");
  if (fatal.length > 0) throw new Error("the victim gave up", { cause: fatal[0] });
  if (escaped.length > 0) throw new Error("something was thrown past all", { cause: escaped[0] });
}

/** Waits for so many more blocks. */
async function finalizes({ api }: RunningValidator, blocks: number): Promise<void> {
  const target = api.status().height + blocks;
  await eventually({
    what: `final height ${target}`,
    probe: async () => (api.status().height >= target ? true : undefined),
  });
}

/** What no handler caught; the test runner sees it, too, but does not know which case it was. */
function watchEscapes() {
  const seen: unknown[] = [];
  const note = (error: unknown) => seen.push(error);
  process.on("unhandledRejection", note);
  process.on("uncaughtExceptionMonitor", note);
  const stop = () => {
    process.off("unhandledRejection", note);
    process.off("uncaughtExceptionMonitor", note);
  };
  return { seen, stop };
}

function genesisOf(name: string, seats: number): Genesis {
  const validators = Array.from({ length: FIRST_SEAT + seats }, (_, index) => ({
    publicKey: publicKeyOf(keyOf(name, "validator", index)),
    networkKey: publicKeyOf(keyOf(name, "network", index)),
    power: POWERS[index] ?? 1,
  }));
  return {
    version: 1,
    name,
    genesisTimeMs: Date.now() - 1_000,
    validators,
    accounts: [{ address: addressOf(payer(name).publicKey), balance: 1_000_000n }],
    consensus: {
      ...DEFAULT_CONSENSUS_PARAMS,
      leaders: "reputation",
      // Until the first blocks show who is silent, every seat's view is waited for once.
      baseTimeoutMs: 30,
      emptyBlockIntervalMs: 50,
    },
    ledger: DEFAULT_LEDGER_PARAMS,
    application: BUILT_IN_APPLICATION,
  };
}

async function directoryOf(of: {
  readonly home: string;
  readonly name: string;
  readonly genesis: Genesis;
  readonly index: number;
  readonly ports: { readonly rpcPort: number; readonly p2pPort: number };
}): Promise<string> {
  const { home, name, genesis, index, ports } = of;
  const dir = join(home, `validator${index}`);
  mkdirSync(dir);
  for (const kind of ["validator", "network"] as const) {
    await writeKeyFile(join(dir, `${kind}.key`), { secretKey: keyOf(name, kind, index) });
  }
  writeFileSync(join(dir, "genesis.json"), genesisJson(genesis));
  const addressAt = (at: number) => `/ip4/127.0.0.1/tcp/${ports.p2pPort + at}`;
  const other = index === VICTIM ? WITNESS : VICTIM;
  const config = {
    validatorKey: "validator.key",
    verifyWorkers: 0,
    rpc: { port: ports.rpcPort + index },
    p2p: {
      listen: [addressAt(index)],
      peers: [{ index: other, addresses: [addressAt(other)] }],
    },
  };
  writeFileSync(join(dir, "config.json"), JSON.stringify(config));
  return dir;
}

function paymentOf(genesis: Genesis, at: Nonce): SignedTransaction {
  const signer = payer(genesis.name);
  const sender = addressOf(signer.publicKey);
  const unsigned = {
    chainId: chainIdOf(genesis),
    sender,
    publicKey: signer.publicKey,
    nonce: at,
    fee: 1n,
    validUntilHeight: height(50_000),
    call: encodeCall({ type: "transfer", to: sender, amount: 1n, memo: new Uint8Array(0) }),
  };
  return signTransaction(unsigned, signer);
}

function payer(name: string) {
  return createSigner(keyOf(name, "payer", 0));
}

export function keyOf(seed: string, kind: string, index: number) {
  return developmentKey({ seed, name: `${kind}${index}` });
}

function isPart(fields: Line, line: Line): boolean {
  return Object.entries(fields).every(([name, value]) => line[name] === value);
}
