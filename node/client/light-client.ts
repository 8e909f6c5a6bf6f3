// The client that believes nobody. It holds genesis, asks several validators, and hands out what a certificate of theirs
// proves: accounts, state, receipts, final blocks. A validator that lies, lags or is gone is passed over.

import {
  type Address,
  type Codec,
  decode,
  formatAddress,
  type Hash,
  type Height,
  type Nonce,
  type PublicKey,
  type SignatureScheme,
  toHex,
} from "../../crypto/index.ts";
import type { ChainRoot } from "../chain/index.ts";
import {
  accountCodec,
  accountKey,
  applicationKey,
  EMPTY_ACCOUNT,
  LAST_BLOCK_KEY,
  leaseCodec,
  leaseKey,
  MAX_APPLICATION_KEY_BYTES,
  MAX_KEY_BYTES,
  recordCodec,
  recordKey,
} from "../ledger/index.ts";
import type { ProvenState } from "../proof/index.ts";
import {
  ASKING,
  type Asking,
  aCounter,
  aFunction,
  aHash,
  anAddress,
  anInteger,
  aTimeMs,
  type Check,
  optional,
  someBytes,
  someUrls,
  taken,
} from "./arguments.ts";
import { Belief, proofIn } from "./belief.ts";
import { aRecordKey } from "./call-arguments.ts";
import { Failover } from "./failover.ts";
import type { FinalBlock } from "./final-blocks.ts";
import { chainRootFrom, type GenesisSource } from "./genesis-text.ts";
import { record } from "./json-values.ts";
import { ClientError, Lie, type Suspicion } from "./problem.ts";
import {
  Submissions,
  type SubmitRequest,
  type Submitted,
  type TransferRequest,
} from "./submission.ts";
import { DEFAULT_CALL_TIMEOUT_MS, type Transport, withoutSlash } from "./transport.ts";

export type LightClientOptions = {
  /** Of validators, such as `http://127.0.0.1:4000`, at least one; the first is asked first. */
  readonly urls: readonly string[];
  /** The chain's genesis.json, as text or parsed: all that is trusted. */
  readonly genesis: GenesisSource;
  /** How old a state that holds "now" may be. 15 s by default, and never less than three heartbeats of the chain. */
  readonly maxStalenessMs?: number;
  /** How long one call may take beyond the wait that it asks for. Default 10 s. */
  readonly callTimeoutMs?: number;
  /** How often each validator is asked a question before it is given up, 1 .. 16. Default 3. */
  readonly rounds?: number;
  /** Told of every lie and every stale answer as it is found, also when another validator gives the answer. */
  readonly onSuspicion?: (suspicion: Suspicion) => void;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly fetch?: typeof fetch;
  /** A faster verifier than the portable one, which takes 1.2 ms a signature. */
  readonly scheme?: SignatureScheme;
};

/** `from` is the first height that is wanted. */
export type BlockWatch = Asking & { readonly from?: number | undefined };

/** Where in the chain something was proven. */
export type Proven = {
  readonly height: Height;
  /** Of the block at that height, milliseconds since 1970. */
  readonly timestampMs: number;
};

export type ProvenAccount = Proven & {
  readonly address: Address;
  readonly balance: bigint;
  /** That its next transaction carries. */
  readonly nonce: Nonce;
  /** The one key that may sign; undefined: the one that the address is made from. */
  readonly key: PublicKey | undefined;
};

export type ProvenRecord = Proven & {
  /** What a compare-and-set expects: 0 where nothing stands. */
  readonly version: number;
  readonly owner: Address | undefined;
  /** Undefined: there is no such record. */
  readonly value: Uint8Array | undefined;
};

export type ProvenLease = Proven & {
  /** Undefined: nobody holds it at this height. */
  readonly holder: Address | undefined;
  /** The fencing token of that holder, and the last height at which it holds. */
  readonly token: Height | undefined;
  readonly expiresAt: Height | undefined;
};

export type ProvenValue = Proven & { readonly value: Uint8Array | undefined };

