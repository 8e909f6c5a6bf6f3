// The chain of the wire vectors: four validators of unlike power, three blocks, every call of the built-in ledger once.
// Height 1 has a certificate, height 2 has none, view 3 is given up, height 3 has one. All from fixed seeds, no clock.

import {
  type Block,
  blockHash,
  type CommitCert,
  commitVoteBytes,
  genesisQc,
  type QuorumCert,
  type Timeout,
  type TimeoutCert,
  timeoutBytes,
  type ValidatorSet,
  type Vote,
  type VoteContent,
  validatorSet,
  voteBytes,
} from "../../consensus/index.ts";
import {
  type Address,
  addressOf,
  ascii,
  compareBytes,
  createNobleSigner,
  domain,
  type Epoch,
  type Hash,
  type Height,
  hashIn,
  type Nonce,
  nobleScheme,
  type SecretKey,
  type Signer,
  secretKey,
  signatureList,
  type View,
} from "../../crypto/index.ts";
import { chainIdOf, type Genesis, genesisBlockHash } from "../../node/chain/index.ts";
import {
  createAccountLedger,
  createBuiltInLedger,
  type Execution,
  Ledger,
} from "../../node/ledger/index.ts";
import { payloadHash } from "../../node/sync/index.ts";
import {
  type Call,
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../node/transaction/index.ts";
import { callsOf } from "./small-chain-calls.ts";

const SEED_DOMAIN = domain("quorate/wire-vector-seed/1");
const VIEWS = [1, 2, 4];
const EPOCH = 0 as Epoch;
export const GENESIS_TIME_MS = 1_700_000_000_000;

export type Person = {
  readonly name: string;
  readonly secret: SecretKey;
  readonly signer: Signer;
  readonly address: Address;
};

/** A transaction as it was asked for. */
export type Order = {
  readonly by: Person;
  /** Whose account, when not the signer's own. */
  readonly as?: Address;
  readonly nonce: number;
  readonly call: Call;
};

export type Step = {
  readonly block: Block;
  readonly hash: Hash;
  readonly transactions: readonly SignedTransaction[];
  readonly execution: Execution;
  readonly cert: CommitCert;
};

export function person(name: string): Person {
  const secret = secretKey(hashIn(SEED_DOMAIN, ascii(name)));
  const signer = createNobleSigner(secret);
  return { name, secret, signer, address: addressOf(signer.publicKey) };
}

/** Power 3, 1, 1, 1: of the 6 a quorum has 5. Three validators are not always one, nor are two thirds. */
export function genesisFor(people: {
  readonly validators: readonly Person[];
  readonly networkKeys: readonly Person[];
  readonly holders: readonly (readonly [Person, bigint])[];
}): Genesis {
  return {
    version: 1,
    name: "wire-vectors",
    genesisTimeMs: GENESIS_TIME_MS,
    validators: people.validators.map(({ signer }, index) => ({
      publicKey: signer.publicKey,
      networkKey: found(people.networkKeys[index]).signer.publicKey,
      power: index === 0 ? 3 : 1,
    })),
    accounts: people.holders
      .map(([{ address }, balance]) => ({ address, balance }))
      .sort((left, right) => compareBytes(left.address, right.address)),
    consensus: {
      baseTimeoutMs: 1_000,
      blockIntervalMs: 0,
      emptyBlockIntervalMs: 1_000,
      maxBlockTransactions: 4_000,
      maxBlockBytes: 1_048_576,
      maxClockDriftMs: 5_000,
      leaders: "round-robin",
    },
    ledger: { minFee: 1n, fees: "proposer" },
    application: { name: "ledger", parameters: new Uint8Array(0) },
  };
}

/** Everything that validators say on the way; `by` are indexes of validators. */
export function voices(validators: ValidatorSet, people: readonly Person[]) {
  const { chainId, epoch } = validators;
  const signerOf = (index: number): Signer => found(people[index]).signer;
  const signed = (by: readonly number[], bytesFor: (position: number) => Uint8Array) =>
    signatureList(
      by.map((signer, position) => {
        return { signer, signature: signerOf(signer).sign(bytesFor(position)) };
      }),
    );
  const contentOf = (block: Block): VoteContent => {
    const { view, height } = block;
    return { epoch: block.epoch, view, height, block: blockHash(block) };
  };
  return {
    signerOf,
    contentOf,
    qc: (block: Block, by: readonly number[]): QuorumCert => {
      const content = contentOf(block);
      return { ...content, signatures: signed(by, () => voteBytes(chainId, content)) };
    },
    commitCert: (block: Block, stateRoot: Hash, by: readonly number[]): CommitCert => {
      const content = { ...contentOf(block), stateRoot };
      return { ...content, signatures: signed(by, () => commitVoteBytes(chainId, content)) };
    },
    vote: (content: VoteContent, voter: number): Vote => {
      const signature = signerOf(voter).sign(voteBytes(chainId, content));
      return { type: "vote", content, voter, signature };
    },
    timeout: (view: View, voter: number, highQc: QuorumCert): Timeout => {
      const content = { epoch, view, highQcView: highQc.view };
      const signature = signerOf(voter).sign(timeoutBytes(chainId, content));
      return { type: "timeout", content, voter, signature, highQc };
    },
    tc: (view: View, highQc: QuorumCert, claims: readonly (readonly [number, View])[]) => {
      const highQcViews = claims.map(([, claimed]) => claimed);
      const signatures = signed(
        claims.map(([signer]) => signer),
        (at) => timeoutBytes(chainId, { epoch, view, highQcView: found(highQcViews[at]) }),
      );
      return { epoch, view, highQcViews, signatures, highQc } satisfies TimeoutCert;
    },
  };
}

export type SmallChain = ReturnType<typeof smallChain>;

export function smallChain() {
  const [alice, bob, carol, dave, newKey] = ["alice", "bob", "carol", "dave", "alice, second"].map(
    person,
  ) as [Person, Person, Person, Person, Person];
  const people = [0, 1, 2, 3].map((index) => person(`validator ${index}`));
  const networkKeys = [0, 1, 2, 3].map((index) => person(`network key ${index}`));
  const holders = [[alice, 1_000_000n] as const, [bob, 500n] as const];
  const genesis = genesisFor({ validators: people, networkKeys, holders });
  const chainId = chainIdOf(genesis);
  const genesisBlock = genesisBlockHash(chainId);
  const members = genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
  const validators = validatorSet({ chainId, epoch: EPOCH, members });
  const say = voices(validators, people);
  const evidence = { validators, scheme: nobleScheme };
  const ledger = Ledger.fromGenesis(
    {
      machine: createAccountLedger(
        { minFee: genesis.ledger.minFee, feesTo: "proposer" },
        createBuiltInLedger(evidence),
      ),
      chainId,
    },
    {
      hash: genesisBlock,
      timestampMs: genesis.genesisTimeMs,
      application: { accounts: genesis.accounts },
    },
  );
  const steps: Step[] = [];
  let justify = genesisQc({ epoch: EPOCH, block: genesisBlock });
  let parent = genesisBlock;
  for (const [at, orders] of callsOf({ alice, bob, carol, newKey, say }).entries()) {
    const transactions = orders.map((order) => signedOrder(chainId, order));
    const view = found(VIEWS[at]) as View;
    const block: Block = {
      epoch: EPOCH,
      view,
      height: (at + 1) as Height,
      parent,
      justify,
      payload: payloadHash(transactions.map(({ id }) => id)),
      timestampMs: GENESIS_TIME_MS + 250 * (at + 1),
      proposer: view % people.length,
    };
    const hash = blockHash(block);
    const { height, timestampMs } = block;
    const proposer = found(people[block.proposer]).address;
    const execution = ledger.execute({ hash, parent, height, timestampMs, proposer, transactions });
    ledger.commit(hash);
    const cert = say.commitCert(block, execution.stateRoot, [0, 1, 3]);
    steps.push({ block, hash, transactions, execution, cert });
    justify = say.qc(block, [0, 2, 3]);
    parent = hash;
  }
  const [first, second, third] = steps as [Step, Step, Step];
  const tc = say.tc(3 as View, third.block.justify, [
    [0, 2 as View],
    [1, 1 as View],
    [2, 2 as View],
  ]);
  return {
    people: { alice, bob, carol, dave, newKey, validators: people, networkKeys },
    genesis,
    genesisBlock,
    validators,
    say,
    ledger,
    first,
    second,
    third,
    tc,
  };
}

export function signedOrder(chainId: Hash, { by, as, nonce, call }: Order): SignedTransaction {
  const unsigned = {
    chainId,
    sender: as ?? by.address,
    publicKey: by.signer.publicKey,
    nonce: nonce as Nonce,
    fee: 2n,
    validUntilHeight: 1_000 as Height,
    call: encodeCall(call),
  };
  return signTransaction(unsigned, by.signer);
}

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the vectors have no such thing");
  return value;
}
