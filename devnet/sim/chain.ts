// The chain of a simulation: who validates, who has money, and by which rules; all of it from a few numbers.

import {
  type LeaderChoiceName,
  type RuleSetName,
  type ValidatorSet,
  validatorSet,
} from "../../consensus/index.ts";
import {
  type Address,
  addressOf,
  assert,
  compareBytes,
  domain,
  type Epoch,
  type Hash,
  hashIn,
  type SignatureScheme,
  type Signer,
  secretKey,
} from "../../crypto/index.ts";
import {
  createSigner,
  hashLayer,
  hashIn as nativeHashIn,
  nativeScheme,
} from "../../crypto/native/index.ts";
import {
  type AccountGenesis,
  type BlockMachine,
  contained,
  createAccountLedger,
  type FaultListener,
  Ledger,
  type LedgerOptions,
  type StateMachine,
} from "../../node/ledger/index.ts";
import { EPOCH_MS } from "./clock.ts";
import { standInScheme, standInSigner } from "./stand-in.ts";

export type SignatureKind = "stand-in" | "ed25519";

export type ChainOptions = {
  readonly validators: number;
  readonly accounts: number;
  readonly baseTimeoutMs: number;
  /** An idle chain's blocks are so far apart. */
  readonly heartbeatMs: number;
  /** And a busy one's at least so far. Default 0. */
  readonly blockIntervalMs?: number;
  readonly signatures: SignatureKind;
  readonly rules: RuleSetName;
  readonly leaders: LeaderChoiceName;
  /** Makes the application for one life of one validator; the built-in ledger unless given. */
  readonly application?: () => StateMachine;
  /** Told of what that application throws. */
  readonly onFault?: FaultListener;
  /** What genesis tells the application. */
  readonly parameters?: Uint8Array;
};

export type SimulatedChain = {
  readonly options: ChainOptions;
  readonly validators: ValidatorSet;
  readonly signers: readonly Signer[];
  readonly accounts: readonly Signer[];
  readonly scheme: SignatureScheme;
  readonly genesisBlock: Hash;
  readonly genesis: AccountGenesis;
};

/** Signers of accounts are numbered from here, so that they never meet those of validators. */
const FIRST_ACCOUNT = 1_000;
export const INITIAL_BALANCE = 1_000_000n;
export const MIN_FEE = 1n;

const CHAIN_DOMAIN = domain("quorate/simulated-chain/1");
const GENESIS_DOMAIN = domain("quorate/simulated-genesis/1");
const SECRET_DOMAIN = domain("quorate/simulated-secret/1");

export function simulatedChain(options: ChainOptions): SimulatedChain {
  const { validators: count, signatures } = options;
  const signer = signatures === "stand-in" ? standInSigner : realSigner;
  const signers = Array.from({ length: count }, (_, index) => signer(index));
  const accounts = Array.from({ length: options.accounts }, (_, at) => signer(FIRST_ACCOUNT + at));
  const chainId = hashIn(CHAIN_DOMAIN, Uint8Array.of(count));
  const members = signers.map(({ publicKey }) => ({ publicKey, power: 1 }));
  return {
    options,
    validators: validatorSet({ chainId, epoch: 0 as Epoch, members }),
    signers,
    accounts,
    scheme: signatures === "stand-in" ? standInScheme : nativeScheme(),
    genesisBlock: hashIn(GENESIS_DOMAIN, chainId),
    genesis: {
      accounts: accounts.map(({ publicKey }) => {
        return { address: addressOf(publicKey), balance: INITIAL_BALANCE };
      }),
      ...(options.parameters && { parameters: options.parameters }),
    },
  };
}

/** As the live node has them. */
export const HASHERS = { hash: nativeHashIn, hashLayer };

export type Application = BlockMachine<AccountGenesis>;

/** The ledger as genesis leaves it. */
export function genesisLedger(
  chain: SimulatedChain,
  application: (honest: Application) => Application = (honest) => honest,
): Ledger {
  const first = { timestampMs: EPOCH_MS, application: chain.genesis, hash: chain.genesisBlock };
  return Ledger.fromGenesis(ledgerOptions(chain, application), first) as Ledger;
}

/**
 * The same final state with an application of its own, which has executed nothing of it: so a node starts that finds its
 * state on its disk.
 */
export function reopenedLedger(
  chain: SimulatedChain,
  ledger: Ledger,
  application: (honest: Application) => Application,
): Ledger {
  const { hash, height } = ledger.committed;
  const entries = [...ledger.entries()].sort((left, right) => compareBytes(left.key, right.key));
  const options = ledgerOptions(chain, application);
  const restored = Ledger.restore(options, { hash, height, entries });
  assert(restored.ok, "a state that was just read adds up");
  return restored.ledger as Ledger;
}

function ledgerOptions(
  chain: SimulatedChain,
  application: (honest: Application) => Application,
): LedgerOptions<AccountGenesis> {
  const { application: make, onFault } = chain.options;
  const terms = { minFee: MIN_FEE, feesTo: "nobody" } as const;
  const honest =
    make === undefined
      ? createAccountLedger(terms)
      : createAccountLedger(terms, contained(make(), onFault));
  return { machine: application(honest), chainId: chain.validators.chainId, hashers: HASHERS };
}

export function accountAddress(chain: SimulatedChain, account: number): Address {
  return addressOf((chain.accounts[account] as Signer).publicKey);
}

const realSigners = new Map<number, Signer>();

/** Real Ed25519; the secret is anybody's, as is everything in a simulation. */
function realSigner(index: number): Signer {
  const known = realSigners.get(index);
  if (known !== undefined) return known;
  const secret = hashIn(SECRET_DOMAIN, Uint8Array.of(index >> 8, index & 255));
  const made = createSigner(secretKey(secret));
  realSigners.set(index, made);
  return made;
}