const DEFAULT_STALENESS_MS = 15_000;
const DEFAULT_ROUNDS = 3;
/** The wait doubles with each. */
const MAX_ROUNDS = 16;
const BACKOFF_MS = 100;

export type LightClient = ReturnType<typeof createClient>;

const anyValue: Check<unknown> = (given) => given;
const aScheme: Check<unknown> = (given, name) => aFunction(Object(given).verify, `${name}.verify`);

const OPTIONS: { readonly [K in keyof LightClientOptions]-?: Check<unknown> } = {
  urls: someUrls,
  genesis: anyValue,
  maxStalenessMs: optional(aTimeMs),
  callTimeoutMs: optional(aTimeMs),
  rounds: optional(anInteger(1, MAX_ROUNDS)),
  onSuspicion: optional(aFunction),
  clock: optional(aFunction),
  fetch: optional(aFunction),
  scheme: optional(aScheme),
};
const WATCH = { ...ASKING, from: optional(aCounter) };
const aStateKey = someBytes(1, MAX_KEY_BYTES);
const anApplicationKey = someBytes(1, MAX_APPLICATION_KEY_BYTES);

/**
 * Asks nobody anything. Every call takes a signal and throws its reason.
 * @throws {ClientError} BAD_GENESIS; BAD_ARGUMENT, as every call does before it asks anybody
 */
export function createClient(options: LightClientOptions) {
  taken("createClient", options, OPTIONS);
  const root = chainRootFrom(options.genesis);
  const clock = options.clock ?? Date.now;
  const { urls } = options;
  const maxStalenessMs = options.maxStalenessMs ?? patienceOf(root);
  const belief = new Belief({ root, clock, maxStalenessMs, scheme: options.scheme });
  const transport: Transport = {
    fetch: options.fetch ?? fetch,
    callTimeoutMs: options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
  };
  const failover = new Failover({
    urls: urls.map(withoutSlash),
    transport,
    chainId: toHex(root.validators.chainId),
    rounds: options.rounds ?? DEFAULT_ROUNDS,
    backoffMs: BACKOFF_MS,
    onSuspicion: options.onSuspicion ?? (() => undefined),
  });

  const proven = (path: string, key: Uint8Array, asking: Asking): Promise<ProvenState> => {
    const { signal } = taken("options", asking, ASKING);
    const floor = belief.height;
    const read = (body: unknown) => {
      const raw = record(body, "answer");
      const state = belief.stateNow(proofIn(raw), { key, floor });
      contradiction(raw, state);
      return state;
    };
    return failover.ask({ path: `${path}?proof=1`, signal, read });
  };

  const account = async (who: Address | string, asking: Asking = {}): Promise<ProvenAccount> => {
    const address = anAddress(who, "account");
    const path = `/v1/accounts/${formatAddress(address)}`;
    const { value, height, timestampMs } = await proven(path, accountKey(address), asking);
    const { balance, nonce, key } = accountFrom(value);
    return { address, balance, nonce, key, height, timestampMs };
  };

  const state = async (key: Uint8Array, asking: Asking = {}): Promise<ProvenValue> => {
    const path = `/v1/state/${toHex(aStateKey(key, "key"))}`;
    const { value, height, timestampMs } = await proven(path, key, asking);
    return { value, height, timestampMs };
  };

  const head = async (asking: Asking = {}): Promise<Proven> => {
    const { height, timestampMs } = await state(LAST_BLOCK_KEY, asking);
    return { height, timestampMs };
  };

  const recordAt = async (key: Uint8Array, asking: Asking = {}): Promise<ProvenRecord> => {
    const {
      value: held,
      height,
      timestampMs,
    } = await state(recordKey(aRecordKey(key, "key")), asking);
    const entry = held === undefined ? undefined : known(recordCodec, held);
    const { owner, value } = entry?.content ?? { owner: undefined, value: undefined };
    const version = entry?.content === undefined ? 0 : entry.version;
    return { version, owner, value, height, timestampMs };
  };

  const lease = async (key: Uint8Array, asking: Asking = {}): Promise<ProvenLease> => {
    const { value, height, timestampMs } = await state(leaseKey(aRecordKey(key, "key")), asking);
    const found = value === undefined ? undefined : known(leaseCodec, value);
    const held = found !== undefined && height <= found.expiresAt ? found : undefined;
    const { holder, token, expiresAt } = held ?? {};
    return { holder, token, expiresAt, height, timestampMs };
  };

  async function* blocksFrom({ from, signal }: BlockWatch): AsyncGenerator<FinalBlock> {
    // Who only submits and reads does not load it.
    const { watchBlocks } = await import("./block-watch.ts");
    const first = Math.max(1, from ?? (await head({ signal })).height + 1) as Height;
    yield* watchBlocks({ belief, failover, transport, signal, from: first });
  }

  const submissions = new Submissions({ belief, failover, account });

  return {
    chainId: root.validators.chainId,
    genesis: root.genesis,
    account,
    /** A record of the built-in ledger, by its key. */
    record: recordAt,
    /** A lease of the built-in ledger, by its key. */
    lease,
    /** What any key of the state holds. */
    state,
    /** What a key of a team's own application holds. */
    applicationState: async (key: Uint8Array, asking: Asking = {}) =>
      await state(applicationKey(anApplicationKey(key, "key")), asking),
    /** The newest final height that a validator can prove. */
    head,
    /** What came of a transaction. Throws NOT_FOUND while nobody has it. */
    receipt: async (hash: Hash, asking: Asking = {}) =>
      await submissions.receipt(aHash(hash, "hash"), taken("options", asking, ASKING)),
    /** Signs a call and brings it into the pool; finality is the handle's. */
    submit: (request: SubmitRequest): Promise<Submitted> => submissions.submit(request),
    /** Resolves with the proven receipt at finality; `result` tells whether the call succeeded. */
    submitAndWait: async (request: SubmitRequest) => {
      const submitted = await submissions.submit(request);
      return await submitted.final({ signal: request.signal });
    },
    transfer: async (request: TransferRequest) => {
      const submitted = await submissions.transfer(request);
      return await submitted.final({ signal: request.signal });
    },
    /** Goes on with bytes that were signed before: the same bytes are executed once at most. */
    resume: (bytes: Uint8Array): Submitted => submissions.resume(bytes),
    /** From `from` on, or from the next final block. See `watchBlocks`. */
    watchBlocks: (watch: BlockWatch = {}) => blocksFrom(taken("watchBlocks", watch, WATCH)),
  };
}

/** An idle chain is not a stale one. */
function patienceOf({ genesis: { consensus } }: ChainRoot): number {
  const { emptyBlockIntervalMs, baseTimeoutMs } = consensus;
  return Math.max(DEFAULT_STALENESS_MS, 3 * (emptyBlockIntervalMs + baseTimeoutMs));
}

/** What stands beside a proof of the same height must agree with it. */
function contradiction(raw: Readonly<Record<string, unknown>>, proven: ProvenState): void {
  const { value, height } = proven;
  if (raw.height !== height) return;
  if (raw.balance !== undefined) {
    const { balance, nonce } = accountFrom(value);
    if (raw.balance !== `${balance}`) throw new Lie("CONTRADICTS_PROOF", "balance");
    if (raw.nonce !== nonce) throw new Lie("CONTRADICTS_PROOF", "nonce");
  }
  if (raw.value !== undefined && raw.value !== (value === undefined ? null : toHex(value))) {
    throw new Lie("CONTRADICTS_PROOF", "value");
  }
}

function accountFrom(value: Uint8Array | undefined) {
  return value === undefined ? EMPTY_ACCOUNT : known(accountCodec, value);
}

/** A quorum vouches for the bytes: if they make no sense, this client is too old for its chain. */
function known<T>(codec: Codec<T>, value: Uint8Array): T {
  const decoded = decode(codec, value);
  if (decoded.ok) return decoded.value;
  const message = "the state holds a layout that this client does not know";
  throw new ClientError({ code: "UNKNOWN_LAYOUT", message });
}
